"""From what an Asterisk tells to the extensions that it has. Pure.

A device is left out unless something says that it is a phone, and whose: by a trunk that passed for a phone,
everybody's calls would be supervised.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from adapter.asterisk.inventory import Inventory
from adapter.directory.candidates import Candidate, Candidates
from adapter.directory.phones import Phone, find_phones
from adapter.directory.tenants import Tenants

_THROUGH_DIALPLAN = re.compile(r"Local/([0-9]{1,10})@.+", re.ASCII | re.IGNORECASE)
"""A member of a queue that stands for an extension: `Local/210@from-queue/n`."""


def guess(told: Inventory) -> Candidates:
    """The extensions, with how each was guessed, and what was left out and why."""
    phones, left_out = find_phones(told)
    tenants = Tenants(phones, is_freepbx=bool(told.freepbx))
    groups = defaultdict[tuple[str, str], list[Phone]](list)
    for phone in phones:
        groups[tenants.of(phone), phone.number].append(phone)
    boxes = {(box.number, box.context): box.name for box in told.mailboxes}
    found = []
    for (tenant, number), unsorted in groups.items():
        # Where the include is missing the first device rings alone: the one that is named after the number.
        own = sorted(unsorted, key=lambda one: (one.device.name.text != number, one.device.device))
        found.append(
            Candidate(
                number=number,
                devices=tuple(phone.device.device for phone in own),
                name=next(_names(own, told.freepbx_names, boxes), ""),
                tenant=tenant,
                prefix=own[0].prefix,
                notes=tuple(dict.fromkeys(phone.note for phone in own)),
            )
        )
    return Candidates(tuple(found), tuple(left_out), tenants.notes, dict(_queues(told, found)))


def _names(
    phones: Iterable[Phone], freepbx: Mapping[str, str], boxes: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """Names of the person: as FreePBX has it, then the mailbox, then the caller id."""
    phones = list(phones)
    for phone in phones:
        yield from filter(None, (freepbx.get(phone.device.freepbx_user),))
    for phone in phones:
        yield from filter(None, (boxes.get(box) for box in phone.device.mailboxes if box[0] == phone.number))
    for phone in phones:
        name = phone.device.caller_name
        if name and name not in (phone.number, phone.device.name.text):
            yield name


def _queues(told: Inventory, found: Iterable[Candidate]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each queue with the devices of its members; of who stands for an extension, those of its number."""
    hinted = {f"hint:{hint.number}@{hint.context}": hint.devices for hint in told.hints}
    of_number = defaultdict[str, list[Candidate]](list)
    for candidate in found:
        of_number[candidate.number].append(candidate)
    for queue in told.queues:
        devices: list[str] = []
        for member in queue.members:
            number = _THROUGH_DIALPLAN.fullmatch(member)
            if number is None:
                devices += hinted.get(member, (member,))
            elif len(of_number[number[1]]) == 1:  # of two organizations' it is not known which
                devices += of_number[number[1]][0].devices
        yield queue.name, tuple(dict.fromkeys(devices))
