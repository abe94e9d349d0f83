"""What the dialplan include of a PBX can do, as a set: each operation asks for what it needs. Pure.

The include announces each feature by an extension of its name in the context `uapi-features`. What it
announces beyond these is of a newer version, and nobody asks for it here.
"""

from collections.abc import Collection
from enum import StrEnum

from adapter.asterisk.naming import (
    DEVICE_CONTEXT,
    DEVICE_EXTEN,
    LEFT_CONTEXT,
    LEFT_EXTEN,
    NOTICE_EXTEN,
    PHONES_CONTEXT,
    SPY_CONTEXT,
    SPY_EXTEN,
)


class Feature(StrEnum):
    """Something that only the include can do."""

    RING = "ring"
    """It rings all phones of a supervisor, lets in nobody else, and holds ChanSpy back while one waits."""
    SWITCH = "switch"
    """A supervisor's channel can be told to begin ChanSpy anew: in another mode, on another channel."""
    NOTICE = "notice"
    """It plays the notice tone."""


PbxFeatures = frozenset[Feature]
NO_FEATURES: PbxFeatures = frozenset()
ALL_FEATURES: PbxFeatures = frozenset(Feature)

Part = tuple[str, str]
"""A context of the include, and an extension in it."""

_NOTICE: Part = (SPY_CONTEXT, NOTICE_EXTEN)

PARTS: tuple[Part, ...] = (
    (SPY_CONTEXT, SPY_EXTEN),
    _NOTICE,
    (PHONES_CONTEXT, "0"),  # as any number
    (DEVICE_CONTEXT, DEVICE_EXTEN),  # an include without it knows no devices, and compares no names
    (LEFT_CONTEXT, LEFT_EXTEN),  # and without this one, whom a supervisor transfers into its place
)
"""What the include is made of."""


def features_of_parts(parts: Collection[Part]) -> PbxFeatures:
    """What an include of these parts can do that announces nothing, since it is older."""
    lacks = set(PARTS).difference(parts)
    if not lacks:
        return ALL_FEATURES
    # Without one of the others somebody might hear who was not asked for.
    return ALL_FEATURES - {Feature.NOTICE} if lacks == {_NOTICE} else NO_FEATURES
