"""What an Asterisk tells of its phones, as it tells it: values without a guess. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ENDPOINT = re.compile(r"PJSIP/([A-Za-z0-9_.*#+-]{1,80})", re.ASCII | re.IGNORECASE)
"""A name that can stand in the argument of a function."""


@dataclass(frozen=True, slots=True)
class Hint:
    """The devices that the dialplan watches under a number of a context (`exten => 210,hint,PJSIP/210`)."""

    number: str
    context: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an endpoint of chan_pjsip is set to, as `PJSIP_ENDPOINT` gives it; empty where it is not set."""

    caller_id: str = ""
    """As `"Anna" <210>`."""
    context: str = ""
    """Where its calls enter the dialplan."""
    tenant: str = ""
    """`tenantid`, which Asterisk 16 does not have."""
    mailboxes: str = ""
    """As `210@default,211@default`."""
    outbound_auth: str = ""
    """The name of the login by which Asterisk answers its challenges: that of a trunk."""
    identify_by: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of app_voicemail, `number@context`, and who has it."""

    number: str
    context: str
    name: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of app_queue, and the devices of its members, as the queue watches them."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FreePbxDevice:
    """A device of FreePBX (`DEVICE/<id>` in AstDB): what it is dialed by, and whose it is."""

    id: str
    dial: str
    user: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that one Asterisk tells."""

    devices: tuple[str, ...] = ()
    """All whose state Asterisk keeps: phones and trunks alike."""
    hints: tuple[Hint, ...] = ()
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    """By device, like `PJSIP/210`."""
    mailboxes: tuple[Mailbox, ...] = ()
    queues: tuple[Queue, ...] = ()
    freepbx: tuple[FreePbxDevice, ...] = ()
    """Empty where the PBX is no FreePBX."""
    freepbx_names: Mapping[str, str] = field(default_factory=dict)
    """`AMPUSER/<extension>/cidname`, by extension."""
    untold: tuple[str, ...] = ()
    """What could not be asked, and what is missing for it."""

    @property
    def tells_of_endpoints(self) -> bool:
        """Whether the settings of endpoints are told: each that there is has a context."""
        return any(endpoint.context for endpoint in self.endpoints.values())


def split_hint(hint: str) -> tuple[str, ...]:
    """The devices in a hint: `PJSIP/210&PJSIP/99210&Custom:DND210,CustomPresence:210` has two."""
    return tuple(each for each in hint.partition(",")[0].split("&") if "/" in each)


def endpoint_name(device: str) -> str:
    """The name of the endpoint whose device it is, like `210` of `PJSIP/210`; empty of any other device."""
    found = _ENDPOINT.fullmatch(device)
    return "" if found is None else found[1]
