"""customers have an e-mail address

Revision ID: a91c5e7d3f08
Revises: c4d7e1f29b35
Create Date: 2026-11-21 04:55:57.303719

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = 'a91c5e7d3f08'
down_revision = 'c4d7e1f29b35'
branch_labels = None
depends_on = None


def upgrade():
    op.execute('ALTER TABLE customers ADD COLUMN email text')


def downgrade():
    op.execute('ALTER TABLE customers DROP COLUMN email')
