"""What is asked for with a supervision, what may stand against it, and what it would originate. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from adapter.asterisk.caller_id import CallerId
from adapter.directory import Medium, SupervisionMode

DEFAULT_PICKUP_S = 25
"""The founding document's default of waitForPickup."""


class Parameter(StrEnum):
    """The parameters of the request that can be refused, in the order in which they are judged."""

    PHONE_CALL = "phoneCallId"
    VIEW = "phoneCallViewId"
    SEND_CALL_TO = "sendCallTo"
    CALLER_ID = "callerId"
    PICKUP = "waitForPickup"
    PRIVATE = "private"
    FOLLOW = "follow"
    MEDIA = "media"


class Obstacle(StrEnum):
    """What else a supervision may be refused for, in the order in which it is judged.

    NOT_PERMITTED is judged before the parameters, and anew once they show which extension is meant.
    """

    NOT_PERMITTED = "the App may not supervise the extension in this way"
    NOT_READY = "the service is not in touch with Asterisk"
    NEVER_SUPERVISED = "an extension takes part that is never supervised"
    SUPERVISOR_BUSY = "the supervisor rings for, or is joined to, another call already"
    CONFERENCE = "in a conversation of more than two, a barge-in would reach some of them only"
    SWITCH = "without the dialplan include a running supervision keeps its mode"
    NOTICE = "without the dialplan include the notice tone that the organization wants cannot be played"
    STREAM = "this service, or this PBX, cannot bring the audio of a supervision to a stream"
    NOT_KEPT = "the store is down, and without it nobody would know whose the supervision is"
    NOT_TAKEN = "Asterisk did not take the request"


class Mode(StrEnum):
    """What the supervisor hears and who hears the supervisor."""

    MONITOR = "Monitor"
    WHISPER = "Whisper"
    PRIVATE_WHISPER = "PrivateWhisper"
    """UAPI's Whisper with `private` set: the supervisor talks to the extension and hears nothing."""
    BARGE_IN = "BargeIn"

    @property
    def action(self) -> str:
        """The UAPI action that asks for it."""
        return "Whisper" if self is Mode.PRIVATE_WHISPER else self.value

    @property
    def permission(self) -> SupervisionMode:
        """What a supervision group has to allow for it."""
        return _PERMISSIONS[self]

    @property
    def spy_options(self) -> str:
        """ChanSpy's options.

        `u`: the spyee is an exact uniqueid, else it would be a prefix and take other calls too. `q`: no
        beep, no spoken channel name. `E`: end with the spied channel instead of going on to another.
        `w`: the spyee hears the spyer, `W`: and the spyer hears nothing, `B`: barge, all hear all.
        """
        return _SPY_OPTIONS[self]

    @property
    def is_heard_by_all(self) -> bool:
        """Whether the far side of the conversation hears the supervisor too."""
        return self is Mode.BARGE_IN


_PERMISSIONS = {
    Mode.MONITOR: SupervisionMode.LISTEN,
    Mode.WHISPER: SupervisionMode.WHISPER,
    Mode.PRIVATE_WHISPER: SupervisionMode.WHISPER,
    Mode.BARGE_IN: SupervisionMode.BARGE,
}

_SPY_OPTIONS = {
    Mode.MONITOR: "quE",
    Mode.WHISPER: "quwE",
    Mode.PRIVATE_WHISPER: "quWE",
    Mode.BARGE_IN: "quBE",
}


class Follow(StrEnum):
    """Whom the supervision stays with when the extension leaves by transferring the other side on."""

    EXTENSION = "extension"
    """It ends with the extension."""
    CALL = "call"
    """It moves to the party that stays."""
    AGENT = "agent"
    """It ends with the extension, and stays with it from one conversation to the next (AgentLogin)."""


STAYS_S = 2
"""How long a supervisor's phone that follows the call outlives its spyee, to be sent on to another."""


def linger_s(follow: Follow) -> int:
    """How many seconds longer than its spyee the supervisor's phone stays."""
    return STAYS_S if follow is Follow.CALL else 0


@dataclass(frozen=True, slots=True)
class SupervisionRequest:
    """A supervision as asked for; a value that is not of its form is None and named in `malformed`."""

    mode: Mode
    view_id: str | None = None
    send_call_to: str | None = None
    caller_id: CallerId | None = None
    pickup_s: int | None = None
    malformed: frozenset[Parameter] = frozenset()
    follow: Follow | None = None
    medium: Medium = Medium.PHONE
    numbers: frozenset[str] = frozenset()
    """The extensions that the request's address means."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to originate: `supervisor` rings, and once picked up spies on exactly the channel `spyee`."""

    mode: Mode
    call_id: str
    spyee: str
    extension: str
    supervisor: str
    spyee_name: str
    """The name of that channel, by which it was decided whose it is."""
    devices: tuple[str, ...]
    """The supervisor's own: nothing else may answer."""
    rings: tuple[str, ...]
    """What the dialplan include rings for the supervisor."""
    rings_alone: str
    """The one device that is dialed where there is no include."""
    caller_id: CallerId
    pickup_s: int
    follow: Follow | None = None
    """As asked for; none where the request leaves it out."""
    default_follow: Follow = Follow.EXTENSION
    """What a supervision that is new follows where the request leaves it out."""
    auto_answer: str = ""
    """The SIP header that has the supervisor's phone answer by itself; empty where none is wanted."""
    notice_tone: bool = False
    """Whether the supervised parties are to hear a tone first."""
    medium: Medium = Medium.PHONE


class Refusal(NamedTuple):
    """The supervision may not happen; `code` is the first that stands against it, and `why` says how."""

    code: Parameter | Obstacle
    why: str = ""
    plan: Plan | None = None
    """What cannot be carried out, where that was known."""
