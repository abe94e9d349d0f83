"""The races of a supervision that a stream brings, as a table: each order of events, and what is done.

What is the same for a phone is in the table of phones.
"""

from collections.abc import Sequence
from uuid import UUID

import pytest

from adapter.ami.errors import ActionRefused, LinkLost
from adapter.callcontrol.operation import DirectoryChanged, Effect, Send, Stopping
from adapter.callcontrol.supervision.asked import EndRequested
from adapter.callcontrol.supervision.listening import ListenerCame, ListenerGone
from adapter.callcontrol.supervision.plan import Follow, Mode

from .machine_bench import (
    Bench,
    Step,
    answers,
    connects,
    connects_as,
    ends_hold,
    hangs_up,
    holds,
    leaves,
    link_comes_back,
    over,
    spies,
    starts,
    switches,
    transfers,
)
from .samples import directory

Rows = list[tuple[Step, list[str]]]
STREAM = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
HANG_UP = "hang up ours"
ORIGINATE = "originate: Originate"
BEGUN = ["supervision requested: requested", "after 20: listener"]
ASKED = ["cancel listener", "after 3: connect", ORIGINATE]
CONNECTED = ["supervision moved: answered", "cancel pickup", "after 3: join"]


def event(what: object) -> Step:
    return lambda here: here.is_told(what)


def ends(reason: str) -> str:
    return f"supervision ended: {reason}"


def is_out_of_touch(here: Bench) -> Sequence[Effect]:
    here.is_ready = False
    return []


def loses_module(here: Bench) -> Sequence[Effect]:
    here.has_audiosocket = False
    return []


def forbids_streams(here: Bench) -> Sequence[Effect]:
    """The App may use phones only from now on."""
    here.directory = directory()
    return here.is_told(DirectoryChanged())


