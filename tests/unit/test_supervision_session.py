import pytest

from adapter.callcontrol.supervision.session import (
    Reason,
    Signal,
    State,
    TransitionError,
    next_state,
    reason_of_hangup,
)

EXPECTED: dict[tuple[str, str], str | None] = {
    ("requested", "rings"): "ringing",
    ("requested", "answers"): "answered",
    ("requested", "joins"): "joined",
    ("requested", "detaches"): None,
    ("requested", "ends"): "ended",
    ("ringing", "rings"): "ringing",
    ("ringing", "answers"): "answered",
    ("ringing", "joins"): "joined",
    ("ringing", "detaches"): None,
    ("ringing", "ends"): "ended",
    ("answered", "rings"): None,
    ("answered", "answers"): "answered",
    ("answered", "joins"): "joined",
    ("answered", "detaches"): None,
    ("answered", "ends"): "ended",
    ("joined", "rings"): None,
    ("joined", "answers"): "joined",
    ("joined", "joins"): "joined",
    ("joined", "detaches"): "re-attaching",
    ("joined", "ends"): "ended",
    ("re-attaching", "rings"): None,
    ("re-attaching", "answers"): None,
    ("re-attaching", "joins"): "joined",
    ("re-attaching", "detaches"): "re-attaching",
    ("re-attaching", "ends"): "ended",
    ("ended", "rings"): None,
    ("ended", "answers"): None,
    ("ended", "joins"): None,
    ("ended", "detaches"): None,
    ("ended", "ends"): None,
}


def test_the_expectations_are_of_every_state_and_signal() -> None:
    """A new state or signal has to be thought through here."""
    assert set(EXPECTED) == {(state.value, signal.value) for state in State for signal in Signal}


@pytest.mark.parametrize(("state", "signal"), EXPECTED)
def test_every_signal_in_every_state_leads_where_the_table_says(state: str, signal: str) -> None:
    """Literally; None is a signal that cannot happen there."""
    expected = EXPECTED[state, signal]
    if expected is None:
        with pytest.raises(TransitionError, match=rf"{signal}.*{state}"):
            next_state(State(state), Signal(signal))
    else:
        assert next_state(State(state), Signal(signal)) is State(expected)


@pytest.mark.parametrize("state", ["requested", "ringing"])
@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (17, Reason.BUSY),
        (21, Reason.REJECTED),
        (1, Reason.UNAVAILABLE),
        (20, Reason.UNAVAILABLE),
        (34, Reason.UNAVAILABLE),
    ],
)
def test_before_the_pick_up_the_cause_tells_the_reason(state: str, cause: int, reason: Reason) -> None:
    """As measured: the Reason of an OriginateResponse is 0 for busy, declined and unknown alike."""
    assert reason_of_hangup(State(state), cause) is reason


def test_no_answer_is_a_timeout_only_where_the_phone_rang() -> None:
    """Cause 19, on Asterisk 16 cause 0. Without a ring before it nothing listens at the phone's address."""
    for cause in (19, 0):
        assert reason_of_hangup(State.RINGING, cause) is Reason.PICKUP_TIMEOUT
        assert reason_of_hangup(State.REQUESTED, cause) is Reason.UNAVAILABLE


@pytest.mark.parametrize("cause", [0, 1, 16, 17, 19, 21])
@pytest.mark.parametrize("state", [State.ANSWERED, State.JOINED, State.RE_ATTACHING])
def test_after_the_pick_up_the_supervisor_left_whatever_the_cause(state: State, cause: int) -> None:
    """A measured hang-up of a supervisor has cause 0."""
    assert reason_of_hangup(state, cause) is Reason.SUPERVISOR_LEFT


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.REQUESTED, Reason.LINK_LOST),
        (State.RINGING, Reason.LINK_LOST),
        (State.ANSWERED, Reason.LINK_LOST),
        (State.JOINED, Reason.SUPERVISOR_LEFT),
        (State.RE_ATTACHING, Reason.SUPERVISOR_LEFT),
    ],
)
def test_an_end_that_nobody_saw_is_the_lost_links(state: State, reason: Reason) -> None:
    """A snapshot found the channel missing; who had joined has left."""
    assert reason_of_hangup(state, None) is reason
