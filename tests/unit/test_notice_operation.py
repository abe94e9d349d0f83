"""A notice tone, as a table: what happens, and what comes of it."""

import pytest

from adapter.ami.errors import ActionRefused
from adapter.asterisk.actions import originate_notice
from adapter.callcontrol.operation import After, Answered, Expired, Send
from adapter.callcontrol.supervision.notice_tone import NoticeTone, Outcome
from adapter.calls.changes import OriginateEnded, SpyJoined

from .samples import Pbx, calls_after, world

OURS, SPYEE, NAME = "uapi-notice-main-1998", "1795405388.0", "PJSIP/0003*210-00000000"

STORIES: dict[str, tuple[list[object], Outcome | None, str]] = {
    "taken, then heard": ([Answered(OURS), SpyJoined(OURS, SPYEE)], Outcome.HEARD, ""),
    "heard before it is said to be taken": ([SpyJoined(OURS, SPYEE)], Outcome.HEARD, ""),
    "taken, and nothing more yet": ([Answered(OURS)], None, ""),
    "refused": ([Answered(OURS, ActionRefused("No"))], Outcome.NOT_HEARD, "No"),
    "it comes to nothing": (
        [OriginateEnded(OURS, is_answered=False)],
        Outcome.NOT_HEARD,
        "there is no channel for it",
    ),
    "it is picked up, and does not play yet": ([OriginateEnded(OURS, is_answered=True)], None, ""),
    "it never begins": ([Answered(OURS), Expired("limit")], Outcome.NOT_HEARD, "it did not begin"),
    "another begins, another fails": (
        [
            SpyJoined("uapi-notice-main-1999", SPYEE),
            OriginateEnded("uapi-notice-main-1999", is_answered=False),
        ],
        None,
        "",
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_notice_tone_is_heard_or_it_is_known_why_not(story: str) -> None:
    """Until then it is not over; there is one limit for all that can keep it from being heard."""
    pbx = Pbx()
    pbx.new("PJSIP/0003*210")
    now, told = world(calls_after(pbx.messages)), STORIES[story]
    tone = NoticeTone(OURS, SPYEE)
    action = originate_notice(spyee=SPYEE, spyee_name=NAME, channel_id=OURS)
    assert list(tone.start(now)) == [Send(action, OURS), After(3.0, "limit")]
    for what in told[0]:
        assert not tone.is_over
        assert tone.on(what, now) == []
    assert (tone.outcome, tone.why, tone.is_over) == (told[1], told[2], told[1] is not None)


def test_for_one_who_has_gone_nothing_is_asked_of_asterisk() -> None:
    """It is over before it began, and was not heard."""
    tone = NoticeTone(OURS, SPYEE)
    assert list(tone.start(world())) == []
    assert tone.outcome is Outcome.NOT_HEARD
