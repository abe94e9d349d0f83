"""What is known of a PBX, as frozen values; pure. A fact that could not be had says why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CHANSPY = "app_chanspy"
FUNC_LOGIC = "func_logic"
KEY_FILTER = "func_frame_drop"
NATIVE_BRIDGE = "bridge_native_rtp"
MODULES = (CHANSPY, FUNC_LOGIC, KEY_FILTER, NATIVE_BRIDGE, "app_softhangup", "func_channel")
"""Asterisk's modules: the one that no supervision goes without; the one that keeps the phone's keys from
it; the one that disturbs music on hold; the one by which
asterisk-conf/uapi-dialplan.conf compares whose channel it is about to spy on; and those by which it ends a
supervision whose phone is gone."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A fact that could not be had."""

    why: str


class LoginResult(StrEnum):
    """How far one came."""

    NOT_AT_ALL = "not at all"
    REFUSED = "refused"
    BROKE = "broke"
    LOGGED_IN = "logged in"


class Terminal(StrEnum):
    """What Asterisk knows of an extension's device."""

    REGISTERED = "registered"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    UNTOLD = "untold"
    """Asterisk does not tell of this technology's devices."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How many live channels Asterisk listed, how many of them cannot be read, and why the first cannot."""

    listed: int
    malformed: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the check found out."""

    login: LoginResult
    address: str
    username: str
    error: str = ""
    """Why one came no further."""
    takes_second: bool | Unavailable = Unavailable("not asked")
    """Whether the AMI user may have a second session beside the first (`allowmultiplelogin`)."""
    version: str | Unavailable = Unavailable("not asked")
    system_name: str | Unavailable = Unavailable("not asked")
    """What Asterisk puts before each uniqueid (`systemname` in asterisk.conf); empty where nothing."""
    actions: Mapping[str, frozenset[str]] | Unavailable = Unavailable("not asked")
    """The actions allowed, each with the classes of which any one suffices."""
    seen_classes: frozenset[str] = frozenset()
    """The classes of the events that came while the check ran."""
    manager_conf: Mapping[str, str] | Unavailable = Unavailable("not asked")
    """Our AMI user's own lines."""
    clock_offset_s: float | Unavailable = Unavailable("not asked")
    snapshot: Snapshot | Unavailable = Unavailable("not asked")
    modules: Mapping[str, bool | Unavailable] = field(
        default_factory=lambda: dict.fromkeys(MODULES, Unavailable("not asked"))
    )
    """Each of MODULES, and whether it is loaded."""
    dialplan: Mapping[str, bool | Unavailable] = field(default_factory=dict)
    """Each part of our include, `extension@context`, and whether it is there."""
    terminals: Mapping[str, Terminal | Unavailable] = field(default_factory=dict)
    """Each device of a phone terminal: by the number, and where there are several by its name too."""
