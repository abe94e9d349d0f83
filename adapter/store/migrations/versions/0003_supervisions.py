"""The supervisions that run, so that the process that comes next knows whose they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "uapi_supervisions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("follow", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("supervisor", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
    )
