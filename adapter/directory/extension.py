"""An extension as a value: its number, its devices, and what rings it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from adapter.asterisk.caller_id import CallerId
from adapter.directory.devices import is_local


class ExtensionType(StrEnum):
    """What an extension is (VoipNow's extension types)."""

    PHONE_TERMINAL = "phone terminal"
    QUEUE = "queue"
    IVR = "ivr"
    VOICEMAIL = "voicemail"
    CONFERENCE = "conference"
    CALLBACK = "callback"
    CALLING_CARD = "calling card"
    INTERCOM = "intercom"
    QUEUE_LOGIN_CENTER = "queue login center"


class AutoAnswer(StrEnum):
    """What has a phone answer by itself: each kind of phone goes by a header of its own."""

    CALL_INFO = "call-info"
    """Snom, Yealink, Grandstream, Fanvil and others."""
    ALERT_INFO = "alert-info"
    """Yealink, Aastra, Cisco's SIP phones for small offices."""
    RING_ANSWER = "ring-answer"
    """Polycom, whose settings have to give this alert the ring type of answering."""
    ANSWER_MODE = "answer-mode"
    """RFC 5373, for example Linphone's."""

    @property
    def header(self) -> str:
        """The SIP header, as name and value."""
        return _AUTO_ANSWER_HEADERS[self]


_AUTO_ANSWER_HEADERS = {
    AutoAnswer.CALL_INFO: "Call-Info: <sip:127.0.0.1>;answer-after=0",
    AutoAnswer.ALERT_INFO: "Alert-Info: info=alert-autoanswer",
    AutoAnswer.RING_ANSWER: "Alert-Info: Ring Answer",
    AutoAnswer.ANSWER_MODE: "Answer-Mode: Auto",
}


@dataclass(frozen=True, slots=True)
class Extension:
    """A number of an organization, and the devices of who has it."""

    number: str
    """`0003*210`: the organization's prefix, `*`, and the number as people dial it."""
    type: ExtensionType
    owner: str
    """The user's id."""
    devices: tuple[str, ...]
    """How its channels' names begin; at least one."""
    caller_id: CallerId | None = None
    dial: str = ""
    """What rings the extension to supervise, where that is not all of its devices."""
    never_supervised: bool = False
    auto_answer: AutoAnswer | None = None

    @property
    def auto_answer_header(self) -> str:
        """The SIP header with which the extension's phone is rung to supervise; empty for a plain ring."""
        return self.auto_answer.header if self.auto_answer is not None else ""

    @property
    def prefix(self) -> str:
        return self.number.partition("*")[0]

    @property
    def is_dialed_by_dialplan(self) -> bool:
        """Whether the operator's own dialplan rings it, through a Local channel."""
        return is_local(self.dial)

    @property
    def rings(self) -> tuple[str, ...]:
        """What rings the extension to supervise, where Asterisk has asterisk-conf/uapi-dialplan.conf."""
        return (self.dial,) if self.dial else self.devices

    @property
    def rings_alone(self) -> str:
        """What rings it where Asterisk has not: one device, behind which nothing else can answer."""
        return self.devices[0] if self.is_dialed_by_dialplan else self.rings[0]

    @property
    def shown_caller_id(self) -> CallerId:
        """The caller id of the extension, its number standing for what the directory does not name."""
        return self.caller_id or CallerId(self.number, self.number)
