"""The one state that an extension has by all of its devices."""

from collections.abc import Iterable
from enum import StrEnum

from adapter.asterisk.presence_events import DeviceState


class ExtensionState(StrEnum):
    """What an extension does, as one looks for somebody to call."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    RINGING = "ringing"
    BUSY = "busy"
    ON_HOLD = "on hold"
    UNAVAILABLE = "unavailable"


_OF_DEVICE = {
    DeviceState.RINGING: ExtensionState.RINGING,
    DeviceState.RINGING_IN_USE: ExtensionState.RINGING,
    DeviceState.IN_USE: ExtensionState.BUSY,
    DeviceState.BUSY: ExtensionState.BUSY,
    DeviceState.ON_HOLD: ExtensionState.ON_HOLD,
    DeviceState.IDLE: ExtensionState.IDLE,
    DeviceState.UNKNOWN: ExtensionState.UNKNOWN,
    DeviceState.UNAVAILABLE: ExtensionState.UNAVAILABLE,
    DeviceState.INVALID: ExtensionState.UNAVAILABLE,
}

_FIRST = (
    ExtensionState.RINGING,
    ExtensionState.BUSY,
    ExtensionState.ON_HOLD,
    ExtensionState.IDLE,
    ExtensionState.UNKNOWN,
    ExtensionState.UNAVAILABLE,
)
"""Of several devices the one that is most engaged counts; one that cannot be reached counts least."""


def extension_state(devices: Iterable[DeviceState]) -> ExtensionState:
    """The state of an extension with devices in these states; unknown without any.

    It rings if one of them rings, else it is busy if one is in use, else on hold if one is held, else idle
    if one can be called. It is unavailable only if all of them are.
    """
    states = {_OF_DEVICE[device] for device in devices}
    return next((state for state in _FIRST if state in states), ExtensionState.UNKNOWN)
