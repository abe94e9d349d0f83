"""The count that a list's entity tag is made of, against what the list shows."""

import functools
import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.asterisk.events import Event
from adapter.calls.changes import CallChanged, CallEnded, Change
from adapter.calls.model import Calls
from adapter.calls.shown_to import ShownTo
from adapter.calls.views import PhoneCall, phone_call
from adapter.uapi.revisions import Revisions

from .samples import Pbx, empty_calls, events, listed, snapshot_after
from .steps import EXTENSIONS, happenings, lab_extension, story_names


def _own_organization(channel_name: str) -> str | None:
    """Each extension is an organization by itself, so that many take part in a call, come and go."""
    extension = lab_extension(channel_name)
    return None if extension is None else f"{extension.replace('*', '')}*1"


ORGANIZATIONS = tuple(extension.replace("*", "") for extension in EXTENSIONS)


class CountedAtOnce:
    """The simple way: who takes part is looked at with each change, and counted."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._counts: Counter[str] = Counter()
        self._prefixes: dict[str, set[str]] = {}

    def on_change(self, change: Change) -> None:
        match change:
            case CallChanged(call_id):
                prefixes = self._prefixes.setdefault(call_id, set())
                call = self._calls.call(call_id)
                for leg in call.legs.values() if call is not None else ():
                    parked_by = None if leg.parking is None else leg.parking.by
                    prefixes |= {one.partition("*")[0] for one in (leg.extension, parked_by) if one}
                self._counts.update(prefixes)
            case CallEnded(call_id):
                self._counts.update(self._prefixes.pop(call_id, set()))

    def of(self, prefix: str) -> int:
        return self._counts[prefix]


@functools.cache
def _told(story: str) -> list[Event]:
    return events(happenings(story))


def _shown(calls: Calls, prefix: str) -> list[PhoneCall]:
    seen = [phone_call(call, lambda number: number.startswith(f"{prefix}*")) for call in calls.live()]
    return [call for call in seen if call is not None]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(story_names()), st.integers(0, 2**32), st.sampled_from((0.02, 0.2, 0.7)))
def test_who_asks_now_and_then_is_told_of_every_change_and_of_no_more_than_happened(
    story: str, seed: int, often: float
) -> None:
    """What is told and shown is counted; and nothing is that counting with each change would not count."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    calls = Calls(_own_organization)
    shown_to, at_once = ShownTo(calls), CountedAtOnce(calls)
    revisions = Revisions(shown_to)
    last: dict[str, tuple[str, int, list[PhoneCall]]] = {
        prefix: (revisions.of(prefix), 0, []) for prefix in ORGANIZATIONS
    }
    for event in _told(story):
        for change in calls.apply(event):
            shown_to.on_change(change)
            at_once.on_change(change)
        for prefix in ORGANIZATIONS:
            if chance.random() < often:
                count, simple, shown = revisions.of(prefix), at_once.of(prefix), _shown(calls, prefix)
                is_counted, is_told, is_other = (
                    now != before for now, before in zip((count, simple, shown), last[prefix], strict=True)
                )
                assert is_counted or not is_other, (prefix, event)
                assert is_told or not is_counted, (prefix, event)
                last[prefix] = count, simple, shown


def _heard(*what: str) -> tuple[Calls, ShownTo, Revisions, Pbx]:
    """A model in which these peers each have a call of their own."""
    calls, pbx = empty_calls(), Pbx()
    shown = ShownTo(calls)
    revisions = Revisions(shown)
    for peer in what:
        pbx.new(peer)
    _tell(calls, shown, pbx)
    return calls, shown, revisions, pbx


def _tell(calls: Calls, shown: ShownTo, pbx: Pbx) -> None:
    for event in events(pbx.messages):
        for change in calls.apply(event):
            shown.on_change(change)
    pbx.messages.clear()


def test_a_call_of_one_organization_is_no_news_to_another() -> None:
    """Its count stays; the administrator's and the organization's own do not."""
    calls, shown, revisions, pbx = _heard("PJSIP/0003*210", "PJSIP/0004*300")
    others, own, all_of_them = revisions.of("0004"), revisions.of("0003"), revisions.of(None)
    pbx.state("1795405388.0", "Up")
    _tell(calls, shown, pbx)
    assert revisions.of("0004") == others
    assert revisions.of("0003") != own
    assert revisions.of(None) != all_of_them


def test_the_end_of_a_call_is_news_to_who_was_shown_it() -> None:
    """Also where nobody asked between its last change and its end."""
    calls, shown, revisions, pbx = _heard("PJSIP/0003*210")
    before = revisions.of("0003")
    pbx.state("1795405388.0", "Up")
    pbx.hang_up_all()
    _tell(calls, shown, pbx)
    assert revisions.of("0003") != before


def test_the_end_of_a_parked_call_is_news_to_who_parked_it_and_is_gone() -> None:
    """After a restart its only leg is the customer's, and it is shown all the same."""
    pbx = Pbx()
    customer = pbx.new("PJSIP/trunk", number="777888", state="Up")
    calls = empty_calls()
    shown = ShownTo(calls)
    revisions = Revisions(shown)
    for change in calls.reset(listed(snapshot_after(pbx.messages)), 1795405400.0):
        shown.on_change(change)
    pbx.messages.clear()
    pbx.park(customer, "PJSIP/0003*210")
    _tell(calls, shown, pbx)
    assert _shown(calls, "0003")
    before = revisions.of("0003")
    pbx.hang_up(customer)
    _tell(calls, shown, pbx)
    assert not _shown(calls, "0003")
    assert revisions.of("0003") != before
