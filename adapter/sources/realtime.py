"""Asterisk's realtime tables, as its Alembic scripts make them; guessed about as a live Asterisk is. Pure.

Secrets stand in `ps_auths` and in `voicemail.password`, which are not read.
"""

from collections import defaultdict
from contextlib import suppress

from adapter.asterisk.inventory import Endpoint, Inventory, Mailbox, Queue
from adapter.directory.candidates import Candidates
from adapter.directory.devices import read_device
from adapter.directory.guessing import guess
from adapter.sources.rows import Rows
from adapter.sources.tables import Table

ENDPOINTS = Table(
    "ps_endpoints",
    ("id", "context", "callerid", "mailboxes", "outbound_auth", "identify_by", "tenantid"),
    optional=frozenset({"tenantid", "identify_by", "outbound_auth"}),
)
MAILBOXES = Table("voicemail", ("mailbox", "context", "fullname"), is_needed=False)
MEMBERS = Table(
    "queue_members",
    ("queue_name", "interface", "state_interface"),
    optional=frozenset({"state_interface"}),
    is_needed=False,
)

TABLES = (ENDPOINTS, MAILBOXES, MEMBERS)


def read_candidates(rows: Rows) -> Candidates:
    """The endpoints that are certainly phones; trunks stand in the same table and are left out."""
    devices, endpoints = [], {}
    for row in rows[ENDPOINTS.name]:
        device = f"PJSIP/{row.text('id')}"
        with suppress(ValueError):  # which `guess` tells of
            device = read_device(device)
        devices.append(device)
        endpoints[device] = Endpoint(
            caller_id=row.text("callerid"),
            context=row.text("context"),
            tenant=row.text("tenantid"),
            mailboxes=row.text("mailboxes"),
            outbound_auth=row.text("outbound_auth"),
            identify_by=row.text("identify_by"),
        )
    mailboxes = (
        Mailbox(row.text("mailbox"), row.text("context") or "default", row.text("fullname"))
        for row in rows.get(MAILBOXES.name, ())
    )
    queues = defaultdict[str, list[str]](list)
    for row in rows.get(MEMBERS.name, ()):
        queues[row.text("queue_name")].append(row.text("state_interface") or row.text("interface"))
    return guess(
        Inventory(
            devices=tuple(devices),
            endpoints=endpoints,
            mailboxes=tuple(mailboxes),
            queues=tuple(Queue(name, tuple(members)) for name, members in queues.items()),
        )
    )
