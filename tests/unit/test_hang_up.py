"""A channel's hanging up, as a table: what happens, and what is done then."""

from collections.abc import Callable

import pytest

from adapter.ami.errors import ActionRefused, LinkLost
from adapter.asterisk.actions import hang_up
from adapter.asterisk.naming import OTHER_HALF
from adapter.callcontrol.hang_up import HangUp, Outcome
from adapter.callcontrol.operation import After, Answered, Cancel, Effect, Expired, Level, Log, Send
from adapter.calls.changes import CallEnded, ChannelGone
from adapter.calls.model import Calls

from .samples import Pbx, calls_after, empty_calls, world

OURS, OTHER = "uapi-1998", "uapi-1998" + OTHER_HALF
LOCAL, PHONE = "Local/0003*024@uapi-phones", "PJSIP/0003*024"
NOT_THERE = ActionRefused("No such channel")
FORBIDDEN, LOST = ActionRefused("Permission denied"), LinkLost("the AMI connection broke")
DONE, OTHER_DONE = Answered(OURS), Answered(OTHER)


def straight() -> Calls:
    """Our channel is the phone's own."""
    pbx = Pbx()
    pbx.new(PHONE, uniqueid=OURS)
    return calls_after(pbx.messages)


def local() -> Calls:
    """Our channel is the half of a Local channel, and the phone stands behind the other."""
    pbx = Pbx()
    pbx.new(LOCAL, uniqueid=OURS)
    other = pbx.new(LOCAL, uniqueid=OTHER, linkedid=OURS)
    pbx.bridge(other, pbx.new(PHONE, linkedid=OURS))
    return calls_after(pbx.messages)


GONE = ChannelGone(OURS, 16)
ASK, ASK_OTHER = Send(hang_up(OURS), OURS), Send(hang_up(OTHER), OTHER)
LIMIT, NO_LIMIT = After(5.0, "limit"), Cancel("limit")
BROKEN = Log(Level.WARNING, "a channel was not hung up", {"channel": OURS, "error": str(LOST)})


def denied(channel: str) -> Log:
    facts = {"channel": OURS, "error": str(FORBIDDEN), "Channel": channel}
    return Log(Level.ERROR, "Asterisk does not hang up", facts)


Step = tuple[object | None, Callable[[], Calls], list[Effect], Outcome | None, bool]
STORIES: dict[str, list[Step]] = {
    # what happens (nothing: it is asked for), what is there then, what is done, the outcome, is it over
    "answered, then gone": [
        (None, straight, [ASK, LIMIT], None, False),
        (DONE, straight, [], None, False),
        (GONE, empty_calls, [NO_LIMIT], Outcome.GONE, True),
    ],
    "gone, then answered": [
        (None, straight, [ASK, LIMIT], None, False),
        (GONE, empty_calls, [NO_LIMIT], Outcome.GONE, False),
        (DONE, empty_calls, [], Outcome.GONE, True),
    ],
    "somebody else's channel, another change": [
        (None, straight, [ASK, LIMIT], None, False),
        (ChannelGone("1795405388.1", 16), straight, [], None, False),
        (CallEnded("e" * 20), straight, [], None, False),
    ],
    "never there: asked all the same, an originate may be late": [
        (None, empty_calls, [ASK, LIMIT], Outcome.GONE, False),
        (Answered(OURS, NOT_THERE), empty_calls, [], Outcome.GONE, True),
    ],
    "it never goes": [
        (None, straight, [ASK, LIMIT], None, False),
        (DONE, straight, [], None, False),
        (Expired("limit"), straight, [], Outcome.STILL_THERE, True),
    ],
    "no answer in time": [
        (None, straight, [ASK, LIMIT], None, False),
        (Expired("limit"), straight, [], Outcome.STILL_THERE, False),
        (DONE, straight, [], Outcome.STILL_THERE, True),
    ],
    "both halves": [
        (None, local, [ASK, ASK_OTHER, LIMIT], None, False),
        (DONE, local, [], None, False),
        (OTHER_DONE, local, [], None, False),
        (ChannelGone(OTHER, 16), empty_calls, [NO_LIMIT], Outcome.GONE, True),
    ],
    "a half that goes while somebody stands behind it": [
        (None, local, [ASK, ASK_OTHER, LIMIT], None, False),
        (ChannelGone(OTHER, 16), local, [], None, False),
    ],
    "each half that is refused is told": [
        (None, local, [ASK, ASK_OTHER, LIMIT], None, False),
        (Answered(OURS, FORBIDDEN), local, [denied(OURS)], None, False),
        (Answered(OTHER, FORBIDDEN), local, [denied(OTHER)], None, False),
    ],
    "the link breaks: told once, and asked again over what comes next": [
        (None, local, [ASK, ASK_OTHER, LIMIT], None, False),
        (Answered(OTHER, LOST), local, [], None, False),
        (Answered(OURS, LOST), local, [BROKEN], None, False),
        (None, local, [ASK, ASK_OTHER, LIMIT], None, False),
    ],
    "asked for anew while it is being asked: once is enough, and it has as long": [
        (None, straight, [ASK, LIMIT], None, False),
        (None, straight, [LIMIT], None, False),
        (DONE, straight, [], None, False),
    ],
    "asked for anew after the answer: once more": [
        (None, straight, [ASK, LIMIT], None, False),
        (DONE, straight, [], None, False),
        (None, straight, [ASK, LIMIT], None, False),
    ],
    "it was not there and now it is: who asks anew waits for it": [
        (None, empty_calls, [ASK, LIMIT], Outcome.GONE, False),
        (Answered(OURS, NOT_THERE), empty_calls, [], Outcome.GONE, True),
        (None, straight, [ASK, LIMIT], None, False),
    ],
}


@pytest.mark.parametrize("story", STORIES)
def test_a_hanging_up_does_this_when_that_happens(story: str) -> None:
    """Whichever comes first of the answer, the end of the channel and the end of the time."""
    operation = HangUp(OURS, {})
    for what, calls, effects, outcome, is_over in STORIES[story]:
        done = operation.start(world(calls())) if what is None else operation.on(what, world(calls()))
        assert (list(done), operation.outcome, operation.is_over) == (effects, outcome, is_over), what
