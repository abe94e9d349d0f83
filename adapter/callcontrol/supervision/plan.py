"""May this supervision happen, and what would it originate? Pure: request, directory and calls in."""

from dataclasses import dataclass
from enum import StrEnum

from adapter.access.hearing import may_hear
from adapter.asterisk.caller_id import CallerId
from adapter.asterisk.events import is_plain_name, names_one_channel
from adapter.calls.views import PhoneCall, PhoneCallView, Status
from adapter.directory import Directory, Extension, SupervisionMode

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


class Refusal(Exception):  # noqa: N818 - it is the answer to a request, not a fault of ours
    """The supervision may not happen; `parameter` is the first one that forbids it, and `why` says how."""

    def __init__(self, parameter: Parameter, why: str) -> None:
        super().__init__(f"{parameter}: {why}")
        self.parameter = parameter
        self.why = why


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


def plan_supervision(
    request: SupervisionRequest,
    path_extensions: frozenset[str],
    phone_call: PhoneCall | None,
    directory: Directory,
    *,
    pickup_limit_s: int,
    default_follow: Follow = Follow.EXTENSION,
) -> Plan:
    """The plan for `request` on `phone_call`, reached through `path_extensions`.

    Raises Refusal for the first parameter that does not allow it. Nothing is guessed: the spyee is the
    channel that the view stands for at this moment.
    """
    if phone_call is None or not any(view.extension in path_extensions for view in phone_call.views):
        raise Refusal(Parameter.PHONE_CALL, "it must be the id of a live phone call of the extension")
    view = _view(request, path_extensions, phone_call)
    extension = directory.extensions[view.extension]
    supervisor = _supervisor(request, extension, phone_call, directory)
    if Parameter.CALLER_ID in request.malformed:
        raise Refusal(Parameter.CALLER_ID, "it must have the form: John Doe <+3334444>")
    pickup_s = min(DEFAULT_PICKUP_S, pickup_limit_s) if request.pickup_s is None else request.pickup_s
    if Parameter.PICKUP in request.malformed or not 0 < pickup_s <= pickup_limit_s:
        raise Refusal(
            Parameter.PICKUP,
            f"it must be a whole number of seconds, higher than 0 and at most {pickup_limit_s}",
        )
    if Parameter.PRIVATE in request.malformed:
        raise Refusal(Parameter.PRIVATE, "it must be 0 or 1")
    if Parameter.FOLLOW in request.malformed:
        raise Refusal(Parameter.FOLLOW, f"it must be {Follow.EXTENSION}, {Follow.CALL} or {Follow.AGENT}")
    return Plan(
        mode=request.mode,
        call_id=phone_call.id,
        spyee=view.channel,
        extension=view.extension,
        supervisor=supervisor.number,
        spyee_name=view.channel_name,
        devices=supervisor.devices,
        rings=supervisor.rings,
        rings_alone=supervisor.rings_alone,
        caller_id=request.caller_id or supervisor.shown_caller_id,
        pickup_s=pickup_s,
        follow=request.follow,
        default_follow=default_follow,
        auto_answer=supervisor.auto_answer_header,
        notice_tone=directory.organization_of(extension).notice_tone,
    )


def _view(
    request: SupervisionRequest, path_extensions: frozenset[str], phone_call: PhoneCall
) -> PhoneCallView:
    if Parameter.VIEW in request.malformed:
        raise Refusal(Parameter.VIEW, 'it must be a string, like "01"')
    view = phone_call.view(request.view_id) if request.view_id else None
    if view is None or view.extension not in path_extensions:
        raise Refusal(Parameter.VIEW, "it must be the id of a view that the extension has of the phone call")
    if not names_one_channel(view.channel) or not is_plain_name(view.channel_name):
        raise Refusal(Parameter.VIEW, "its channel has a name that Asterisk could take for others too")
    if view.status is not Status.ON_CALL:
        # There is no conversation to join yet, and none that anybody asked to hear.
        raise Refusal(Parameter.VIEW, "its extension is not on the call yet")
    return view


def _supervisor(
    request: SupervisionRequest, extension: Extension, phone_call: PhoneCall, directory: Directory
) -> Extension:
    if Parameter.SEND_CALL_TO in request.malformed:
        raise Refusal(Parameter.SEND_CALL_TO, 'it must be a string, like "0003*024"')
    organization = directory.organization_of(extension)
    number = request.send_call_to or ""
    supervisor = directory.extensions.get(number if "*" in number else f"{organization.prefix}*{number}")
    if supervisor is None or not may_hear(directory, supervisor.number, extension.number):
        # One answer for all three: what is of another organization must look as if it did not exist.
        raise Refusal(
            Parameter.SEND_CALL_TO,
            "it must be the number of a phone terminal extension of the same organization",
        )
    if supervisor.number in _parties(phone_call):
        raise Refusal(Parameter.SEND_CALL_TO, "the extension is itself a party to the phone call")
    return supervisor


def _parties(phone_call: PhoneCall) -> set[str]:
    return {view.extension for view in phone_call.views}
