"""One supervision: what was asked for, and where it stands. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from adapter.asterisk.actions import Action
from adapter.callcontrol.supervision.plan import Follow, Mode, Plan
from adapter.callcontrol.supervision.session import Reason, Signal, State, next_state
from adapter.callcontrol.supervision.spy_setup import SpySetup
from adapter.directory import Medium


class Work(StrEnum):
    """What is being done to have ChanSpy run as is wanted."""

    NONE = "nothing"
    SETTLING = "its conversation may change again at once"
    BEGINNING = "its phone is about to ring, or to spy"
    TELLING = "Asterisk is being told what to run"
    RESTARTING = "Asterisk is being asked to run that"
    REJOINING = "ChanSpy is about to begin"
    FADING = "Asterisk does not know its channel any more, and has not told that it is gone"


class Telling(NamedTuple):
    """What Asterisk is being told to run."""

    wanted: SpySetup
    untold: tuple[Action, ...]
    """What is still to be said, one after the other."""
    has_nobody: bool
    """Its phone was picked up, and whom it was to spy on has left: it waits to be sent on."""


@dataclass(eq=False)
class Supervision:
    """One supervision from request to end, and the channel that is its supervisor's.

    Times are seconds since the epoch. Only this room writes it.
    """

    id: str
    """20 hex digits; the channel is named after it, so that it is the same after a restart."""
    channel_id: str
    """The uniqueid of the supervisor's channel."""
    mode: Mode
    call_id: str
    extension: str
    """The supervised extension."""
    spyee: str
    """The uniqueid of the channel that is spied on."""
    supervisor: str
    wanted_mode: Mode
    """The mode that it is to have; `mode` is the one that it has."""
    owner: str
    """The client id of the App that asked for it; empty for one that an earlier process began."""
    requested_at: float
    follow: Follow = Follow.EXTENSION
    notice_tone: bool = False
    """Whether the supervised parties are to hear a tone when the supervisor joins, or they do."""
    state: State = State.REQUESTED
    since: float = 0.0
    """When it reached its state."""
    reason: Reason | None = None
    """Why it ended."""
    spy_setup: SpySetup | None = None
    """What Asterisk runs, or will run once the phone is picked up, as far as that is known."""
    is_told_to_wait: bool = False
    """Asterisk was told not to join it at once when it is picked up; perhaps it has been told otherwise."""
    is_mode_uncertain: bool = False
    """It was told another mode, perhaps too late for the pick-up: how it began is not known."""
    target: SpySetup | None = None
    """What Asterisk is being told to run."""
    asked_for: tuple[str, Mode] | None = None
    """The channel and the mode of the last request that was carried out; none where nobody knows of one."""
    rings: tuple[str, ...] = ()
    """What the directory had rung for the supervisor; empty where an earlier process did."""
    leaves_as: Reason | None = None
    """Its channel ends, and why is not known yet: this, where nothing tells better."""
    partners: frozenset[str] = frozenset()
    """The channels that the spyee talks with."""
    last_partners: frozenset[str] = frozenset()
    """Those, or where it talks with nobody, those that it last talked with."""
    alone_in: str | None = None
    """The bridge in which the spyee is alone, where that goes on: a conference, say."""
    parties: tuple[str, ...] = ()
    """The numbers of those whose conversation the supervisor has joined, the spyee's first."""
    has_listener: bool = False
    """Somebody has stood behind its Local channel."""
    is_held: bool = False
    """Whether somebody of its conversation was on hold when that was last looked at."""
    notified: frozenset[str] = frozenset()
    """The channels that the notice tone was played to."""
    plan: Plan | None = None
    """What its phone rings by; none for one that was found."""
    is_originating: bool = False
    """Asterisk was asked to ring the phone, and has not answered."""
    is_taken: bool | None = None
    """Whether Asterisk has taken the originate; none while that is not known."""
    is_late: bool = False
    """Whether the time to pick up is over."""
    work: Work = Work.NONE
    """What is being done to have ChanSpy run as is wanted."""
    telling: Telling | None = None
    is_unsettled: bool = False
    """Whether its conversation changed just now, and may at once again."""
    is_follow_untold: bool = False
    """Whether Asterisk is being told whom it follows."""
    stream: UUID | None = None
    """What Asterisk connects with to bring its audio, where no phone does; known to nobody else."""
    is_opened: bool = False
    """Whether the listener of its stream has come."""
    serial: int = 0
    """How many notice tones were asked for."""

    def move(self, signal: Signal, at: float, reason: Reason | None = None) -> bool:
        """Take a signal; whether the state is another now. Raises TransitionError where it cannot happen."""
        before, self.state = self.state, next_state(self.state, signal)
        if self.state is before:
            return False
        self.since, self.reason = at, reason
        return True

    @property
    def is_leaving(self) -> bool:
        """Whether its channel ends, and only why is not known yet."""
        return self.leaves_as is not None

    @property
    def medium(self) -> Medium:
        """What brings its supervisor the audio."""
        return Medium.PHONE if self.stream is None else Medium.STREAM

    @property
    def awaits_listener(self) -> bool:
        """Whether nobody has opened its stream: Asterisk was asked for nothing yet."""
        return self.stream is not None and not self.is_opened and self.goes_on

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended, and is not about to."""
        return self.state is not State.ENDED and not self.is_leaving

    @property
    def is_joined(self) -> bool:
        """Whether the supervisor takes part, or is only for an instant not."""
        return self.state in (State.JOINED, State.RE_ATTACHING)

    @property
    def has_answered(self) -> bool:
        """Whether the supervisor's phone was picked up, and has not ended since."""
        return self.is_joined or self.state in (State.ANSWERED, State.WAITING)

    def is_as_planned(self, plan: Plan) -> bool:
        """Whether it is on the channel and in the mode that is asked for, or is about to be."""
        return (self.spyee, self.wanted_mode) == (plan.spyee, plan.mode)

    def is_overtaken(self, plan: Plan) -> bool:
        """Whether a later request has asked for something else of it."""
        return self.asked_for not in (None, (plan.spyee, plan.mode))

    def turn_to(self, spyee: str) -> None:
        """From now on it is to spy on this channel; with whom that talks is not known yet."""
        self.spyee = spyee
        self.partners = self.last_partners = frozenset()
        self.alone_in = None
        self.parties = ()
