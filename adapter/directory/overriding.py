"""Overrides: what a directory says of single extensions of a range, or of its source. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adapter.directory.devices import read_device, read_dial
from adapter.directory.entries import DirectoryEntries, Override
from adapter.directory.expanding import Expansion
from adapter.directory.numbers import read_numbers
from adapter.directory.templates import filled


def override(written: DirectoryEntries, made: Expansion, *, has_source: bool) -> list[str]:
    """Change the extensions in `made` as the overrides say, one after the other; tell which changed none.

    That is a problem without a source. With one, extensions come and go, and it is a problem only where the
    override guards somebody: who is gone by a mistake in the source would be heard from then on.
    """
    prefixes = {organization.id: organization.prefix for organization in written.organizations}
    there = defaultdict[str, dict[str, int]](dict)
    for index, extension in enumerate(made.extensions):
        prefix, _, local = extension.number.partition("*")
        there[prefix][local] = index
    ignored: list[str] = []
    for at, each in enumerate(written.overrides):
        numbers = read_numbers(each.number)
        prefix = numbers.prefix or prefixes.get(each.organization or "", "")
        of_organization = there[prefix]
        if numbers.is_range:
            meant = [index for local, index in of_organization.items() if numbers.has(local)]
        else:
            meant = [of_organization[numbers.first]] if numbers.first in of_organization else []
        for index in meant:
            extension = made.extensions[index]
            made.extensions[index] = replace(extension, **dict(_said(each, extension.number)))
        if meant:
            continue
        what = f"there is no extension {each.number!r}" + (
            f" of {each.organization!r}" if each.organization else ""
        )
        if has_source and not each.never_supervised:
            ignored.append(f"overrides: {what}")
        else:
            made.problems.append((("overrides", at, "number"), what))
    return ignored


def _said(each: Override, number: str) -> Iterator[tuple[str, Any]]:
    for name in ("type", "owner", "caller_id", "never_supervised", "auto_answer"):
        if (value := getattr(each, name)) is not None:
            yield name, value
    if each.devices:
        yield "devices", tuple(filled(device, number, read_device) for device in each.devices)
    if each.dial:
        yield "dial", filled(each.dial, number, read_dial)
