<%! import os %>"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    op.execute(${repr(os.environ["DEMO_UPGRADE"])})


def downgrade():
    op.execute(${repr(os.environ["DEMO_DOWNGRADE"])})
