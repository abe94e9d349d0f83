"""The Prefer header (RFC 7240). Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the client would like; "a server MAY ignore" what it does not understand, and so do we."""

    wait_s: int | None = None
    wants_minimal: bool = False


def read_prefer(headers: Iterable[str]) -> Preferences:
    """The preferences in all Prefer headers of a request; of one that stands twice, the first counts."""
    found: dict[str, str] = {}
    for header in headers:
        for preference in header.split(","):
            name, _, value = preference.partition(";")[0].partition("=")
            found.setdefault(name.strip().lower(), value.strip().strip('"'))
    wait = found.get("wait", "")
    return Preferences(
        wait_s=int(wait) if _DIGITS.fullmatch(wait) else None,
        wants_minimal=found.get("return", "").lower() == "minimal",
    )
