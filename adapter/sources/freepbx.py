"""FreePBX's own tables, as candidates. Pure.

Its `devices` hold phones alone: trunks stand in a table of their own, which is not read. Secrets stand in
`sip`, `pjsip` and in `users.password`, which are not read either.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from adapter.directory.candidates import Candidate, Candidates, LeftOut
from adapter.directory.devices import is_local, read_device
from adapter.directory.extension import ExtensionType
from adapter.directory.phones import is_number
from adapter.sources.rows import Row, Rows
from adapter.sources.tables import Table

USERS = Table("users", ("extension", "name"))
DEVICES = Table("devices", ("id", "tech", "dial", "devicetype", "user"))
QUEUES = Table("queues_config", ("extension", "descr"), is_needed=False)
MEMBERS = Table("queues_details", ("id", "data"), equal=("keyword", "member"), is_needed=False)

TABLES = (USERS, DEVICES, QUEUES, MEMBERS)

NUMBER_DIGITS = 10
_NO_PHONES = ("virtual", "custom")
"""Kinds of device that are dialed, and on which nobody speaks."""


def read_candidates(rows: Rows) -> Candidates:
    """The extensions with their devices, and the queues."""
    left_out: list[LeftOut] = []
    devices, broken = _devices(rows[DEVICES.name], left_out)
    found: list[Candidate] = []
    for row in rows[USERS.name]:
        number = row.text("extension")
        if not is_number(number) or len(number) > NUMBER_DIGITS:
            left_out.append(LeftOut(f"users {row.shown}", "its extension is no number of 1 to 10 digits"))
        elif number in broken:
            left_out.append(LeftOut(f"extension {number}", broken[number]))
        elif not devices[number]:
            left_out.append(LeftOut(f"extension {number}", "it has no phone"))
        else:
            own = sorted(devices[number], key=lambda device: (device.partition("/")[2] != number, device))
            found.append(Candidate(number, tuple(own), row.text("name")))
    members = dict(_members(rows.get(MEMBERS.name, ()), devices))
    for row in rows.get(QUEUES.name, ()):
        number = row.text("extension")
        if is_number(number) and len(number) <= NUMBER_DIGITS:
            found.append(Candidate(number, (), row.text("descr"), type=ExtensionType.QUEUE))
        else:
            left_out.append(LeftOut(f"queue {row.shown}", "its extension is no number of 1 to 10 digits"))
    return Candidates(tuple(found), tuple(left_out), queues=members)


def _devices(
    rows: Sequence[Row], left_out: list[LeftOut]
) -> tuple[Mapping[str, list[str]], Mapping[str, str]]:
    """The devices of each number; and why a number is left out, one of whose phones cannot be told."""
    devices = defaultdict[str, list[str]](list)
    broken: dict[str, str] = {}
    for row in rows:
        number, dial = row.text("user"), row.text("dial")
        if not number or number == "none":
            continue  # nobody has it
        if row.text("tech") in _NO_PHONES or is_local(dial):
            left_out.append(
                LeftOut(f"device {row.shown}", "it is no phone, and what it leads to is not known")
            )
        elif row.text("devicetype") == "adhoc":
            left_out.append(LeftOut(f"device {row.shown}", "it is whose who logs in there (adhoc)"))
        else:
            try:
                devices[number].append(read_device(dial))
            except ValueError as unusable:
                broken[number] = f"its device {row.shown}: {unusable}"
    return devices, broken


def _members(rows: Sequence[Row], devices: Mapping[str, list[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The devices of each queue's members, which stand there as `Local/210@from-queue/n,0`."""
    queues = defaultdict[str, list[str]](list)
    for row in rows:
        technology, _, rest = row.text("data").partition(",")[0].partition("/")
        number = rest.partition("@")[0]
        if technology.upper() == "LOCAL":
            queues[row.text("id")] += devices.get(number, [])
        elif rest:
            queues[row.text("id")].append(f"{technology}/{rest}")
    for queue, members in queues.items():
        yield queue, tuple(dict.fromkeys(members))
