"""How Asterisk tells which phones are registered: dialplan functions, and what their values mean. Pure."""

import re

from msgspec import Struct

from adapter.printable import find_unprintable

_CONTACT = re.compile(r"[A-Za-z0-9_.*#+-]+(;@|@@)[0-9a-f]{8,64}", re.ASCII)
"""`210;@HASH` of a phone that registered, `210@@HASH` of an address that stands in pjsip.conf."""
_FIXED = "@@"
_UNREACHABLE = frozenset({"Unreachable", "Unavailable"})
AGENT_LIMIT = 255


class Contact(Struct, frozen=True, gc=False):
    """An address at which a device can be called."""

    agent: str = ""
    """What the phone calls itself; empty where that is not known, or cannot be printed."""
    expires_at: float | None = None
    """When its registration ends, in seconds since the epoch."""
    is_fixed: bool = False
    """It stands in the configuration, and need not register."""
    is_reachable: bool = True
    """False where Asterisk asks the phone for signs of life (qualify), and it gave none."""


def contacts_function(device: str) -> str | None:
    """The function whose value names the contacts of a device; None where there is no such function.

    The address of record is taken to have the endpoint's name, as its phones register by it.
    """
    technology, _, name = device.partition("/")
    return f"PJSIP_AOR({name},contact)" if technology == "PJSIP" else None


def contact_ids(value: str) -> list[str]:
    """The ids in the value of that function; those not in Asterisk's form are left out."""
    return [one for one in value.split(",") if _CONTACT.fullmatch(one)]


def contact_functions(contact_id: str) -> tuple[str, str, str]:
    """The functions whose values describe a contact: what `read_contact` takes."""
    names = ("user_agent", "expiration_time", "status")
    agent, expires, status = (f"PJSIP_CONTACT({contact_id},{name})" for name in names)
    return agent, expires, status


def read_contact(contact_id: str, agent: str, expires: str, status: str) -> Contact:
    """The contact that these values describe."""
    is_fixed = _FIXED in contact_id
    is_time = re.fullmatch(r"[0-9]{1,11}", expires, re.ASCII) is not None
    return Contact(
        agent="" if find_unprintable(agent) else agent[:AGENT_LIMIT],
        expires_at=float(expires) if is_time and int(expires) and not is_fixed else None,
        is_fixed=is_fixed,
        is_reachable=status not in _UNREACHABLE,
    )
