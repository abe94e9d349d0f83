"""Adds phones to the lab's Asterisk: an endpoint and an extension for each further number."""

import re
from collections.abc import Container, Iterable
from pathlib import Path

from adapter.directory import ExtensionType
from adapter.directory.file import DirectoryFile
from adapter.lab.errors import LabError

PHONES_FILE, DIALPLAN_FILE = "site/phones.conf", "site/extensions.conf"

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z*_.-]*", re.ASCII)
_SECTION = re.compile(r"^\[([^\]]+)\](?!\(!)", re.MULTILINE)
"""A section of pjsip.conf that is not a template: an endpoint has at least one with its name."""


def phones_of(directory: Path) -> tuple[str, ...]:
    """The PJSIP devices of a directory's phone terminals, by name."""
    extensions = DirectoryFile(directory).current.extensions.values()
    devices = [
        device.partition("/")
        for extension in extensions
        if extension.type is ExtensionType.PHONE_TERMINAL
        for device in extension.devices
    ]
    return tuple(name for technology, _, name in devices if technology == "PJSIP")


def known_phones(etc: Path) -> frozenset[str]:
    """The numbers for which this Asterisk's configuration may have a phone."""
    files = [*etc.glob("pjsip*.conf"), etc / PHONES_FILE]
    return frozenset(
        number for file in files if file.exists() for number in _SECTION.findall(file.read_text())
    )


def further_numbers(numbers: Iterable[str], known: Container[str]) -> list[str]:
    """The numbers that are not known, each once. Raises LabError for an invalid number."""
    further = [number for number in dict.fromkeys(numbers) if number not in known]
    for number in further:
        if _NUMBER.fullmatch(number) is None:
            raise LabError(f"Not a number that a phone can have: {number!r}")
    return further


def write_phones(etc: Path, numbers: Iterable[str]) -> None:
    """Write a phone and an extension for each number without one. Raises LabError for an invalid number."""
    further = further_numbers(numbers, known_phones(etc))
    phones = (
        f"[{number}](phone)\naors = {number}\ncallerid = {number} <{number}>\n[{number}](contacts)\n"
        for number in further
    )
    (etc / PHONES_FILE).write_text("".join(phones))
    rings = (
        f"exten => {number},1,Set(CONTACTS=${{PJSIP_DIAL_CONTACTS(${{EXTEN}})}})\n"
        ' same => n,GotoIf($["${CONTACTS}" = ""]?absent)\n'
        " same => n,Dial(${CONTACTS},60)\n"
        " same => n,Hangup()\n"
        " same => n(absent),Hangup(20)\n"
        for number in further
    )
    (etc / DIALPLAN_FILE).write_text("".join(("[extensions](+)\n", *rings)))
