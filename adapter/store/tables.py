"""The tables of the store. What changes here needs a migration (`migrations/versions`); a test compares them.

Times are whole milliseconds since the epoch, UTC: both databases compare them as they are.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

REVISION = "0003"
"""The migration that brings the tables to what stands here."""
VERSION_TABLE = "uapi_schema"
"""Where Alembic notes the migration that was carried out last."""

METADATA = MetaData()

ANSWERS = Table(
    "uapi_answers",
    METADATA,
    Column("app", Text, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary),
    Column("content_type", Text, nullable=False),
    Column("code", Text),
    Index("uapi_answers_age", "app", "began_at"),
)
"""What was answered under an `Idempotency-Key`, by App and key. `headers` is JSON: names with values."""

AUDIT = Table(
    "uapi_audit",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("app", Text),
    Column("supervisor", Text),
    Column("extension", Text),
    Column("call", Text),
    Column("line", Text, nullable=False),
    Index("uapi_audit_at", "at"),
    Index("uapi_audit_supervisor", "supervisor", "at"),
    Index("uapi_audit_extension", "extension", "at"),
    Index("uapi_audit_call", "call", "at"),
)
"""The audit trail. `line` is the whole of it, JSON; the other columns are what is looked for."""

SUPERVISIONS = Table(
    "uapi_supervisions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("follow", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("supervisor", Text, nullable=False),
    Column("extension", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
)
"""The supervisions that run, or may."""
