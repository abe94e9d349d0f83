"""From the extensions of a PBX to what a directory would say of them: one rule for every source. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from adapter.asterisk.caller_id import NAME_LIMIT_BYTES
from adapter.directory.candidates import Candidate, Candidates, LeftOut
from adapter.directory.entries import DEVICES_LIMIT, ExtensionEntry, Organization, User
from adapter.directory.phones import is_number
from adapter.plain_errors import plain_error
from adapter.printable import printable

NAME_LIMIT = 60
"""Letters of a name that are kept: a PBX may hold whole texts in its place."""

DEFAULT_ID, DEFAULT_NAME = "main", "Main organization"
"""Of the organization of a PBX that knows of none."""

PREFIX_DIGITS, MANY = 4, 5_000
"""Of a prefix that is made up; where there are many organizations it has two more."""

_NO_ID = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProposedOrganization:
    """An organization, and how it was told apart."""

    organization: Organization
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProposedExtension:
    """An extension with the user who owns it, and how they were guessed."""

    extension: ExtensionEntry
    """Its number is written short, with its organization."""
    full_number: str
    user: User
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a directory would say: nothing in it contradicts anything else in it."""

    organizations: tuple[ProposedOrganization, ...]
    extensions: tuple[ProposedExtension, ...]
    left_out: tuple[LeftOut, ...]


def propose(candidates: Candidates, known: Mapping[str, Organization] | None = None) -> Proposal:
    """Give each candidate a full number, an owner and an organization.

    `known` are organizations that there are already, by the name of their tenant; the others get an id and a
    prefix of their own. What cannot stand in a directory, or not beside what stands there, is left out.
    """
    organizations = _organizations(candidates, known or {})
    proposed: dict[str, ProposedExtension] = {}
    left_out = list(candidates.left_out)
    taken: dict[str, str] = {}
    for candidate in sorted(candidates.found, key=_order):
        organization = organizations[candidate.tenant]
        what = " ".join((candidate.number, *candidate.devices))
        number = f"{organization.prefix}*{candidate.number}"
        if not is_number(candidate.number):
            left_out.append(LeftOut(what, "its number is not of digits alone"))
            continue
        if number in proposed:
            left_out.append(
                LeftOut(what, f"{number} is that of {' '.join(proposed[number].extension.devices)}")
            )
            continue
        devices = tuple(each for each in candidate.devices if each not in taken)[:DEVICES_LIMIT]
        for lost in candidate.devices:
            if lost not in devices:
                owner = taken.get(lost)
                why = f"it is {owner}'s already" if owner else f"{number} has {DEVICES_LIMIT} devices"
                left_out.append(LeftOut(lost, why))
        if candidate.devices and not devices:
            continue  # without a list of its own it would have the device of its number
        try:
            proposed[number] = _extension(candidate, organization, number, devices)
        except ValidationError as invalid:
            [first, *_] = invalid.errors()
            left_out.append(LeftOut(what, plain_error(first)))
            continue
        taken |= dict.fromkeys(devices, number)
    used = {one.user.organization for one in proposed.values()}
    return Proposal(
        tuple(
            ProposedOrganization(organization, candidates.tenants.get(tenant, ""))
            for tenant, organization in organizations.items()
            if organization.id in used
        ),
        tuple(proposed.values()),
        tuple(left_out),
    )


def _order(candidate: Candidate) -> tuple[str, int, str]:
    return candidate.tenant, len(candidate.number), candidate.number


def _extension(
    candidate: Candidate, organization: Organization, number: str, devices: tuple[str, ...]
) -> ProposedExtension:
    name = shown_name(candidate.name)
    user = User(
        id=f"{organization.id}-{candidate.number}",
        name=name or f"Extension {candidate.number}",
        organization=organization.id,
    )
    extension = ExtensionEntry(
        organization=organization.id,
        number=candidate.number,
        type=candidate.type,
        owner=user.id,
        caller_id=f"{name} <{candidate.number}>" if name else None,  # type: ignore[arg-type]  # it is read
        devices=devices,
    )
    return ProposedExtension(extension, number, user, candidate.notes)


def shown_name(name: str) -> str:
    """The name as a directory may hold it: one printable line of bounded length, perhaps empty."""
    text = printable(" ".join(name.split()))[:NAME_LIMIT]
    return text.encode()[:NAME_LIMIT_BYTES].decode(errors="ignore").strip()


def _organizations(candidates: Candidates, known: Mapping[str, Organization]) -> dict[str, Organization]:
    """The organization of each tenant, in the order of their names."""
    written = {each.tenant: each.prefix for each in candidates.found if each.prefix}
    # Who has no tenant comes last: one that is called like its organization keeps the name.
    tenants = sorted({each.tenant for each in candidates.found}, key=lambda tenant: (not tenant, tenant))
    ids = {organization.id for organization in known.values()}
    prefixes = {organization.prefix for organization in known.values()} | set(written.values())
    counted = _counted(prefixes, PREFIX_DIGITS if len(tenants) < MANY else PREFIX_DIGITS + 2)
    made: dict[str, Organization] = {}
    for tenant in tenants:
        if tenant in known:
            made[tenant] = known[tenant]
            continue
        identity = _free_id(tenant, ids)
        prefix = written.get(tenant) or next(counted)
        ids.add(identity)
        made[tenant] = Organization(id=identity, prefix=prefix, name=shown_name(tenant) or DEFAULT_NAME)
    return made


def _free_id(tenant: str, taken: set[str]) -> str:
    wanted = _NO_ID.sub("-", tenant)[:NAME_LIMIT].strip("-") or DEFAULT_ID
    if wanted not in taken:
        return wanted
    return next(each for count in range(2, len(taken) + 3) if (each := f"{wanted}-{count}") not in taken)


def _counted(taken: set[str], digits: int) -> Iterator[str]:
    """Prefixes that neither are one that is taken, nor begin with it, nor are how it begins."""
    for count in range(1, 10**digits):
        prefix = f"{count:0{digits}}"
        if not any(prefix.startswith(each) or each.startswith(prefix) for each in taken):
            yield prefix
