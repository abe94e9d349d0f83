"""What the names of devices say by the conventions of the field. Pure.

`210`: a number. `0003*210`: an organization's prefix and a number. `210-acme`, `acme_210`: a number and a
tenant. `210-mobile`, `210-2`: a further phone of a number. Anything else says nothing.
"""

import re
from dataclasses import dataclass

_PREFIXED = re.compile(r"([0-9]{1,10})\*([0-9]{1,10})", re.ASCII)
_NUMBER_FIRST = re.compile(r"([0-9]{1,10})(?:[-_.](.+))?", re.ASCII)
_NUMBER_LAST = re.compile(r"([A-Za-z][A-Za-z0-9]*)[-_.]([0-9]{1,10})", re.ASCII)
_CALLER_ID = re.compile(r"(.*?) *<([^<>]*)>", re.DOTALL)

_KINDS_OF_PHONE = frozenset(
    (
        *("agent", "android", "app", "cell", "client", "dect", "desk", "deskphone", "ext", "fax", "hard"),
        *("home", "ios", "iphone", "laptop", "mob", "mobile", "office", "pc", "phone", "sip", "soft"),
        *("softphone", "tablet", "tel", "user", "video", "web", "webrtc", "wifi", "zoiper"),
    )
)
"""Words that tell a person's phones apart, and no organizations."""


@dataclass(frozen=True, slots=True)
class DeviceName:
    """A device's name behind its technology, and what it says; empty where it does not."""

    text: str
    number: str = ""
    prefix: str = ""
    tenant: str = ""


def read_device_name(device: str) -> DeviceName:
    """What the name of the device, like `PJSIP/210-acme`, says."""
    text = device.partition("/")[2]
    if prefixed := _PREFIXED.fullmatch(text):
        return DeviceName(text, prefixed[2], prefix=prefixed[1])
    if first := _NUMBER_FIRST.fullmatch(text):
        return DeviceName(text, first[1], tenant=_tenant(first[2] or ""))
    if last := _NUMBER_LAST.fullmatch(text):
        return DeviceName(text, last[2], tenant=_tenant(last[1]))
    return DeviceName(text)


def _tenant(word: str) -> str:
    """The word, unless it tells phones apart: a kind of phone, perhaps counted, or a count alone."""
    kind = word.rstrip("0123456789").rstrip("-_.").lower()
    return "" if not kind or kind in _KINDS_OF_PHONE else word


def split_caller_id(text: str) -> tuple[str, str]:
    r"""Name and number of a caller id in Asterisk's form, `"Anna \"Ace\"" <210>`; empty what it has not."""
    form = _CALLER_ID.fullmatch(text)
    if form is None:
        return "", ""
    name = form[1]
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name.strip(), "" if form[2] == "unknown" else form[2]
