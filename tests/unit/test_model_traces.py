"""What is true of the model for every story, wherever it is cut."""

from collections.abc import Callable, Sequence

import pytest

from adapter.asterisk.events import Event, Hangup, NewChannel
from adapter.calls.changes import ChannelGone
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall

from .invariants import check, check_changes, remembered
from .samples import Headers, empty_calls, events, listed, seen, snapshot_after
from .stories import STORIES

Story = Callable[[], list[Headers]]
each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)


def _apply(calls: Calls, happened: Sequence[Event]) -> None:
    for event in happened:
        calls.apply(event)


def _shown(calls: Calls, *, is_exact: bool) -> list[object]:
    """The calls as the wire shows them; inexact: without what a snapshot cannot tell, view ids and times."""
    found = seen(calls)
    return list(found) if is_exact else [_inexact(call) for call in sorted(found, key=lambda call: call.id)]


def _inexact(call: PhoneCall) -> object:
    views = [
        (view.extension, view.source, view.destination, view.status, view.flow, view.caller_id, view.channel)
        for view in call.views
    ]
    return call.id, call.extension, call.answered is None, sorted(views)


# -- the stories -----------------------------------------------------------------------------------


@each_story
def test_any_prefix_of_a_story_applies(story: Story) -> None:
    """Wherever a trace stops, the model stands in order and nothing was out of place."""
    calls = empty_calls()
    for event in events(story()):
        calls.apply(event)
        check(calls)
    assert calls.unknown_channels.total() == 0


@each_story
def test_any_suffix_of_a_story_applies(story: Story) -> None:
    """A model that did not see the beginning counts what it cannot place and goes on."""
    happened = events(story())
    for start in range(1, len(happened)):
        calls = empty_calls()
        _apply(calls, happened[start:])
        check(calls)
        assert not remembered(calls)


@each_story
def test_all_hangups_leave_nothing(story: Story) -> None:
    """No leg, no call, no index entry is left of a story that ended."""
    happened = events(story())
    calls = empty_calls()
    _apply(calls, happened)
    assert len(calls) == 0
    assert calls.spyers() == []
    assert [one.channel.uniqueid for one in happened if isinstance(one, NewChannel)] != []
    assert not remembered(calls)


@each_story
def test_after_all_hangups_at_any_moment_nothing_is_left(story: Story) -> None:
    """The same where every channel is hung up early, in order of appearance."""
    happened = events(story())
    for stop in range(len(happened)):
        calls = empty_calls()
        _apply(calls, happened[:stop])
        for line in listed(snapshot_after(story()[: _message_of(story(), stop)])):
            calls.apply(Hangup(0.0, line.channel, 16))
        assert not remembered(calls)


def _message_of(messages: Sequence[Headers], count: int) -> int:
    """How many messages hold the first `count` events."""
    held = 0
    for index, message in enumerate(messages):
        if held == count:
            return index
        held += len(events([message]))
    return len(messages)


@each_story
def test_every_event_twice_is_as_once(story: Story) -> None:
    """At each moment of the story a model that heard each event twice shows the same."""
    once, twice = empty_calls(), empty_calls()
    for event in events(story()):
        once.apply(event)
        twice.apply(event)
        twice.apply(event)
        assert _shown(once, is_exact=True) == _shown(twice, is_exact=True)
        assert {spyer.channel for spyer in once.spyers()} == {spyer.channel for spyer in twice.spyers()}


@each_story
def test_every_change_is_of_a_call_that_is_there_and_every_end_of_one_that_is_not(story: Story) -> None:
    """Whoever hears CallChanged can look the call up; after CallEnded nobody can."""
    calls = empty_calls()
    for event in events(story()):
        check_changes(calls, calls.apply(event))


@each_story
def test_every_channel_is_told_gone_once(story: Story) -> None:
    """A supervision that waits for its channel's end hears of it."""
    calls = empty_calls()
    happened = events(story())
    gone = [change for event in happened for change in calls.apply(event) if isinstance(change, ChannelGone)]
    began = [event.channel.uniqueid for event in happened if isinstance(event, NewChannel)]
    assert sorted(change.uniqueid for change in gone) == sorted(began)


