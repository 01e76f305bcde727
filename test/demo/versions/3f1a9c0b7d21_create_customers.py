"""create customers

Revision ID: 3f1a9c0b7d21
Revises: 
Create Date: 2026-11-21 04:55:55.707940

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = '3f1a9c0b7d21'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute('CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL)')


def downgrade():
    op.execute('DROP TABLE customers')
