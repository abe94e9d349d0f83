"""The audit trail. A line that stands in it is not changed any more: the database refuses that."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REFUSAL = "a line of the audit trail is never changed"
_TRIGGER = "CREATE TRIGGER uapi_audit_is_final BEFORE UPDATE ON uapi_audit"
_STATEMENTS = {
    "sqlite": [f"{_TRIGGER} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"],
    "postgresql": [
        f"""CREATE FUNCTION uapi_audit_is_final() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
        f"{_TRIGGER} FOR EACH ROW EXECUTE FUNCTION uapi_audit_is_final()",
    ],
}


def upgrade() -> None:
    """Add the table, an index for each way in which it is asked, and the trigger."""
    op.create_table(
        "uapi_audit",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("app", sa.Text()),
        sa.Column("supervisor", sa.Text()),
        sa.Column("extension", sa.Text()),
        sa.Column("call", sa.Text()),
        sa.Column("line", sa.Text(), nullable=False),
    )
    op.create_index("uapi_audit_at", "uapi_audit", ["at"])
    for column in ("supervisor", "extension", "call"):
        op.create_index(f"uapi_audit_{column}", "uapi_audit", [column, "at"])
    for statement in _STATEMENTS[op.get_bind().dialect.name]:
        op.execute(statement)
