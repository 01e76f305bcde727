"""create invoices

Revision ID: 5e80b3f6c2d4
Revises: c4d7e1f29b35
Create Date: 2026-11-21 04:55:56.656000

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = '5e80b3f6c2d4'
down_revision = 'c4d7e1f29b35'
branch_labels = ('billing',)
depends_on = None


def upgrade():
    op.execute('CREATE TABLE invoices (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders)')


def downgrade():
    op.execute('DROP TABLE invoices')
