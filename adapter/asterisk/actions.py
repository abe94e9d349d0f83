"""What we say to Asterisk, as values that cannot hold a CR or LF.

Whoever can put a line end into an AMI header can add headers, and so actions, of their own: each value is
checked when it is made, whoever made it.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from adapter.asterisk.answer_times import ANSWER_TIME
from adapter.asterisk.caller_id import CallerId
from adapter.asterisk.events import is_plain_name, names_one_channel
from adapter.asterisk.naming import (
    NOTICE_EXTEN,
    OTHER_HALF,
    SPY_CONTEXT,
    SPY_EXTEN,
    ring_through_include,
    stream_dial,
)

LINE_LIMIT_BYTES = 1000
"""Asterisk reads AMI lines of at most 1,024 bytes."""


NOWHERE_CONTEXT = "uapi-nowhere"
"""A dialplan context that does not exist."""

_TO_NOBODY_ELSE = (("FORWARD_CONTEXT", NOWHERE_CONTEXT), ("__TRANSFER_CONTEXT", NOWHERE_CONTEXT))
"""A phone that forwards its calls, or transfers this one, would have somebody else hear it: it may not."""

_WITHOUT_KEYS = (("FRAME_DROP(RX)", "DTMF_END"),)
"""ChanSpy would end at `*` and at `0#`, and be louder or quieter for good after each `#`."""

_RUNG = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.*#+@/-]+", re.ASCII)

_LOOPBACK = re.compile(r"127\.0\.0\.1:[0-9]{1,5}", re.ASCII)

NOTICE_LIMIT_MS = 3000
STREAM_LIMIT_MS = 3000

Headers = tuple[tuple[str, str], ...]


_IN_INCLUDE: Headers = (("Context", SPY_CONTEXT), ("Exten", SPY_EXTEN), ("Priority", "1"))


class ActionError(ValueError):
    """An action cannot be made of these values."""


@dataclass(frozen=True, slots=True)
class Action:
    """One AMI action: its name and its headers, in order."""

    name: str
    headers: Headers = ()
    id: str = ""
    """Its ActionID; without one the session gives it one."""

    def __post_init__(self) -> None:
        for name, value in (("Action", self.name), ("ActionID", self.id), *self.headers):
            if not f"{name}{value}".isprintable():
                raise ActionError(f"the header {name!r} holds a character that cannot stand in a header")
            if len(f"{name}: {value}".encode()) > LINE_LIMIT_BYTES:
                raise ActionError(f"the header {name!r} is longer than {LINE_LIMIT_BYTES} bytes")

    def text(self, action_id: str) -> str:
        """The action as AMI reads it, under this ActionID."""
        headers = (("Action", self.name), ("ActionID", action_id), *self.headers)
        return "".join([f"{name}: {value}\r\n" for name, value in headers]) + "\r\n"


def ping() -> Action:
    """Ask Asterisk for a sign of life; the answer carries its clock."""
    return Action("Ping")


def list_channels(action_id: str = "") -> Action:
    """Ask for a snapshot of all channels."""
    return Action("CoreShowChannels", id=action_id)


def list_bridges(action_id: str = "") -> Action:
    """Ask for all bridges: what each is for, and how it mixes."""
    return Action("BridgeList", id=action_id)


def list_devices(action_id: str = "") -> Action:
    """Ask for the states of all devices."""
    return Action("DeviceStateList", id=action_id)


def list_queues(action_id: str = "") -> Action:
    """Ask for the members and the callers of all queues."""
    return Action("QueueStatus", id=action_id)


def list_answer_times(action_id: str = "") -> Action:
    """Ask for each channel's status, and in it for when the channel was answered."""
    return Action("Status", (("Variables", ANSWER_TIME),), id=action_id)


def list_parked(action_id: str = "") -> Action:
    """Ask for all parked calls; Asterisk knows of no such action where it has no parking."""
    return Action("ParkedCalls", id=action_id)


