"""What is generated for the layout `ordinary`, as FreePBX generates its `_additional` files and its AstDB."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

MAIN, ACME = "main", "acme"
_PREFIXES = {MAIN: "0003", ACME: "0004"}
_CONTEXTS = {MAIN: "from-internal", ACME: "acme-internal"}

TENANTID_SINCE = 22
"""The lab's first version whose endpoints have a tenantid."""

MODULES = (
    *("func_db", "func_callerid", "func_cut", "func_devstate", "func_extstate", "func_pjsip_endpoint"),
    *("func_dialplan", "func_strings", "func_presencestate"),
)
VOICEMAIL_SINCE = 22
"""Debian's older package of Asterisk comes without voicemail."""


@dataclass(frozen=True)
class Extension:
    """A person's number within a tenant, and its devices' endpoints, the desk phone first."""

    number: str
    tenant: str
    name: str
    devices: tuple[str, ...]
    has_mailbox: bool = False
    followed: str = ""
    """Follow-me's list of numbers; empty without."""
    is_recorded: bool = False

    @property
    def full_number(self) -> str:
        """Its number in the directory."""
        return f"{_PREFIXES[self.tenant]}*{self.number}"

    @property
    def hint(self) -> str:
        """What its hint watches."""
        devices = "&".join(f"PJSIP/{name}" for name in self.devices)
        return f"{devices}&Custom:DND{self.number}" if self.tenant == MAIN else devices


def write_files(folder: Path, people: tuple[Extension, ...], version: int) -> None:
    """Write them into the working folder of an Asterisk of this major version."""
    etc = folder / "etc"
    _write(etc / "pjsip.endpoint.conf", (line for one in people for line in _endpoints(one, version)))
    _write(etc / "pjsip.aor.conf", (line for one in people for line in _contacts(one)))
    _write(etc / "extensions_additional.conf", _dialplan(people))
    _write(etc / "voicemail.conf", _mailboxes(people))
    modules = (*MODULES, "app_voicemail") if version >= VOICEMAIL_SINCE else MODULES
    _write(etc / "site/modules.conf", (f"load = {name}.so" for name in modules))
    _write_astdb(folder / "db/astdb.sqlite3", people)


def _endpoints(one: Extension, version: int) -> Iterator[str]:
    for name in one.devices:
        yield f"[{name}](media)"
        yield "type=endpoint"
        yield f"context={_CONTEXTS[one.tenant]}"
        yield f"aors={name}"
        yield f"callerid={one.name} <{name if name.isdigit() else one.number}>"
        yield f"mailboxes={one.number}@default" if one.tenant == MAIN else f"accountcode={one.tenant}"
        if version >= TENANTID_SINCE:
            yield f"tenantid={one.tenant}"
        yield from ("identify_by=username", "disallow=all", "allow = ulaw,alaw")
        yield from ("direct_media = no", "rtp_symmetric=no", "call_group=1", "pickup_group=1")


def _contacts(one: Extension) -> Iterator[str]:
    for name in one.devices:
        yield from (f"[{name}]", "type=aor", "max_contacts=3", "remove_existing=yes")


def _dialplan(people: Iterable[Extension]) -> Iterator[str]:
    yield "[ext-local]"
    for one in people:
        if one.tenant == MAIN:
            mailbox = one.number if one.has_mailbox else "novm"
            yield f"exten => {one.number},1,Gosub(macro-exten-vm,s,1({mailbox},{one.number}))"
            yield ' same => n,Hangup(${IF($["${DIALSTATUS}" = "CHANUNAVAIL"]?20:${HANGUPCAUSE})})'
            yield f"exten => {one.number},hint,{one.hint},CustomPresence:{one.number}"
    yield "[ext-local-acme]"
    yield from (f"exten => {one.number},hint,{one.hint}" for one in people if one.tenant == ACME)


def _mailboxes(people: Iterable[Extension]) -> Iterator[str]:
    yield from ("[general]", "format = wav", "maxsilence = 0", "[default]")
    # The PIN is what nobody who asks for names may get to see.
    yield from (f"{one.number} => 86421,{one.name},,," for one in people if one.tenant == MAIN)


def _write_astdb(path: Path, people: Iterable[Extension]) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE astdb (key VARCHAR(256), value VARCHAR(256), PRIMARY KEY (key))")
        db.executemany("INSERT INTO astdb VALUES (?, ?)", (row for one in people for row in _rows(one)))


def _rows(one: Extension) -> Iterator[tuple[str, str]]:
    """As FreePBX mirrors an extension and its devices; the second tenant is not FreePBX's."""
    if one.tenant != MAIN:
        return
    person = f"/AMPUSER/{one.number}"
    yield f"{person}/cidname", one.name
    yield f"{person}/cidnum", one.number
    yield f"{person}/device", "&".join(one.devices)
    yield f"{person}/password", "86421"
    yield f"{person}/voicemail", "default" if one.has_mailbox else "novm"
    if one.followed:
        yield f"{person}/followme/grplist", one.followed
    if one.is_recorded:
        yield f"{person}/recording/in/external", "force"
    for name in one.devices:
        yield f"/DEVICE/{name}/dial", f"PJSIP/{name}"
        yield f"/DEVICE/{name}/user", one.number
        yield f"/DEVICE/{name}/type", "fixed"


def _write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
