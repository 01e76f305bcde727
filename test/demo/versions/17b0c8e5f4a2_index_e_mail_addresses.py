"""index e-mail addresses

Revision ID: 17b0c8e5f4a2
Revises: a91c5e7d3f08
Create Date: 2026-11-21 04:55:57.611489

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = '17b0c8e5f4a2'
down_revision = 'a91c5e7d3f08'
branch_labels = None
depends_on = None


def upgrade():
    op.execute('CREATE UNIQUE INDEX customers_email ON customers (email)')


def downgrade():
    op.execute('DROP INDEX customers_email')