def hang_up(uniqueid: str) -> Action:
    """End one channel, named exactly by its uniqueid; it may be the other half of a Local channel of ours."""
    _exact(uniqueid.removesuffix(OTHER_HALF))
    return Action("Hangup", (("Channel", uniqueid),))


def get_channel_name(uniqueid: str) -> Action:
    """Ask which name the channel with this uniqueid has."""
    return get_of_channel(_exact(uniqueid), "CHANNEL(name)")


def get_of_channel(channel: str, variable: str) -> Action:
    """Ask for a variable or a function, like `CHANNEL(linkedid)`, of the channel of this name or uniqueid."""
    return Action("Getvar", (("Channel", channel), ("Variable", variable)))


@dataclass(frozen=True, slots=True)
class Spying:
    """What ChanSpy is to do: on which channel, which name that has, and ChanSpy's options.

    Raises ActionError for an empty or inexact spyee: "an empty argument spies on every channel", and so
    does the literal `all`; and for a name that the dialplan could not compare.
    """

    spyee: str
    spyee_name: str
    options: str

    def __post_init__(self) -> None:
        _exact(self.spyee)
        if not is_plain_name(self.spyee_name):
            raise ActionError(f"{self.spyee_name!r} cannot be compared in the dialplan")
        if "u" not in self.options:
            raise ActionError("without the option u the spyee would be a prefix, not an exact channel")

    @property
    def data(self) -> str:
        """ChanSpy's arguments."""
        return f"{self.spyee},{self.options}"

    @property
    def variables(self) -> Headers:
        """What the include runs ChanSpy by."""
        return (
            ("UAPI_SPY_OPTIONS", self.options),
            ("UAPI_SPYEE", self.spyee),
            ("UAPI_SPYEE_NAME", self.spyee_name),
        )


@dataclass(frozen=True, slots=True)
class SupervisorDevices:
    """The supervisor's phones, as the include rings them: its number, its devices, and what is to ring.

    Raises ActionError where a name could end the argument of Dial that it is part of.
    """

    number: str
    devices: tuple[str, ...]
    rings: tuple[str, ...]

    def __post_init__(self) -> None:
        for each in (*self.devices, *self.rings):
            if _RUNG.fullmatch(each) is None:
                raise ActionError(f"{each!r} is nothing that can ring")
        if not self.devices or not self.rings:
            raise ActionError("a supervisor without devices cannot ring")

    @property
    def variables(self) -> Headers:
        """What the include rings them by, and lets them in: inherited by the half of the Local channel."""
        return (("_UAPI_DEVICES", "&".join(self.devices)), ("_UAPI_RINGS", "&".join(self.rings)))


def originate_spy(
    *,
    dial: str,
    spying: Spying,
    channel_id: str,
    caller_id: CallerId,
    pickup_ms: int,
    alert: str = "",
) -> Action:
    """Ring the device `dial` for at most `pickup_ms` and let it spy. No dialplan takes part.

    `alert` is a SIP header for the phone, as `Name: value`.
    """
    header, _, content = alert.partition(": ")
    is_told = alert and dial.startswith("PJSIP/")
    alerting = ((f"PJSIP_HEADER(add,{header})", content),) if is_told else ()
    runs = (("Application", "ChanSpy"), ("Data", spying.data))
    return _originate(dial, runs, alerting, channel_id, caller_id, pickup_ms)


def originate_spy_by_include(
    *,
    phones: SupervisorDevices,
    spying: Spying,
    channel_id: str,
    caller_id: CallerId,
    pickup_ms: int,
    linger_s: int = 0,
    waits: bool = False,
    alert: str = "",
) -> Action:
    """Have the dialplan include ring the phones for at most `pickup_ms`, and let the first to answer spy.

    So ChanSpy can be told to begin anew, and runs on a channel of its own: whoever gets into a phone's place
    stands behind it, where it is seen. The phone stays `linger_s` seconds longer than its spyee, to be sent
    to another; with `waits` it does not begin to spy before it is told to. `alert` is as above.
    """
    header, _, content = alert.partition(": ")
    # Inherited by the phones that the Local channel rings.
    alerting = (("__UAPI_ALERT_NAME", header), ("__UAPI_ALERT", content)) if alert else ()
    variables = (*spying.variables, *_when(linger_s, waits=waits), *phones.variables, *alerting)
    dial = ring_through_include(phones.number)
    return _originate(dial, _IN_INCLUDE, variables, channel_id, caller_id, pickup_ms)


