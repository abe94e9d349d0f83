"""What ChanSpy has to be told, and when it has to begin anew."""

import itertools

import pytest

from adapter.asterisk.events import ListedChannel
from adapter.callcontrol.supervision.plan import Mode
from adapter.callcontrol.supervision.spy_setup import (
    SpySetup,
    is_conference,
    is_held,
    may_begin_anew,
    mode_of,
    needs_restart,
    needs_variables,
    wanted_setup,
)
from adapter.calls.model import Calls

from .samples import Pbx, calls_after, empty_calls, events

MONITOR, WHISPER, PRIVATE, BARGE_IN = Mode.MONITOR, Mode.WHISPER, Mode.PRIVATE_WHISPER, Mode.BARGE_IN
TRUNK, AGENT, SECOND = "PJSIP/trunk", "PJSIP/0003*210", "PJSIP/0003*211"

RESPIES: list[tuple[str, SpySetup | None, SpySetup, bool]] = [
    # what, what it runs, what is wanted, does it begin anew
    ("nobody knows what it runs", None, SpySetup("a", MONITOR, "x"), True),
    ("nor whom it would reach", None, SpySetup("a", MONITOR), True),
    ("all is as it was", SpySetup("a", MONITOR, "x"), SpySetup("a", MONITOR, "x"), False),
    ("a barge-in, as it was", SpySetup("a", BARGE_IN, "x"), SpySetup("a", BARGE_IN, "x"), False),
    ("another mode", SpySetup("a", BARGE_IN, "x"), SpySetup("a", MONITOR, "x"), True),
    ("whispering to whispering in private", SpySetup("a", WHISPER), SpySetup("a", PRIVATE), True),
    ("another spyee", SpySetup("a", MONITOR, "x"), SpySetup("x", MONITOR, "a"), True),
    ("another partner", SpySetup("a", MONITOR, "x"), SpySetup("a", MONITOR, "y"), True),
    (
        "another name",
        SpySetup("a", MONITOR, "x", "PJSIP/1-1"),
        SpySetup("a", MONITOR, "x", "PJSIP/2-1"),
        False,
    ),
    ("another partner, barging in", SpySetup("a", BARGE_IN, "x"), SpySetup("a", BARGE_IN, "y"), True),
    ("a first partner", SpySetup("a", MONITOR), SpySetup("a", MONITOR, "x"), True),
    ("the partner has gone", SpySetup("a", MONITOR, "x"), SpySetup("a", MONITOR), False),
    ("the partner has gone, whispering", SpySetup("a", WHISPER, "x"), SpySetup("a", WHISPER), False),
    ("the partner has gone, in private", SpySetup("a", PRIVATE, "x"), SpySetup("a", PRIVATE), False),
    ("a barge-in holds who has gone", SpySetup("a", BARGE_IN, "x"), SpySetup("a", BARGE_IN), True),
    ("nobody there, before and now", SpySetup("a", BARGE_IN), SpySetup("a", BARGE_IN), False),
]


@pytest.mark.parametrize(
    ("runs", "wanted", "is_needed"), [row[1:] for row in RESPIES], ids=[row[0] for row in RESPIES]
)
def test_chanspy_begins_anew_where_it_would_not_come_right_by_itself(
    runs: SpySetup | None, wanted: SpySetup, *, is_needed: bool
) -> None:
    """Another channel, another mode, a partner who was not there when it began."""
    assert needs_restart(runs, wanted) is is_needed


def test_a_phone_that_rings_is_told_of_another_channel_name_or_mode_and_of_no_other_partner() -> None:
    """Whom ChanSpy reaches is settled when it begins."""
    told = SpySetup("a", BARGE_IN, "x")
    others = (
        SpySetup("b", BARGE_IN, "x"),
        SpySetup("a", MONITOR, "x"),
        SpySetup("a", BARGE_IN, "x", "PJSIP/1-1"),
    )
    assert needs_variables(None, told)
    assert [needs_variables(told, wanted) for wanted in others] == [True, True, True]
    assert not any(needs_variables(told, SpySetup("a", BARGE_IN, partner)) for partner in ("x", "y", None))


# -- conferences ---------------------------------------------------------------------------------------


def two() -> tuple[Pbx, str]:
    pbx = Pbx()
    _, agent = pbx.call(TRUNK, AGENT)
    return pbx, agent


def three() -> tuple[Pbx, str]:
    pbx, agent = two()
    third = pbx.new(SECOND, state="Up")
    pbx.enter(third, "bridge-1")
    return pbx, agent


def alone() -> tuple[Pbx, str]:
    pbx = Pbx()
    agent = pbx.new(AGENT, state="Up")
    pbx.bridge(agent)
    return pbx, agent


def nowhere() -> tuple[Pbx, str]:
    pbx = Pbx()
    return pbx, pbx.new(AGENT, state="Up")


def conference(members: int) -> tuple[Pbx, str]:
    pbx = Pbx()
    agent, *others = [pbx.new(peer, state="Up") for peer in (AGENT, TRUNK, SECOND)[:members]]
    pbx.bridge(agent, *others, kind="base", technology="softmix")
    return pbx, agent


def conference_left_for_a_call() -> tuple[Pbx, str]:
    pbx, agent = conference(2)
    other = pbx.new(SECOND, state="Up")
    pbx.bridge(agent, other)
    return pbx, agent


