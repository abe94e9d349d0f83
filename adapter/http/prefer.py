"""The Prefer header (RFC 7240). Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Commas separate preferences, and a semicolon ends the first part of one; within quotes neither counts.
_PREFERENCE = re.compile(r'(?:[^",]|"(?:\\.|[^"\\])*"?)+')
_BEFORE_PARAMETERS = re.compile(r'(?:[^";]|"(?:\\.|[^"\\])*"?)*')
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences of a request. The adapter ignores unknown ones, as the RFC allows."""

    wait_s: int | None = None
    wants_minimal: bool = False


def read_prefer(headers: Iterable[str]) -> Preferences:
    """The preferences in all Prefer headers of a request; if one appears twice, the first counts."""
    found: dict[str, str] = {}
    for header in headers:
        for preference in _PREFERENCE.findall(header):
            name, _, value = _BEFORE_PARAMETERS.findall(preference)[0].partition("=")
            found.setdefault(name.strip().lower(), value.strip().strip('"'))
    wait = found.get("wait", "")
    return Preferences(
        wait_s=int(wait) if _DIGITS.fullmatch(wait) else None,
        wants_minimal=found.get("return", "").lower() == "minimal",
    )