@each_story
def test_view_ids_are_never_reused(story: Story) -> None:
    """A view id stands for one channel from its first appearance to the end of its call."""
    calls = empty_calls()
    owner: dict[tuple[str, str], str] = {}
    for event in events(story()):
        calls.apply(event)
        for call in calls.live():
            for uniqueid, view_id in call.view_ids.items():
                assert owner.setdefault((call.id, view_id), uniqueid) == uniqueid


# -- the link breaks -------------------------------------------------------------------------------


@each_story
def test_a_snapshot_at_any_moment_changes_nothing_that_was_known(story: Story) -> None:
    """No event was missed: the snapshot alters neither ids nor times, now or at the end."""
    messages = story()
    for cut in _settled_moments(messages):
        calls, plain = empty_calls(), empty_calls()
        for model in (calls, plain):
            _apply(model, events(messages[:cut]))
        calls.reset(listed(snapshot_after(messages[:cut])), float(messages[cut - 1]["Timestamp"]))
        check(calls)
        assert _shown(calls, is_exact=True) == _shown(plain, is_exact=True)


def _is_settled(messages: Sequence[Headers]) -> bool:
    """Whether a snapshot can tell all that the events told.

    It shows a spy 0.1 s early, while ChanSpy runs and does not spy yet; it does not show that a channel
    spied before, nor how a channel that Dial has only just made will look once it is dialed.
    """
    spying = [one["Event"] for one in messages if one["Event"] in ("OriginateResponse", "ChanSpyStart")]
    made = [one["Uniqueid"] for one in messages if one["Event"] == "Newchannel"][-1]
    is_made_by_dial = not made.startswith("uapi-") and any(
        one["Event"] == "Newchannel" and one["Uniqueid"] == made != one["Linkedid"] for one in messages
    )
    is_dialed = any(one["Event"] == "DialBegin" and one["DestUniqueid"] == made for one in messages)
    return (
        spying[-1:] != ["OriginateResponse"]
        and messages[-1]["Event"] != "ChanSpyStop"
        and (is_dialed or not is_made_by_dial)
    )


def _settled_moments(messages: Sequence[Headers]) -> list[int]:
    """After how many messages the two may be compared: nearly always, or a test would show little."""
    began = next(index for index, one in enumerate(messages) if one["Event"] == "Newchannel")
    moments = [count for count in range(began + 1, len(messages) + 1) if _is_settled(messages[:count])]
    assert len(moments) > len(messages) / 2
    return moments


@each_story
@pytest.mark.parametrize("is_restart", [False, True], ids=["same process", "restart"])
def test_a_story_cut_anywhere_ends_the_same(story: Story, *, is_restart: bool) -> None:
    """Cut, snapshot, rest: from there on the calls are those that an unbroken link would show."""
    messages = story()
    settled = _settled_moments(messages)
    for cut in range(1, len(messages)):
        calls, unbroken = empty_calls(), empty_calls()
        _apply(unbroken, events(messages[:cut]))
        if not is_restart:  # the link broke half-way to the cut, and what happened since was not heard
            _apply(calls, events(messages[: cut // 2]))
        calls.reset(listed(snapshot_after(messages[:cut])), float(messages[cut - 1]["Timestamp"]))
        for index in range(cut + 1, len(messages) + 1):
            for model in (calls, unbroken):
                _apply(model, events([messages[index - 1]]))
            check(calls)
            if index in settled:
                assert _shown(calls, is_exact=False) == _shown(unbroken, is_exact=False)
        assert not remembered(calls)


@each_story
def test_events_that_the_snapshot_already_knew_do_no_harm(story: Story) -> None:
    """Events that came while the snapshot was listed are applied after it: they end the same."""
    messages = story()
    for end in _settled_moments(messages):
        calls, unbroken = empty_calls(), empty_calls()
        cut = max(0, end - 4)
        _apply(unbroken, events(messages[:end]))
        calls.reset(listed(snapshot_after(messages[:end])), float(messages[end - 1]["Timestamp"]))
        _apply(calls, events(messages[cut:end]))
        check(calls)
        assert _shown(calls, is_exact=False) == _shown(unbroken, is_exact=False)
