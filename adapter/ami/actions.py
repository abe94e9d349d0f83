"""What we say to Asterisk, as values that cannot hold a CR or LF.

Whoever can put a line end into an AMI header can add headers, and so actions, of their own: each value is
checked when it is made, whoever made it.
"""

from dataclasses import dataclass

from adapter.caller_id import CallerId
from adapter.calls.events import names_one_channel

LINE_LIMIT_BYTES = 1000
"""Asterisk reads AMI lines of at most 1,024 bytes."""


NO_FORWARD_CONTEXT = "uapi-no-forward"
"""A dialplan context that does not exist, where forwarded calls end (Asterisk's FORWARD_CONTEXT)."""


class ActionError(ValueError):
    """An action cannot be made of these values."""


@dataclass(frozen=True, slots=True)
class Action:
    """One AMI action: its name and its headers, in order."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("Action", self.name), *self.headers):
            if not f"{name}{value}".isprintable():
                raise ActionError(f"the header {name!r} holds a character that cannot stand in a header")
            if len(f"{name}: {value}".encode()) > LINE_LIMIT_BYTES:
                raise ActionError(f"the header {name!r} is longer than {LINE_LIMIT_BYTES} bytes")


def ping() -> Action:
    """Ask Asterisk for a sign of life; the answer carries its clock."""
    return Action("Ping")


def list_channels() -> Action:
    """Ask for a snapshot of all channels."""
    return Action("CoreShowChannels")


def hang_up(uniqueid: str) -> Action:
    """End one channel, named exactly by its uniqueid."""
    return Action("Hangup", (("Channel", _exact(uniqueid)),))


def originate_spy(
    *, dial: str, spyee: str, options: str, channel_id: str, caller_id: CallerId, pickup_ms: int
) -> Action:
    """Ring `dial` for at most `pickup_ms` and let it spy on the channel with uniqueid `spyee`.

    `options` are ChanSpy's. Raises ActionError for an empty or inexact spyee: "an empty argument spies on
    every channel", and so does the literal `all`.
    """
    if pickup_ms <= 0:
        raise ActionError("a Timeout of 0 or less would ring without limit")
    if "u" not in options:
        raise ActionError("without the option u the spyee would be a prefix, not an exact channel")
    return Action(
        "Originate",
        (
            ("Channel", dial),
            ("Application", "ChanSpy"),
            ("Data", f"{_exact(spyee)},{options}"),
            ("CallerID", f'"{_quoted(caller_id.name)}" <{caller_id.number}>'),
            # A phone that forwards its calls would have somebody else hear this one: no such context exists.
            ("Variable", f"FORWARD_CONTEXT={NO_FORWARD_CONTEXT}"),
            ("Timeout", str(pickup_ms)),
            ("ChannelId", _exact(channel_id)),
            ("ActionID", channel_id),
            # A synchronous Originate blocks the whole AMI session until somebody picks up.
            ("Async", "true"),
        ),
    )


def _exact(uniqueid: str) -> str:
    if not names_one_channel(uniqueid):
        raise ActionError(f"{uniqueid!r} names no single channel")
    return uniqueid


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
