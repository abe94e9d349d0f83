"""What a PBX has that a directory has not, and the other way round. Pure."""

from collections.abc import Iterator

from adapter.directory import Directory
from adapter.directory.proposing import Proposal

SHOWN_LIMIT = 20


def differences(directory: Directory, proposal: Proposal) -> Iterator[str]:
    """A line for each extension or device that only one of them has; SHOWN_LIMIT of a kind at most."""
    owners = {device: each.number for each in directory.extensions.values() for device in each.devices}
    new, further = [], []
    for each in proposal.extensions:
        devices = each.extension.devices
        known = [owners[device] for device in devices if device in owners]
        missing = [device for device in devices if device not in owners]
        if not known:
            new.append(f"{each.extension.number} {each.user.name}: {', '.join(devices)}")
        elif missing:
            further.append(f"{known[0]}: {', '.join(missing)}")
    there = {device for each in proposal.extensions for device in each.extension.devices}
    gone = [f"{number}: {device}" for device, number in owners.items() if device not in there]
    yield from _listed("extensions of the PBX that the directory does not have", new)
    yield from _listed("devices of the PBX that the directory does not give to their extension", further)
    yield from _listed("devices of the directory that were not found as phones on the PBX", gone)


def _listed(what: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{len(lines)} {what}:"
        yield from (f"  {line}" for line in lines[:SHOWN_LIMIT])
        if len(lines) > SHOWN_LIMIT:
            yield f"  and {len(lines) - SHOWN_LIMIT} more"
