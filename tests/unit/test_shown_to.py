"""The index of who is shown which calls, against the views of every call."""

import random
from pathlib import Path

import pytest

from adapter.calls.changes import Change
from adapter.calls.model import Calls
from adapter.calls.shown_to import PENDING_CALLS, Row, ShownTo, shown_to
from adapter.calls.views import phone_call

from .samples import TRACES, Pbx, directory, empty_calls, events, recorded

NUMBERS = [f"0003*{number}" for number in ("210", "211", "21", "024", "025", "026")] + ["0004*300"]


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_a_call_is_shown_to_who_has_a_view_of_it(path: Path) -> None:
    """After each event of each recorded story: the quick look and the views agree."""
    calls = empty_calls()
    for event in events(recorded(path.name)):
        calls.apply(event)
        for call in calls.live():
            seen = phone_call(call, lambda _: True)
            assert shown_to(call) == {view.extension for view in (seen.views if seen is not None else ())}


def _kept(shown: ShownTo) -> dict[str, frozenset[str]]:
    shown.look()
    by_id = shown._all.by_id  # noqa: SLF001 - all that it keeps
    return {call_id: one.extensions for call_id, one in by_id.items()}


def _check(shown: ShownTo, calls: Calls) -> None:
    """The index says what looking at each call says."""
    live = {call.id: (Row(call.began_at, call.id), shown_to(call)) for call in calls.live()}
    live = {call_id: found for call_id, found in live.items() if found[1]}
    assert _kept(shown) == {call_id: extensions for call_id, (_, extensions) in live.items()}
    assert list(shown.rows_of_organization(None)) == sorted(row for row, _ in live.values())
    for prefix in ("0003", "0004", "9999"):
        own = [row for row, extensions in live.values() if any(one.startswith(prefix) for one in extensions)]
        assert list(shown.rows_of_organization(prefix)) == sorted(own)
    for number in NUMBERS:
        mine, prefix = frozenset({number}), number.partition("*")[0]
        assert shown.rows(mine) == sorted(row for row, extensions in live.values() if number in extensions)
        for call_id, (_, extensions) in live.items():
            found = shown.find(call_id, prefix, mine)
            assert (None if found is None else found.id) == (call_id if number in extensions else None)
        assert shown.find("0" * 20, prefix, mine) is None


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_the_index_is_what_looking_at_each_call_says(path: Path) -> None:
    """Asked now and then in each recorded story, over a change of the directory and a snapshot of nothing."""
    chance = random.Random(path.stem)  # noqa: S311 - no secret
    calls = empty_calls()
    shown = ShownTo(calls)

    def tell(changes: list[Change]) -> None:
        for change in changes:
            shown.on_change(change)

    for event in events(recorded(path.name)):
        tell(calls.apply(event))
        if chance.random() < 0.1:
            _check(shown, calls)
        if chance.random() < 0.02:
            known = directory().extension_of_channel
            tell(calls.apply_directory(chance.choice([known, lambda _: None, lambda _: "0004*300"])))
            _check(shown, calls)
    tell(calls.reset([], 0.0))
    _check(shown, calls)
    assert not _kept(shown)


def test_who_never_asks_has_nothing_pile_up() -> None:
    """However many calls change: few wait to be looked at, and of those that ended nothing is kept."""
    calls, pbx = empty_calls(), Pbx()
    shown = ShownTo(calls)

    def tell() -> None:
        for event in events(pbx.messages):
            for change in calls.apply(event):
                shown.on_change(change)
        pbx.messages.clear()

    for _ in range(3 * PENDING_CALLS):
        pbx.new("PJSIP/0003*210")
        tell()
        assert len(shown._pending) <= PENDING_CALLS  # noqa: SLF001 - what it keeps is the point
    pbx.hang_up_all()
    tell()
    shown.look()
    kept = (shown._pending, shown._all.rows, shown._of_organization, shown._of_extension)  # noqa: SLF001
    assert not any(kept)
