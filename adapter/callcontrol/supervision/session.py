"""The life of one supervision as a table. Pure."""

from enum import StrEnum

from adapter.calls.hangups import CALL_REJECTED


class State(StrEnum):
    """Where a supervision stands."""

    REQUESTED = "requested"
    RINGING = "ringing"
    ANSWERED = "answered"
    """The phone is picked up and not yet joined to the call."""
    WAITING = "waiting"
    """The phone is picked up, and somebody of the call is on hold: it joins when the hold ends."""
    JOINED = "joined"
    RE_ATTACHING = "re-attaching"
    """It was joined and is about to be again: in another mode, or because the other side changed."""
    ENDED = "ended"


class Signal(StrEnum):
    """What can happen to it."""

    RINGS = "rings"
    ANSWERS = "answers"
    WAITS = "waits"
    JOINS = "joins"
    DETACHES = "detaches"
    ENDS = "ends"


class Reason(StrEnum):
    """Why a supervision ended."""

    CALL_ENDED = "the call ended"
    EXTENSION_LEFT = "the extension left the call, which goes on"
    BUSY = "the supervisor's phone is busy"
    REJECTED = "the supervisor rejected the call"
    UNAVAILABLE = "the supervisor's phone cannot be reached"
    PICKUP_TIMEOUT = "nobody picked up in time"
    SUPERVISOR_LEFT = "the supervisor hung up"
    ORIGINATE_REFUSED = "Asterisk refused to ring the phone"
    NOT_JOINED = "the PBX did not join the supervisor to the conversation that was asked for"
    LINK_LOST = "the link to Asterisk broke"
    SHUTDOWN = "the adapter stopped"
    CONFERENCE = "the conversation became a conference, in which not all would hear the supervisor"
    TAKEN = "somebody else took the supervisor's place"
    NOT_ALLOWED = "somebody takes part who may not be heard, or may not hear"
    NO_NOTICE = "the notice tone could not be played"
    CANNOT_FOLLOW = "the other side of the call changed, and this PBX cannot follow it"
    ENDED_BY_REQUEST = "it was asked to end"

    @property
    def code(self) -> str:
        """The word for programs, in answers, audit lines and metrics; it never changes."""
        return self.name.lower()


class TransitionError(Exception):
    """The signal cannot happen in this state; nothing was changed."""


_NEXT: dict[State, dict[Signal, State]] = {
    State.REQUESTED: {
        Signal.RINGS: State.RINGING,
        Signal.ANSWERS: State.ANSWERED,
        Signal.WAITS: State.WAITING,
        Signal.JOINS: State.JOINED,
        Signal.ENDS: State.ENDED,
    },
    State.RINGING: {
        Signal.RINGS: State.RINGING,
        Signal.ANSWERS: State.ANSWERED,
        Signal.WAITS: State.WAITING,
        Signal.JOINS: State.JOINED,
        Signal.ENDS: State.ENDED,
    },
    State.ANSWERED: {
        Signal.ANSWERS: State.ANSWERED,
        Signal.WAITS: State.WAITING,
        Signal.JOINS: State.JOINED,
        Signal.ENDS: State.ENDED,
    },
    State.WAITING: {
        Signal.ANSWERS: State.WAITING,
        Signal.WAITS: State.WAITING,
        Signal.JOINS: State.JOINED,
        Signal.ENDS: State.ENDED,
    },
    State.JOINED: {
        # "Several Start/Stop pairs per session are normal."
        Signal.JOINS: State.JOINED,
        Signal.ANSWERS: State.JOINED,
        Signal.WAITS: State.JOINED,
        Signal.DETACHES: State.RE_ATTACHING,
        Signal.ENDS: State.ENDED,
    },
    State.RE_ATTACHING: {
        Signal.JOINS: State.JOINED,
        Signal.DETACHES: State.RE_ATTACHING,
        Signal.ENDS: State.ENDED,
    },
    State.ENDED: {},
}


def next_state(state: State, signal: Signal) -> State:
    """The state after `signal`. Raises TransitionError where it cannot happen."""
    try:
        return _NEXT[state][signal]
    except KeyError:
        raise TransitionError(f"{signal} cannot happen to a supervision that is {state}") from None


# Q.850 causes, as Asterisk gives them in the Hangup of the supervisor's channel (measured: the Reason of
# an OriginateResponse is 0 for busy, declined and unknown alike).
USER_BUSY = 17
NO_ANSWER = 19
"""The time to pick up is over; Asterisk 22 says it of a phone that answers 480 as well."""
NO_CAUSE = 0
"""What Asterisk 16 says when the time to pick up is over."""

_OF_CAUSE = {USER_BUSY: Reason.BUSY, CALL_REJECTED: Reason.REJECTED}
"""What a phone says that has a person or a call at it; whatever else it says, nobody can be reached there."""

WANTS_CREDENTIALS = frozenset({401, 403, 407})
"""The SIP answers of a phone that does not know Asterisk: of them Asterisk says that it declined."""

_WAS_JOINED = (State.JOINED, State.RE_ATTACHING)


def reason_of_hangup(
    state: State, cause: int | None, *, sip_status: int | None = None, is_late: bool = False
) -> Reason:
    """Why the supervisor's channel ended, for a hang-up that we did not ask for.

    `sip_status` is the phone's own answer, where Asterisk tells it; `is_late`: the time to pick up is over.
    """
    if cause is None:
        return Reason.SUPERVISOR_LEFT if state in _WAS_JOINED else Reason.LINK_LOST
    if state in (State.ANSWERED, State.WAITING) or state in _WAS_JOINED:
        return Reason.SUPERVISOR_LEFT
    if sip_status in WANTS_CREDENTIALS:
        return Reason.UNAVAILABLE
    if cause in (NO_ANSWER, NO_CAUSE) and is_late and state is State.RINGING:
        # Without a ring before it, nothing listens at the phone's address.
        return Reason.PICKUP_TIMEOUT
    return _OF_CAUSE.get(cause, Reason.UNAVAILABLE)