came, gone = event(ListenerCame(16_000)), event(ListenerGone())
gone_by_asterisk = event(ListenerGone(is_by_asterisk=True))
OPENED: list[Step] = [starts, came, answers("originate")]
ANSWERED: list[Step] = [*OPENED, connects]
JOINED: list[Step] = [*ANSWERED, spies("agent"), over("settle")]
LEFT = "the supervisor hung up"
NOT_JOINED = "the PBX did not join the supervisor to the conversation that was asked for"
NOT_ALLOWED = "somebody takes part who may not be heard, or may not hear"
STORIES: dict[str, tuple[Bench, list[Step], Rows]] = {
    "nothing rings: Asterisk is asked once the listener is there": (
        Bench(stream=STREAM),
        [],
        [(starts, BEGUN), (came, ASKED), (connects, CONNECTED)],
    ),
    "a second listener asks for nothing": (Bench(stream=STREAM), OPENED, [(came, [])]),
    "nobody opens it in time": (
        Bench(stream=STREAM),
        [starts],
        [(over("listener"), [ends("nobody picked up in time")]), (came, [])],
    ),
    "opened in time: that time is over": (Bench(stream=STREAM), OPENED, [(over("listener"), [])]),
    "the call ends before it is opened: who comes then hears nothing": (
        Bench(stream=STREAM),
        [starts, hangs_up("agent", "customer")],
        [(came, [])],
    ),
    "the agent is just leaving when it is opened": (
        Bench(stream=STREAM),
        [starts, leaves("agent"), hangs_up("agent")],
        [(came, [])],
    ),
    "ended by request before it is opened": (
        Bench(stream=STREAM),
        [starts],
        [(event(EndRequested()), [ends("it was asked to end"), HANG_UP]), (came, [])],
    ),
    "switched before it is opened: it begins as was asked last": (
        Bench(stream=STREAM),
        [starts],
        [(switches(Mode.MONITOR), ["supervision switches: requested", "after 0: settle"]), (came, ASKED)],
    ),
    "what is known of the calls is old when it is opened: nothing is asked of Asterisk": (
        Bench(stream=STREAM),
        [starts, is_out_of_touch],
        [(came, ["cancel listener", ends("the link to Asterisk broke")])],
    ),
    "the module is gone when it is opened": (
        Bench(stream=STREAM),
        [starts, loses_module],
        [(came, ["cancel listener", ends("the link to Asterisk broke")])],
    ),
    "the App may not use streams any more: before it is opened": (
        Bench(stream=STREAM),
        [starts],
        [(forbids_streams, [ends(NOT_ALLOWED), HANG_UP]), (came, [])],
    ),
    "the App may not use streams any more: joined": (
        Bench(stream=STREAM),
        JOINED,
        [(forbids_streams, [ends(NOT_ALLOWED), HANG_UP])],
    ),
    "a break before it is opened changes nothing": (
        Bench(stream=STREAM),
        [starts],
        [(link_comes_back, []), (came, ASKED)],
    ),
    "the link breaks as Asterisk is asked, and there is no channel": (
        Bench(stream=STREAM),
        [starts, came],
        [
            (answers("originate", LinkLost("it broke")), ["log: the originate failed"]),
            (link_comes_back, [ends("the link to Asterisk broke")]),
        ],
    ),
    "Asterisk refuses": (
        Bench(stream=STREAM),
        [starts, came],
        [
            (
                answers("originate", ActionRefused("no")),
                ["log: the originate failed", ends("Asterisk refused to ring the phone")],
            )
        ],
    ),
    "Asterisk does not connect": (
        Bench(stream=STREAM),
        OPENED,
        [(over("connect"), [ends(NOT_JOINED), HANG_UP])],
    ),
    "Asterisk connected in time": (Bench(stream=STREAM), ANSWERED, [(over("connect"), [])]),
    "the channel ends before it joins": (
        Bench(stream=STREAM),
        ANSWERED[:-1],
        [(connects, CONNECTED), (hangs_up("supervisor"), [ends(LEFT)])],
    ),
    "another channel has its id: it is hung up before it hears anything": (
        Bench(stream=STREAM),
        OPENED,
        [
            (
                connects_as("PJSIP/0003*024-00000009"),
                ["supervision moved: answered", "cancel pickup", "after 3: join"],
            ),
            (
                spies("agent"),
                [
                    "supervision moved: joined",
                    "supervision has other parties: joined",
                    "after 0: settle",
                    ends("somebody else took the supervisor's place"),
                    HANG_UP,
                ],
            ),
        ],
    ),
    "joined to another call": (
        Bench(stream=STREAM),
        ANSWERED,
        [(spies("stranger"), [ends(NOT_JOINED), HANG_UP])],
    ),
    "joined to the other side": (
        Bench(stream=STREAM),
        ANSWERED,
        [(spies("customer"), [ends(NOT_JOINED), HANG_UP])],
    ),
    "the listener goes: it ends, whatever Asterisk does": (
        Bench(stream=STREAM),
        JOINED,
        [(gone, [ends(LEFT), HANG_UP])],
    ),
    "the listener goes before Asterisk has connected: what comes late is hung up by who knows it": (
        Bench(stream=STREAM),
        OPENED,
        [(gone, [ends(LEFT), HANG_UP]), (connects, [])],
    ),
    "Asterisk ends the audio of who is joined": (
        Bench(stream=STREAM),
        JOINED,
        [(gone_by_asterisk, [ends(LEFT), HANG_UP])],
    ),
    "Asterisk ends the audio before it joins": (
        Bench(stream=STREAM),
        OPENED,
        [(gone_by_asterisk, [ends(NOT_JOINED), HANG_UP])],
    ),
    "the call ends: that is the reason, not that its audio ends": (
        Bench(stream=STREAM),
        JOINED,
        [
            (
                hangs_up("agent", "customer"),
                ["after 0.06: settle", HANG_UP, ends("the call ended"), HANG_UP],
            )
        ],
    ),
    "the adapter stops: it ends with the process that carries it": (
        Bench(stream=STREAM),
        JOINED,
        [(event(Stopping()), [ends("the adapter stopped"), HANG_UP])],
    ),
    "opened while somebody is on hold: it joins when the hold ends": (
        Bench(stream=STREAM, is_held=True),
        OPENED,
        [
            (connects, ["supervision moved: waiting", "after 0: settle", "cancel pickup"]),
            (ends_hold, ["supervision is on hold: waiting", "after 0.06: settle"]),
        ],
    ),
    "on hold after it has joined: the client is told": (
        Bench(stream=STREAM),
        JOINED,
        [(holds, ["supervision is on hold: joined", "after 0.06: settle"])],
    ),
    "it follows the call before it is opened": (
        Bench(stream=STREAM, follow=Follow.CALL),
        [starts],
        [(transfers, ["supervision moves to the party that stays: requested", "after 0: settle"])],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_is_done_in_each_order(story: str) -> None:
    """Each row: what happens, and what is done then, in order."""
    template, before, rows = STORIES[story]
    here = Bench(
        template.supervision.mode,
        stream=STREAM,
        follow=template.supervision.follow,
        is_held=template.supervision.is_held,
    )
    for step in before:
        step(here)
    for step, expected in rows:
        assert here.words(step(here)) == expected


def asked_of_asterisk(here: Bench, *steps: Step) -> list[dict[str, list[str]]]:
    """The headers of each Originate of these steps."""
    sent = [effect.action for step in steps for effect in step(here) if isinstance(effect, Send)]
    found = []
    for action in sent:
        headers: dict[str, list[str]] = {}
        for name, value in action.headers:
            headers.setdefault(name, []).append(value)
        found.append(headers)
    return found


def test_asterisk_is_told_exactly_whom_to_spy_on_and_where_to_connect() -> None:
    """As for a phone: through the include, which compares the channel's name."""
    here = Bench(Mode.WHISPER, stream=STREAM)
    [told] = asked_of_asterisk(here, starts, came)
    assert told["Channel"] == [f"AudioSocket/127.0.0.1:9092/{STREAM}/c(slin16)"]
    assert (told["Context"], told["Exten"]) == (["uapi-spy"], ["spy"])
    assert told["ChannelId"] == [here.ours]
    assert f"UAPI_SPYEE={here.agent}" in told["Variable"]
    assert f"UAPI_SPYEE_NAME={here.plan.spyee_name}" in told["Variable"]
    assert "UAPI_SPY_OPTIONS=quwE" in told["Variable"]


def test_what_was_asked_last_before_it_is_opened_is_what_begins() -> None:
    """A switch of a stream that waits is no switch of a running ChanSpy."""
    here = Bench(Mode.BARGE_IN, stream=STREAM)
    [told] = asked_of_asterisk(here, starts, switches(Mode.MONITOR), came)
    assert "UAPI_SPY_OPTIONS=quE" in told["Variable"]


def test_in_a_hold_it_is_told_to_wait() -> None:
    """Else ChanSpy would silence the music."""
    here = Bench(stream=STREAM)
    [told] = asked_of_asterisk(here, starts, holds, came)
    assert "UAPI_WAITS=1" in told["Variable"]
