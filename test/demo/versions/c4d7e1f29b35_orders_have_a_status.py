"""orders have a status

Revision ID: c4d7e1f29b35
Revises: 8b2e4d6f1a90
Create Date: 2026-11-21 04:55:56.329068

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = 'c4d7e1f29b35'
down_revision = '8b2e4d6f1a90'
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN status text NOT NULL DEFAULT 'new'")


def downgrade():
    op.execute('ALTER TABLE orders DROP COLUMN status')
