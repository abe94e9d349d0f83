"""The facts of a PBX, as frozen values. A fact that `check` could not find out says why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CHANSPY = "app_chanspy"
FUNC_LOGIC = "func_logic"
KEY_FILTER = "func_frame_drop"
ANSWERS = "func_hangupcause"
NATIVE_BRIDGE = "bridge_native_rtp"
DEVICE_STATES = "res_manager_devicestate"
CONTACTS = ("func_pjsip_aor", "func_pjsip_contact")
MODULES = (
    *(CHANSPY, FUNC_LOGIC, KEY_FILTER, NATIVE_BRIDGE, ANSWERS, "app_softhangup", "func_channel"),
    *(DEVICE_STATES, *CONTACTS),
)
"""Asterisk's modules.

No supervision works without app_chanspy. func_frame_drop keeps the keys of a phone from ChanSpy.
bridge_native_rtp disturbs music on hold. asterisk-conf/uapi-dialplan.conf compares the name of the spied
channel by func_logic, reads what each phone answered by func_hangupcause, and ends a supervision whose phone
is gone by app_softhangup and func_channel.
The last three tell the states of devices, and which phones are registered: no supervision needs them.
"""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A fact that `check` could not find out, and why."""

    why: str


class LoginResult(StrEnum):
    """How far the connection and the login came."""

    NOT_AT_ALL = "not at all"
    REFUSED = "refused"
    BROKE = "broke"
    LOGGED_IN = "logged in"


class Terminal(StrEnum):
    """The state of an extension's device in Asterisk."""

    REGISTERED = "registered"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    UNTOLD = "untold"
    """Asterisk does not tell the state of devices of this technology."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How many live channels Asterisk listed, how many of them cannot be read, and why the first cannot."""

    listed: int
    malformed: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts that `check` found out."""

    login: LoginResult
    address: str
    username: str
    error: str = ""
    """Why the connection or the login failed."""
    takes_second: bool | Unavailable = Unavailable("not asked")
    """Whether the AMI user may have a second session beside the first (`allowmultiplelogin`)."""
    version: str | Unavailable = Unavailable("not asked")
    system_name: str | Unavailable = Unavailable("not asked")
    """What Asterisk puts before each uniqueid (`systemname` in asterisk.conf); empty if there is none."""
    actions: Mapping[str, frozenset[str]] | Unavailable = Unavailable("not asked")
    """The allowed actions, each with its classes, any one of which suffices."""
    seen_classes: frozenset[str] = frozenset()
    """The classes of the events that came while `check` ran."""
    manager_conf: Mapping[str, str] | Unavailable = Unavailable("not asked")
    """The lines of the adapter's AMI user."""
    clock_offset_s: float | Unavailable = Unavailable("not asked")
    snapshot: Snapshot | Unavailable = Unavailable("not asked")
    modules: Mapping[str, bool | Unavailable] = field(
        default_factory=lambda: dict.fromkeys(MODULES, Unavailable("not asked"))
    )
    """Whether each of MODULES is loaded."""
    dialplan: Mapping[str, bool | Unavailable] = field(default_factory=dict)
    """Whether each part of the dialplan include is there, by `extension@context`."""
    terminals: Mapping[str, Terminal | Unavailable] = field(default_factory=dict)
    """The devices of phone terminals, by the extension's number, and the device's name if it has several."""
