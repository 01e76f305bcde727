"""create orders

Revision ID: 8b2e4d6f1a90
Revises: 3f1a9c0b7d21
Create Date: 2026-11-21 04:55:55.998972

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = '8b2e4d6f1a90'
down_revision = '3f1a9c0b7d21'
branch_labels = None
depends_on = None


def upgrade():
    op.execute('CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers)')


def downgrade():
    op.execute('DROP TABLE orders')
