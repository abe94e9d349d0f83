"""What we say to Asterisk, as values that cannot hold a CR or LF.

Whoever can put a line end into an AMI header can add headers, and so actions, of their own: each value is
checked when it is made, whoever made it.
"""

from dataclasses import dataclass

from adapter.asterisk.answer_times import ANSWER_TIME
from adapter.asterisk.caller_id import CallerId
from adapter.asterisk.events import OTHER_HALF, names_one_channel
from adapter.asterisk.naming import NOTICE_EXTEN, SPY_CONTEXT, SPY_EXTEN, ring_through_include

LINE_LIMIT_BYTES = 1000
"""Asterisk reads AMI lines of at most 1,024 bytes."""


NOWHERE_CONTEXT = "uapi-nowhere"
"""A dialplan context that does not exist."""

_TO_NOBODY_ELSE = (("FORWARD_CONTEXT", NOWHERE_CONTEXT), ("__TRANSFER_CONTEXT", NOWHERE_CONTEXT))
"""A phone that forwards its calls, or transfers this one, would have somebody else hear it: it may not."""

NOTICE_LIMIT_MS = 3000

Headers = tuple[tuple[str, str], ...]


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


def list_channels() -> Action:
    """Ask for a snapshot of all channels."""
    return Action("CoreShowChannels")


def list_answer_times() -> Action:
    """Ask for each channel's status, and in it for when the channel was answered."""
    return Action("Status", (("Variables", ANSWER_TIME),))


def list_parked() -> Action:
    """Ask for all parked calls; Asterisk knows of no such action where it has no parking."""
    return Action("ParkedCalls")


def hang_up(uniqueid: str) -> Action:
    """End one channel, named exactly by its uniqueid; it may be the other half of a Local channel of ours."""
    _exact(uniqueid.removesuffix(OTHER_HALF))
    return Action("Hangup", (("Channel", uniqueid),))


def originate_spy(
    *,
    dial: str,
    spyee: str,
    options: str,
    channel_id: str,
    caller_id: CallerId,
    pickup_ms: int,
    has_include: bool = False,
    linger_s: int = 0,
    alert: str = "",
) -> Action:
    """Ring `dial` for at most `pickup_ms` and let it spy on the channel with uniqueid `spyee`.

    `options` are ChanSpy's. With `has_include` the dialplan include runs ChanSpy, so that it can be told to
    begin anew; there the phone stays `linger_s` seconds longer than its spyee, to be sent to another.
    `alert` is a SIP header for the phone, as `Name: value`. Raises ActionError for an empty or inexact
    spyee: "an empty argument spies on every channel", and so does the literal `all`.
    """
    if pickup_ms <= 0:
        raise ActionError("a Timeout of 0 or less would ring without limit")
    header, _, content = alert.partition(": ")
    runs: Headers
    variables: Headers = ()
    alerting: Headers = ()
    if has_include:
        runs = (("Context", SPY_CONTEXT), ("Exten", SPY_EXTEN), ("Priority", "1"))
        variables = _spy_variables(spyee, options, linger_s)
        # Inherited by the phones that a Local channel rings.
        alerting = (("__UAPI_ALERT_NAME", header), ("__UAPI_ALERT", content)) if alert else ()
    else:
        runs = (("Application", "ChanSpy"), ("Data", f"{_exact(spyee)},{_for_one(options)}"))
    if alert and dial.startswith("PJSIP/"):
        alerting = ((f"PJSIP_HEADER(add,{header})", content),)
    return Action(
        "Originate",
        (
            ("Channel", dial),
            *runs,
            ("CallerID", f'"{_quoted(caller_id.name)}" <{caller_id.number}>'),
            *(("Variable", f"{name}={value}") for name, value in (*_TO_NOBODY_ELSE, *variables, *alerting)),
            ("Timeout", str(pickup_ms)),
            ("ChannelId", _exact(channel_id)),
            # A synchronous Originate blocks the whole AMI session until somebody picks up.
            ("Async", "true"),
        ),
        id=channel_id,
    )


def phones_of(supervisor: str, dial: str, *, has_include: bool) -> str:
    """All phones of the extension where the dialplan include can ring them, else one of them.

    Also where it has only one, though to ring that straight would be 2 ms sooner: ChanSpy then runs on a
    channel of its own, and whoever gets into the phone's place stands behind it, where it is seen.
    """
    is_plain = dial == f"PJSIP/{supervisor}"
    return ring_through_include(supervisor) if has_include and is_plain else dial


def originate_notice(*, spyee: str, channel_id: str) -> Action:
    """Let both sides of the conversation of `spyee` hear a short tone."""
    return Action(
        "Originate",
        (
            ("Channel", f"Local/{NOTICE_EXTEN}@{SPY_CONTEXT}/n"),
            ("Application", "ChanSpy"),
            ("Data", f"{_exact(spyee)},quBE"),
            ("Timeout", str(NOTICE_LIMIT_MS)),
            ("ChannelId", _exact(channel_id)),
            ("Async", "true"),
        ),
        id=channel_id,
    )


def set_spy_variables(*, channel_id: str, spyee: str, options: str, linger_s: int = 0) -> tuple[Action, ...]:
    """Set what the channel is to spy on, and how, when it next begins. Raises ActionError as above."""
    return tuple(
        Action(
            "Setvar",
            (("Channel", _exact(channel_id)), ("Variable", name), ("Value", value)),
        )
        for name, value in _spy_variables(spyee, options, linger_s)
    )


def tell_stay(*, channel_id: str, linger_s: int) -> Action:
    """Set how many seconds longer than its spyee the channel stays. Raises ActionError as above."""
    headers = (("Channel", _exact(channel_id)), ("Variable", "UAPI_STAYS"), ("Value", f"{linger_s:d}"))
    return Action("Setvar", headers)


def restart_chanspy(channel_id: str) -> Action:
    """Have the channel begin to spy anew, as told; its phone does not ring again."""
    return Action(
        "Redirect",
        (
            ("Channel", _exact(channel_id)),
            ("Context", SPY_CONTEXT),
            ("Exten", SPY_EXTEN),
            ("Priority", "1"),
        ),
    )


def _spy_variables(spyee: str, options: str, linger_s: int) -> Headers:
    return (
        ("UAPI_SPY_OPTIONS", _for_one(options)),
        ("UAPI_SPYEE", _exact(spyee)),
        ("UAPI_STAYS", f"{linger_s:d}"),
    )


def _for_one(options: str) -> str:
    if "u" not in options:
        raise ActionError("without the option u the spyee would be a prefix, not an exact channel")
    return options


def _exact(uniqueid: str) -> str:
    if not names_one_channel(uniqueid):
        raise ActionError(f"{uniqueid!r} names no single channel")
    return uniqueid


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
