"""number invoices

Revision ID: d2f6a4b8091e
Revises: 5e80b3f6c2d4
Create Date: 2026-11-21 04:55:56.973969

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = 'd2f6a4b8091e'
down_revision = '5e80b3f6c2d4'
branch_labels = None
depends_on = None


def upgrade():
    op.execute('ALTER TABLE invoices ADD COLUMN number text UNIQUE')


def downgrade():
    op.execute('ALTER TABLE invoices DROP COLUMN number')
