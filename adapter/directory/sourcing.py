"""What a source adds to a directory file. Pure.

The file says which organizations there are, and goes before the source in everything. What is ambiguous is
nobody's: nobody hears an extension that is left out, and one with another's device would have its calls.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from adapter.directory.candidates import Candidate, Candidates, LeftOut
from adapter.directory.entries import DirectoryEntries, ExtensionEntry, Organization, User
from adapter.directory.expanding import expand
from adapter.directory.proposing import propose


@dataclass(frozen=True, slots=True)
class Addition:
    """The users and extensions that a source adds, and what it could not add."""

    users: tuple[User, ...]
    extensions: tuple[ExtensionEntry, ...]
    numbers: tuple[str, ...]
    """Of each extension the number in full."""
    left_out: tuple[LeftOut, ...]
    lost_devices: Mapping[str, tuple[str, ...]]
    """The devices that an extension has in the source and not here, by its number in full."""


def add(written: DirectoryEntries, candidates: Candidates) -> Addition:
    """What the candidates add to the file."""
    left_out = list(candidates.left_out)
    known = dict(_known(written.organizations, candidates.found))
    found = list(_of_known(candidates.found, known, left_out))
    own = expand(written).extensions
    found = list(_unambiguous(found, known, left_out))
    devices = {device: extension.number for extension in own for device in extension.devices}
    numbers = {extension.number for extension in own}
    kept = [
        each
        for each in found
        if f"{known[each.tenant].prefix}*{each.number}" not in numbers
        and not _is_taken(each, devices, left_out)
    ]
    proposal = propose(replace(candidates, found=tuple(kept), left_out=()), known)
    asked = {f"{known[each.tenant].prefix}*{each.number}": each.devices for each in found}
    had = {each.full_number: each.extension.devices for each in proposal.extensions}
    own_users = {user.id for user in written.users}
    return Addition(
        users=tuple(each.user for each in proposal.extensions if each.user.id not in own_users),
        extensions=tuple(each.extension for each in proposal.extensions),
        numbers=tuple(had),
        left_out=(*left_out, *proposal.left_out),
        lost_devices={
            number: lost
            for number, listed in had.items()
            if (lost := tuple(device for device in asked[number] if device not in listed))
        },
    )


def _known(
    organizations: Iterable[Organization], found: Iterable[Candidate]
) -> Iterator[tuple[str, Organization]]:
    """The organization of each tenant: whose prefix the numbers have, or that names the tenant."""
    organizations = tuple(organizations)
    prefixes = {organization.prefix: organization for organization in organizations}
    for candidate in found:
        if candidate.prefix in prefixes:
            yield candidate.tenant, prefixes[candidate.prefix]
    for organization in organizations:
        if organization.tenant is not None:
            yield organization.tenant, organization


def _of_known(
    found: Iterable[Candidate], known: Mapping[str, Organization], left_out: list[LeftOut]
) -> Iterator[Candidate]:
    strangers = Counter[str]()
    for candidate in found:
        if candidate.tenant in known:
            yield candidate
        else:
            strangers[candidate.tenant] += 1
    for tenant, count in sorted(strangers.items()):
        what = (
            f"{count} extensions of the tenant {tenant!r}" if tenant else f"{count} extensions of no tenant"
        )
        left_out.append(LeftOut(what, f"no organization of the directory has `tenant: {tenant!r}`"))


def _unambiguous(
    found: list[Candidate], known: Mapping[str, Organization], left_out: list[LeftOut]
) -> Iterator[Candidate]:
    """All but those that are there twice; and of each the devices that are nobody else's."""
    numbers = Counter((known[each.tenant].prefix, each.number) for each in found)
    owners = defaultdict[str, set[tuple[str, str]]](set)
    for each in found:
        for device in each.devices:
            owners[device].add((each.tenant, each.number))
    for each in found:
        shared = [device for device in each.devices if len(owners[device]) > 1]
        if numbers[known[each.tenant].prefix, each.number] > 1:
            left_out.append(LeftOut(_shown(each), "its number is there twice"))
        elif shared:
            left_out.append(LeftOut(_shown(each), f"{', '.join(shared)} is another extension's too"))
        else:
            yield each


def _is_taken(candidate: Candidate, devices: Mapping[str, str], left_out: list[LeftOut]) -> bool:
    for device in candidate.devices:
        if device in devices:
            why = f"{device} is the extension {devices[device]}'s in the directory file"
            left_out.append(LeftOut(_shown(candidate), why))
            return True
    return False


def _shown(candidate: Candidate) -> str:
    return " ".join((candidate.number, *candidate.devices))
