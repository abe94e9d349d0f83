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
    ("requested", "waits"): "waiting",
    ("requested", "joins"): "joined",
    ("requested", "detaches"): None,
    ("requested", "ends"): "ended",
    ("ringing", "rings"): "ringing",
    ("ringing", "answers"): "answered",
    ("ringing", "waits"): "waiting",
    ("ringing", "joins"): "joined",
    ("ringing", "detaches"): None,
    ("ringing", "ends"): "ended",
    ("answered", "rings"): None,
    ("answered", "answers"): "answered",
    ("answered", "waits"): "waiting",
    ("answered", "joins"): "joined",
    ("answered", "detaches"): None,
    ("answered", "ends"): "ended",
    ("waiting", "rings"): None,
    ("waiting", "answers"): "waiting",
    ("waiting", "waits"): "waiting",
    ("waiting", "joins"): "joined",
    ("waiting", "detaches"): None,
    ("waiting", "ends"): "ended",
    ("joined", "rings"): None,
    ("joined", "answers"): "joined",
    ("joined", "waits"): "joined",
    ("joined", "joins"): "joined",
    ("joined", "detaches"): "re-attaching",
    ("joined", "ends"): "ended",
    ("re-attaching", "rings"): None,
    ("re-attaching", "answers"): None,
    ("re-attaching", "waits"): None,
    ("re-attaching", "joins"): "joined",
    ("re-attaching", "detaches"): "re-attaching",
    ("re-attaching", "ends"): "ended",
    ("ended", "rings"): None,
    ("ended", "answers"): None,
    ("ended", "waits"): None,
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


ANSWERS = {
    401: (21, Reason.UNAVAILABLE),
    403: (21, Reason.UNAVAILABLE),
    404: (1, Reason.UNAVAILABLE),
    407: (21, Reason.UNAVAILABLE),
    408: (18, Reason.UNAVAILABLE),
    410: (22, Reason.UNAVAILABLE),
    415: (127, Reason.UNAVAILABLE),
    480: (19, Reason.UNAVAILABLE),
    481: (127, Reason.UNAVAILABLE),
    484: (28, Reason.UNAVAILABLE),
    486: (17, Reason.BUSY),
    487: (127, Reason.UNAVAILABLE),
    488: (58, Reason.UNAVAILABLE),
    500: (38, Reason.UNAVAILABLE),
    501: (29, Reason.UNAVAILABLE),
    502: (27, Reason.UNAVAILABLE),
    503: (34, Reason.UNAVAILABLE),
    504: (102, Reason.UNAVAILABLE),
    600: (17, Reason.BUSY),
    603: (21, Reason.REJECTED),
    604: (1, Reason.UNAVAILABLE),
    606: (58, Reason.UNAVAILABLE),
    302: (23, Reason.UNAVAILABLE),
}
"""What Asterisk 22 makes of a phone's answer (measured): the cause of its hangup; and what is right."""


@pytest.mark.parametrize("state", [State.REQUESTED, State.RINGING])
@pytest.mark.parametrize(("status", "cause", "reason"), [(status, *told) for status, told in ANSWERS.items()])
def test_before_the_pick_up_the_phones_answer_tells_the_reason(
    state: State, status: int, cause: int, reason: Reason
) -> None:
    """At once or after it rang; only one that declined, or is busy, has somebody at it."""
    assert reason_of_hangup(state, cause, sip_status=status) is reason


@pytest.mark.parametrize("status", sorted(ANSWERS.keys() - {401, 403, 407}))
def test_where_the_phones_answer_is_not_told_the_cause_tells_as_much(status: int) -> None:
    """Asterisk 16 does not tell it; the include has another cause, 57, for a phone that wants a password."""
    cause, reason = ANSWERS[status]
    assert reason_of_hangup(State.RINGING, cause) is reason
    assert reason_of_hangup(State.RINGING, 57) is Reason.UNAVAILABLE


@pytest.mark.parametrize("cause", [19, 0])
def test_no_answer_is_a_timeout_only_where_the_phone_rang_to_the_end(cause: int) -> None:
    """Asterisk 22 says 19, 16 says 0. Without a ring before it nothing listens at the phone's address."""
    for state, is_late, reason in (
        (State.RINGING, True, Reason.PICKUP_TIMEOUT),
        (State.RINGING, False, Reason.UNAVAILABLE),
        (State.REQUESTED, True, Reason.UNAVAILABLE),
        (State.REQUESTED, False, Reason.UNAVAILABLE),
    ):
        assert reason_of_hangup(state, cause, is_late=is_late) is reason


def test_who_declines_at_the_last_moment_has_declined() -> None:
    """What the phone says stands before what the clock says."""
    for cause, reason in ((17, Reason.BUSY), (21, Reason.REJECTED)):
        assert reason_of_hangup(State.RINGING, cause, is_late=True) is reason


@pytest.mark.parametrize("cause", [0, 1, 16, 17, 19, 21])
@pytest.mark.parametrize("state", [State.ANSWERED, State.WAITING, State.JOINED, State.RE_ATTACHING])
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
