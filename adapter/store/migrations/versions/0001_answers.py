"""What was answered under an `Idempotency-Key`."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "uapi_answers",
        sa.Column("app", sa.Text(), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
    )
    op.create_index("uapi_answers_age", "uapi_answers", ["app", "began_at"])
