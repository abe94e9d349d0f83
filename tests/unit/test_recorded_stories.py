"""Every recorded story: what the list shows at its steps, and what is true of it wherever it is cut."""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.asterisk.events import ChannelUpdate, Event, Hangup
from adapter.calls.model import Calls
from adapter.calls.views import PhoneCall, phone_call

from .comparing import inexact, shown
from .invariants import check, check_changes, remembered
from .samples import Headers, events, listed, snapshot_after
from .steps import Step, happenings, lab_calls, lab_extension, steps, story_names, table, table_path

NAMES = story_names()
TOLD = [name for name in NAMES if list(steps(name))]
"""Those at whose steps Asterisk listed all channels."""
each_name = pytest.mark.parametrize("name", NAMES)
each_told = pytest.mark.parametrize("name", TOLD)


story_events = functools.cache(lambda name: tuple(events(happenings(name))))


def _apply(calls: Calls, happened: Iterable[Event]) -> None:
    for event in happened:
        calls.apply(event)


# -- the views at the steps ------------------------------------------------------------------------


@each_told
def test_the_views_at_each_step_are_those_of_the_table(name: str) -> None:
    """Beside each trace stands what a supervisor sees at its steps, and with whom each extension talks."""
    assert table_path(name).is_file(), f"nobody has looked at this story yet:\n{table(name)}"
    assert table(name) == table_path(name).read_text()


@each_name
def test_a_recorded_story_has_nothing_out_of_place_and_leaves_nothing(name: str) -> None:
    """Every event finds its channel; every change is of a call that is there; at the end all is forgotten.

    Out of place is only what Asterisk still tells of a channel that it has told the end of.
    """
    calls = lab_calls()
    gone: set[str] = set()
    for event in story_events(name):
        unknown = calls.unknown_channels.total()
        check_changes(calls, calls.apply(event))
        check(calls)
        if isinstance(event, Hangup):
            gone.add(event.channel.uniqueid)
        if calls.unknown_channels.total() > unknown:
            assert isinstance(event, ChannelUpdate)
            assert event.channel.uniqueid in gone
    assert not remembered(calls)


# -- the snapshots that Asterisk gave at the steps -------------------------------------------------


@each_told
def test_a_real_snapshot_changes_nothing_that_was_known(name: str) -> None:
    """Resynchronized at every step, the model shows what an unbroken link shows, ids and times included."""
    calls, plain = lab_calls(), lab_calls()
    for step in steps(name):
        for model in (calls, plain):
            _apply(model, events(step.messages))
        calls.reset(listed(step.snapshot, happenings(name)), step.at)
        check(calls)
        assert shown(calls) == shown(plain), step.name


def _is_told(step: Step) -> bool:
    """Whether a snapshot of this step tells as much as the events did: docs/stories.md says where not.

    Parking is asked for beside it. Of a transfer it does not tell that the calls that it joins are one before
    somebody answers. Who was sent on unheard, and dials nobody, is shown with the number it called before.
    """
    return "parked" not in step.name and step.name not in {"transferred", "sent on"}


def _left(calls: Calls) -> set[str]:
    """Those who have left and are not gone: a snapshot does not tell."""
    return {uniqueid for call in calls.live() for uniqueid, leg in call.legs.items() if leg.has_left}


@pytest.mark.parametrize(
    ("name", "has_bridges"),
    # Without a list of bridges an application's channels are taken for waiting: test_model_field.py.
    [*((name, True) for name in TOLD), *((name, False) for name in TOLD if not name.startswith("ari-"))],
)
def test_a_restart_at_any_step_shows_what_was_shown_before(name: str, *, has_bridges: bool) -> None:
    """From the real snapshot alone, and with every event since: the same calls with the same views.

    Apart from what a snapshot cannot tell: times, view ids, holding, recording, why a dialing failed, and
    parking, which is asked for beside it.
    """
    told, entered = list(steps(name)), happenings(name) if has_bridges else []
    for cut, start in enumerate(told):
        if not _is_told(start):
            continue
        calls, unbroken = lab_calls(), lab_calls()
        for step in told[: cut + 1]:
            _apply(unbroken, events(step.messages))
        calls.reset(listed(start.snapshot, entered), start.at)
        check(calls)
        assert inexact(calls, _left(unbroken)) == inexact(unbroken, _left(unbroken)), start.name
        for step in told[cut + 1 :]:
            for model in (calls, unbroken):
                _apply(model, events(step.messages))
            check(calls)
            if _is_told(step):
                left = _left(unbroken)
                assert inexact(calls, left) == inexact(unbroken, left), (start.name, step.name)
        assert not remembered(calls)


# -- wherever they are cut, however they meet ------------------------------------------------------


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), st.floats(0, 1), st.floats(0, 1))
def test_any_part_of_any_story_applies(name: str, start: float, stop: float) -> None:
    """A prefix, a suffix, anything between: nothing raises, and the model stands in order."""
    happened = story_events(name)
    first, last = sorted((round(start * len(happened)), round(stop * len(happened))))
    calls = lab_calls()
    for event in happened[first:last]:
        check_changes(calls, calls.apply(event))
        check(calls)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), st.floats(0, 1))