CONFERENCES: list[tuple[str, tuple[Pbx, str], bool]] = [
    ("in no bridge", nowhere(), False),
    ("alone in a bridge", alone(), False),
    ("a call of two", two(), False),
    ("a call of three", three(), True),
    ("alone in a conference", conference(1), False),
    ("a conference of two", conference(2), True),
    ("a conference of three", conference(3), True),
    ("a call of two after a conference", conference_left_for_a_call(), False),
]


@pytest.mark.parametrize(
    ("story", "expected"), [row[1:] for row in CONFERENCES], ids=[row[0] for row in CONFERENCES]
)
def test_a_conference_is_where_a_barge_in_would_reach_some_only(
    story: tuple[Pbx, str], *, expected: bool
) -> None:
    """More than one other side, or a bridge that is not made for two."""
    pbx, agent = story
    assert is_conference(calls_after(pbx.messages), agent) is expected


def test_a_channel_that_is_gone_is_in_no_conference() -> None:
    """Who asks late is told no."""
    assert is_conference(empty_calls(), "1.1") is False


def listed_conference(calls: Calls) -> tuple[list[ListedChannel], str]:
    """A snapshot of a ConfBridge of two; the uniqueid of the agent's channel."""
    pbx, agent = conference(2)
    channels = [event.channel for event in events(pbx.messages) if type(event).__name__ == "NewChannel"]  # type: ignore[union-attr]
    assert not calls.leg(agent)
    return [ListedChannel(one, "ConfBridge", "1234", 10, "bridge-1") for one in channels], agent


def test_a_conference_of_two_is_known_from_a_snapshot() -> None:
    """An adapter that was started after it began refuses to barge in, too; and on the next snapshot still."""
    calls = empty_calls()
    snapshot, agent = listed_conference(calls)
    for _ in range(2):
        calls.reset(snapshot, 1795405400.0)
        assert is_conference(calls, agent) is True


def test_a_conference_that_is_left_during_a_break_is_none_any_more() -> None:
    """The snapshot after it has the two in a bridge made for them."""
    calls = empty_calls()
    snapshot, agent = listed_conference(calls)
    calls.reset(snapshot, 1795405400.0)
    calls.reset([ListedChannel(one.channel, "Dial", "x", 11, "bridge-2") for one in snapshot], 1795405401.0)
    assert is_conference(calls, agent) is False


# -- what is wanted ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(Mode))
def test_the_partner_is_who_the_spyee_talks_with_alone(mode: Mode) -> None:
    """Of several, none is the one that ChanSpy knows. The name is the one that the channel has by then."""
    pbx, agent = two()
    calls = calls_after(pbx.messages)
    [customer] = [one.channel.uniqueid for one in calls.others(agent)]
    assert wanted_setup(calls, agent, mode) == SpySetup(agent, mode, customer, "PJSIP/0003*210-00000001")
    for other, its_agent in (three(), alone(), nowhere()):
        wanted = wanted_setup(calls_after(other.messages), its_agent, mode)
        assert (wanted.spyee, wanted.mode, wanted.partner) == (its_agent, mode, None)
    assert wanted_setup(calls, "1795405399.1", mode).spyee_name == ""


# -- ChanSpy's options ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(Mode))
def test_a_mode_is_known_by_its_options_in_any_order(mode: Mode) -> None:
    """An operator's include may write them as it likes."""
    for options in itertools.permutations(mode.spy_options):
        assert mode_of("".join(options)) is mode


@pytest.mark.parametrize("options", ["", "q", "quB", "qBE", "quBwE", "quES", "quoE", "QUBE", "quWwE"])
def test_options_that_are_none_of_ours_are_no_mode(options: str) -> None:
    """Nobody could tell who hears whom."""
    assert mode_of(options) is None


# -- hold ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("holder", ["agent", "customer"])
def test_a_conversation_is_held_from_either_side_until_unhold(holder: str) -> None:
    """Whose phone it is does not matter: ChanSpy would silence the music of the other."""
    pbx = Pbx()
    customer, agent = pbx.call(TRUNK, AGENT)
    holds = agent if holder == "agent" else customer
    assert not is_held(calls_after(pbx.messages), agent)
    pbx.tell("Hold", holds)
    assert is_held(calls_after(pbx.messages), agent)
    pbx.tell("Unhold", holds)
    assert not is_held(calls_after(pbx.messages), agent)


def test_who_has_not_joined_a_held_conversation_waits() -> None:
    """Told to ring meanwhile it is told so, and told again when the hold has ended."""
    pbx = Pbx()
    _, agent = pbx.call(TRUNK, AGENT)
    pbx.tell("Hold", agent)
    calls = calls_after(pbx.messages)
    waiting = wanted_setup(calls, agent, MONITOR, may_wait=True)
    joining = wanted_setup(calls, agent, MONITOR)
    assert (waiting.waits, joining.waits) == (True, False)
    assert needs_variables(waiting, joining)


def test_chanspy_begins_anew_in_no_held_conversation_but_in_one_that_is_another() -> None:
    """A switch, and what nobody knows, can wait; a far side that is gone is not held."""
    pbx = Pbx()
    customer, agent = pbx.call(TRUNK, AGENT)
    wanted = SpySetup(agent, BARGE_IN, customer)
    runs = SpySetup(agent, MONITOR, customer)
    assert may_begin_anew(calls_after(pbx.messages), runs, wanted)
    pbx.tell("Hold", agent)
    calls = calls_after(pbx.messages)
    assert not may_begin_anew(calls, runs, wanted)
    assert not may_begin_anew(calls, None, wanted)
    assert may_begin_anew(calls, SpySetup(agent, MONITOR, "who has gone"), wanted)
