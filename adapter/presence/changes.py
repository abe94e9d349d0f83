"""What the model publishes, as frozen values."""

from msgspec import Struct


class DeviceStateChanged(Struct, frozen=True, gc=False):
    """A device is in another state."""

    device: str


class QueueChanged(Struct, frozen=True, gc=False):
    """A queue has another member or another caller, or one of its members changed."""

    queue: str


Change = DeviceStateChanged | QueueChanged
