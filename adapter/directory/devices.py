"""What a directory may say of devices, and of how a supervisor is dialed. Pure.

A device is a technology and a name, `PJSIP/210`: its channels are `PJSIP/210-0000002a` and so on. Only what
can begin a channel's name is one, as every guard compares the names of channels with it.
"""

import re

from adapter.asterisk.naming import PHONES_CONTEXT

_DEVICE = re.compile(r"([A-Za-z0-9]+)/([A-Za-z0-9_.*#+-]+)", re.ASCII)
"""None of its characters separates arguments in the dialplan or begins a variable there."""

_LOCAL = re.compile(r"(?i:Local)/([A-Za-z0-9_.*#+-]+)@([A-Za-z0-9_.-]+)(/n)?", re.ASCII)

DEVICE_LIMIT = 72
"""Asterisk's names of channels are bounded, and all devices of an extension go into one line of AMI."""

_SPELLED = {name.upper(): name for name in ("PJSIP", "SIP", "IAX2", "SCCP", "DAHDI", "Motif", "Skinny")}
"""As Asterisk writes them in the names of channels; it dials them in any case."""

_GROUP_OF_LINES = re.compile(r"DAHDI/[GgRr][0-9]", re.ASCII)


def read_device(text: str) -> str:
    """The device, spelled as in the names of its channels.

    Raises ValueError where no channel's name begins so.
    """
    technology, slash, name = text.partition("/")
    if technology.upper() == "LOCAL":
        raise ValueError("a Local channel is no device: name the devices that stand behind it")
    if slash and ("/" in name or "@" in name):
        # `PJSIP/100/sip:...`, `PJSIP/0172@trunk`, `SIP/trunk/0172`
        raise ValueError(
            "no channel's name begins so: write the device alone, like PJSIP/210, without address or number"
        )
    if _DEVICE.fullmatch(text) is None or len(text) > DEVICE_LIMIT:
        raise ValueError("must be a technology and a device, like PJSIP/210")
    if _GROUP_OF_LINES.match(text.upper()):
        raise ValueError("no channel's name begins like this: a group of lines is no device")
    return f"{_SPELLED.get(technology.upper(), technology)}/{name}"


def read_dial(text: str) -> str:
    """What rings a supervisor: a device, or a Local channel into the operator's own dialplan.

    Raises ValueError where it is neither. A Local channel gets `/n`, as a supervision ends with it. The
    include's own context stands for a device: `Local/210@uapi-phones` is `PJSIP/210`.
    """
    if not is_local(text):
        return read_device(text)
    local = _LOCAL.fullmatch(text)
    if local is None:
        raise ValueError(
            "a Local channel must be written like Local/210@from-internal/n; /n is its only option"
        )
    exten, context = local[1], local[2]
    return f"PJSIP/{exten}" if context == PHONES_CONTEXT else f"Local/{exten}@{context}/n"


def is_local(dial: str) -> bool:
    """Whether it leads into the dialplan, where anything may answer."""
    return dial.partition("/")[0].upper() == "LOCAL"
