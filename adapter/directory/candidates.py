"""Extensions as a PBX has them, before they are anybody's in a directory. Pure.

Whatever a PBX keeps its extensions in (its live state, its database) gives candidates; `propose` makes of
them what a directory says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.directory.extension import ExtensionType


@dataclass(frozen=True, slots=True)
class Candidate:
    """An extension as a PBX has it."""

    number: str
    """As it is dialed within its organization, like `210`."""
    devices: tuple[str, ...]
    """Its phones, as Asterisk names them, like `PJSIP/210`: the one that is named after it first."""
    name: str = ""
    """Of the person; empty where the PBX has none."""
    tenant: str = ""
    """What sets its organization apart; empty where the PBX knows of no organizations."""
    prefix: str = ""
    """The organization's prefix, where the PBX writes it in its own names (`0003*210`)."""
    type: ExtensionType = ExtensionType.PHONE_TERMINAL
    notes: tuple[str, ...] = ()
    """How what is said here was guessed."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is no extension, or not certainly one, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that a PBX has, what was left out of it, and how its tenants were told apart."""

    found: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...] = ()
    tenants: Mapping[str, str] = field(default_factory=dict)
    """How each tenant was guessed; by its name in the candidates."""
    queues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The devices of each queue's members, by the queue's name."""
