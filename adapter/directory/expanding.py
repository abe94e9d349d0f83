"""From what a directory writes to its extensions: numbers in full, ranges as many, devices by name. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.directory.devices import is_local, read_device, read_dial
from adapter.directory.entries import DirectoryEntries, ExtensionEntry, Organization, SupervisionGroup
from adapter.directory.extension import Extension
from adapter.directory.numbers import Numbers, read_numbers
from adapter.directory.templates import filled
from adapter.directory.yaml_lines import Place

RANGES_LIMIT = 100_000
"""So many extensions may all ranges of a directory make: one digit too many must not fill the memory."""

DEFAULT_DEVICES = ("PJSIP/{number}",)

UNKNOWN_DEVICES = "anything may answer a Local channel: list the devices of the extension, like [PJSIP/210]"


@dataclass(slots=True)
class Expansion:
    """The extensions and groups that a directory's entries stand for, and why some stand for none."""

    extensions: list[Extension] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    """Of each extension the index of the entry that it was made of."""
    groups: list[SupervisionGroup] = field(default_factory=list)
    problems: list[tuple[Place, str]] = field(default_factory=list)


def expand(written: DirectoryEntries) -> Expansion:
    """All that is written short, written out; groups are by `write_out_groups`, as they name extensions."""
    made = Expansion()
    by_id = {organization.id: organization for organization in written.organizations}
    by_prefix = {organization.prefix: organization for organization in written.organizations}
    left = RANGES_LIMIT
    for index, entry in enumerate(written.extensions):
        place = ("extensions", index)
        numbers = read_numbers(entry.number)
        if entry.organization is None:
            organization = by_prefix.get(numbers.prefix)
            missing = ("number", f"no organization has the prefix {numbers.prefix!r}")
        else:
            organization = by_id.get(entry.organization)
            missing = ("organization", f"there is no organization {entry.organization!r}")
        if organization is None:
            made.problems.append(((*place, missing[0]), missing[1]))
            continue
        if numbers.is_range:
            left -= len(numbers)
            if left < 0:
                problem = f"the ranges make more than {RANGES_LIMIT} extensions"
                made.problems.append(((*place, "number"), problem))
                left += len(numbers)
                continue
        if is_local(entry.dial) and not (entry.devices or organization.devices):
            made.problems.append(((*place, "dial"), UNKNOWN_DEVICES))
        made.extensions.extend(_extensions(entry, numbers, organization))
        made.entries.extend([index] * len(numbers))
    return made


def _extensions(entry: ExtensionEntry, numbers: Numbers, organization: Organization) -> Iterator[Extension]:
    own = entry.devices or ((entry.dial,) if entry.dial and not is_local(entry.dial) else ())
    devices = own or organization.devices or DEFAULT_DEVICES
    for number in numbers.under(organization.prefix):
        yield Extension(
            number=number,
            type=entry.type,
            owner=entry.owner,
            devices=tuple(filled(device, number, read_device) for device in devices),
            caller_id=entry.caller_id,
            dial=filled(entry.dial, number, read_dial),
            never_supervised=entry.never_supervised,
            auto_answer=entry.auto_answer,
        )


def write_out_groups(written: DirectoryEntries, made: Expansion, *, has_source: bool) -> list[str]:
    """Have their numbers in full. A range is those that there are; the rules tell of a number that is not.

    A range without any is a problem; with a source, where extensions come and go, it is only told.
    """
    by_id = {organization.id: organization for organization in written.organizations}
    there = defaultdict[str, list[str]](list)
    told: list[str] = []
    for extension in made.extensions:
        there[extension.prefix].append(extension.number)
    for index, group in enumerate(written.supervision_groups):
        organization = by_id.get(group.organization)
        if organization is None:  # which is told of the group
            made.groups.append(group)
            continue
        extensions = set[str]()
        for text in group.extensions:
            numbers = read_numbers(text)
            prefix = numbers.prefix or organization.prefix
            if not numbers.is_range:
                extensions.add(f"{prefix}*{numbers.first}")
                continue
            found = [one for one in there[prefix] if numbers.has(one.removeprefix(f"{prefix}*"))]
            if not found:
                problem = f"there is no extension of the range {text!r}"
                if has_source:
                    told.append(f"the group {group.name}: {problem}")
                else:
                    made.problems.append((("supervision_groups", index, "extensions"), problem))
            extensions.update(found)
        made.groups.append(group.model_copy(update={"extensions": frozenset(extensions)}))
    return told