def test_after_all_hangups_at_any_moment_of_any_story_nothing_is_left(name: str, stop: float) -> None:
    """Whatever was going on, the last hang-up takes it away: legs, calls, bridges, halves of Local ones."""
    messages = happenings(name)
    calls = lab_calls()
    _apply(calls, events(messages[: round(stop * len(messages))]))
    calls.reset([], 0.0)
    assert not remembered(calls)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(TOLD), st.floats(0, 1), st.booleans())
def test_a_recorded_story_cut_anywhere_ends_the_same(name: str, moment: float, is_restart: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """Cut between any two events, snapshot, rest: the steps that follow are those of an unbroken link."""
    messages = happenings(name)
    cut = round(moment * len(messages))
    calls, unbroken = lab_calls(), lab_calls()
    if not is_restart:  # the link broke half-way to the cut, and what happened since was not heard
        _apply(calls, events(messages[: cut // 2]))
    snapshot, at = listed(snapshot_after(messages[:cut]), messages[:cut]), 0.0
    told = 0
    for step in steps(name):
        for message in step.messages:
            if "Timestamp" not in message:
                continue
            at = float(message["Timestamp"])
            happened = events([message])
            _apply(unbroken, happened)
            told += 1
            if told > cut:
                _apply(calls, happened)
            if told == cut:
                calls.reset(snapshot, at)
            check(calls)
        if told > cut and _is_told(step):
            left = _left(unbroken)
            assert inexact(calls, left) == inexact(unbroken, left), step.name


@each_name
def test_every_event_of_a_recorded_story_twice_is_as_once(name: str) -> None:
    """At each moment a model that heard each event twice shows the same."""
    once, twice = lab_calls(), lab_calls()
    for event in story_events(name):
        once.apply(event)
        twice.apply(event)
        twice.apply(event)
        check(twice)
        assert shown(once) == shown(twice)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(NAMES), st.floats(0, 1))
def test_a_directory_reload_in_mid_story_relabels_and_loses_nothing(name: str, moment: float) -> None:
    """Extensions that leave the directory and come back: the same calls with the same views and ids."""
    happened = story_events(name)
    calls, plain = lab_calls(), lab_calls()
    for index, event in enumerate(happened):
        for model in (calls, plain):
            model.apply(event)
        if index == round(moment * len(happened)):
            calls.apply_directory(lambda _: None)
            assert [call for call in map(_for_all, calls.live()) if call is not None] == []
            assert {call.id for call in calls.live()} == {call.id for call in plain.live()}
            calls.apply_directory(lab_extension)
            check(calls)
            assert shown(calls) == shown(plain)
    assert not remembered(calls)


def _for_all(call: object) -> PhoneCall | None:
    return phone_call(call, lambda _: True)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=3), st.randoms(use_true_random=False))
def test_stories_that_happen_at_once_do_not_disturb_each_other(names: list[str], random: object) -> None:
    """Two or three stories interleaved on one PBX: each shows what it shows alone, all the while."""
    others = [_as_another(happenings(name), number) for number, name in enumerate(names)]
    together = lab_calls()
    alone = [lab_calls() for _ in names]
    moves = _interleaved(others, random.choice)  # type: ignore[attr-defined]
    for told, (number, message) in enumerate(moves):
        for event in events([message]):
            together.apply(event)
            alone[number].apply(event)
        if told % 8 == 0:
            check(together)
            expected = [call for model in alone for call in shown(model)]
            assert sorted(shown(together), key=_id) == sorted(expected, key=_id)
    assert not remembered(together)


def _id(call: PhoneCall) -> str:
    return call.id


def _interleaved(
    stories: Sequence[Sequence[Headers]], choose: Callable[[list[int]], int]
) -> Iterator[tuple[int, Headers]]:
    """The messages of all of them, each story in its own order."""
    told = [0] * len(stories)
    while left := [number for number, story in enumerate(stories) if told[number] < len(story)]:
        number = choose(left)
        # A few at a time: a PBX does not change between calls with every event.
        for message in itertools.islice(stories[number], told[number], told[number] + 4):
            told[number] += 1
            yield number, message


_TIME = re.compile(r"\b(\d{10})\.(\d+)")
_NAME = re.compile(r"-([0-9a-f]{8})(?=;|$)")
_BRIDGE = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-")
_OURS = re.compile(r"\buapi-")
_CHOSEN = re.compile(r"\bclick2call-")


def _as_another(messages: Iterable[Headers], number: int) -> list[Headers]:
    """The same story on other channels and in other bridges, so many hours later."""

    def renamed(value: str) -> str:
        value = _TIME.sub(lambda found: f"{int(found[1]) + 3600 * number}.{found[2]}", value)
        value = _BRIDGE.sub(f"{number:08x}-{number:04x}-", value) if _BRIDGE.match(value) else value
        value = _NAME.sub(lambda found: f"-{number:x}{found[1][1:]}", value)
        return _CHOSEN.sub(f"click2call-{number}-", _OURS.sub(f"uapi-{number}-", value))

    return [{name: renamed(value) for name, value in message.items()} for message in messages]