def originate_stream(
    *,
    address: str,
    stream: UUID,
    rate: int,
    spying: Spying,
    channel_id: str,
    caller_id: CallerId,
    linger_s: int = 0,
    waits: bool = False,
) -> Action:
    """Have Asterisk connect to `address` on this machine with this UUID, and let that channel spy.

    Nothing rings. The include compares the spied channel's name, as for a phone. `rate` is in Hz.
    """
    if _LOOPBACK.fullmatch(address) is None:
        raise ActionError(f"{address!r} is not on this machine: others would hear what is sent there")
    variables = (*spying.variables, *_when(linger_s, waits=waits))
    dial = stream_dial(address, stream, rate)
    return _originate(dial, _IN_INCLUDE, variables, channel_id, caller_id, STREAM_LIMIT_MS)


def _originate(  # noqa: PLR0917 - one header each
    dial: str, runs: Headers, variables: Headers, channel_id: str, caller_id: CallerId, pickup_ms: int
) -> Action:
    if pickup_ms <= 0:
        raise ActionError("a Timeout of 0 or less would ring without limit")
    return Action(
        "Originate",
        (
            ("Channel", dial),
            *runs,
            ("CallerID", f'"{_quoted(caller_id.name)}" <{caller_id.number}>'),
            *(
                ("Variable", f"{name}={value}")
                for name, value in (*_TO_NOBODY_ELSE, *_WITHOUT_KEYS, *variables)
            ),
            ("Timeout", str(pickup_ms)),
            ("ChannelId", _exact(channel_id)),
            # A synchronous Originate blocks the whole AMI session until somebody picks up.
            ("Async", "true"),
        ),
        id=channel_id,
    )


def originate_notice(*, spyee: str, spyee_name: str, channel_id: str) -> Action:
    """Let both sides of the conversation of `spyee` hear a short tone."""
    return Action(
        "Originate",
        (
            ("Channel", f"Local/{NOTICE_EXTEN}@{SPY_CONTEXT}/n"),
            *_IN_INCLUDE,
            *(("Variable", f"{name}={value}") for name, value in Spying(spyee, spyee_name, "quBE").variables),
            ("Timeout", str(NOTICE_LIMIT_MS)),
            ("ChannelId", _exact(channel_id)),
            ("Async", "true"),
        ),
        id=channel_id,
    )


def set_spy_variables(
    *, channel_id: str, spying: Spying, linger_s: int = 0, waits: bool = False
) -> tuple[Action, ...]:
    """Set what the channel is to spy on, and how, when it next begins."""
    return tuple(
        Action(
            "Setvar",
            (("Channel", _exact(channel_id)), ("Variable", name), ("Value", value)),
        )
        for name, value in (*spying.variables, *_when(linger_s, waits=waits))
    )


def _when(linger_s: int, *, waits: bool) -> Headers:
    return (("UAPI_STAYS", f"{linger_s:d}"), ("UAPI_WAITS", f"{waits:d}"))


def tell_stay(*, channel_id: str, linger_s: int) -> Action:
    """Set how many seconds longer than its spyee the channel stays. Raises ActionError as above."""
    headers = (("Channel", _exact(channel_id)), ("Variable", "UAPI_STAYS"), ("Value", f"{linger_s:d}"))
    return Action("Setvar", headers)


def restart_chanspy(channel_id: str) -> Action:
    """Have the channel begin to spy anew, as told; its phone does not ring again."""
    return Action("Redirect", (("Channel", _exact(channel_id)), *_IN_INCLUDE))


def _exact(uniqueid: str) -> str:
    if not names_one_channel(uniqueid):
        raise ActionError(f"{uniqueid!r} names no single channel")
    return uniqueid


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
