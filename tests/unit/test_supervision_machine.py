"""A supervision's races as a table: what happens, in which order, and what is done then.

The slow tests show the same with a fake Asterisk and a real one; here each order is a row.
"""

import pytest

from adapter.ami.errors import ActionRefused, ActionTimeout, LinkDown, LinkLost
from adapter.asterisk.features import NO_FEATURES
from adapter.callcontrol.operation import DirectoryChanged, Stopping
from adapter.callcontrol.supervision.asked import EndRequested
from adapter.callcontrol.supervision.notice_tone import Outcome
from adapter.callcontrol.supervision.plan import Follow, Mode

from .machine_bench import (
    Bench,
    Step,
    all_said,
    answers,
    colleague_comes,
    ends_hold,
    hangs_up,
    holds,
    leaves,
    link_comes_back,
    over,
    picks_up,
    rings,
    spies,
    starts,
    stops_spying,
    switches,
    tone_is,
    transfers,
    was_for_another,
)

Rows = list[tuple[Step, list[str]]]
GONE, REFUSED = ActionRefused("No such channel"), ActionRefused("Permission denied")
BROKEN, MUTE, DOWN = LinkLost("it broke"), ActionTimeout("no answer"), LinkDown("it is down")
BEGUN = ["supervision requested: requested", "after 19.95: late", "after 20.3: pickup"]
REQUESTED: list[Step] = [starts, answers("originate")]
RINGING: list[Step] = [*REQUESTED, rings]
ANSWERED: list[Step] = [*RINGING, picks_up]
JOINED: list[Step] = [*ANSWERED, spies("agent"), over("settle")]
RE_ATTACHING: list[Step] = [*JOINED, switches(Mode.MONITOR), over("settle"), all_said]
HANG_UP, RESTART, SETTLE = "hang up ours", "redirect: Redirect", "after 0: settle"
PICKED_UP = ["supervision moved: answered", "cancel pickup", "after 3: join"]
IS_JOINED = ["supervision moved: joined", "supervision has other parties: joined"]
NAME = "PJSIP/0003*210-00000001"
NOT_TAKEN = "log: the originate failed"


def ends(reason: str) -> str:
    return f"supervision ended: {reason}"


def tells(options: str) -> str:
    return f"variable: UAPI_SPY_OPTIONS={options}"


def event(what: object) -> Step:
    return lambda here: here.is_told(what)


NOT_JOINED = ends("the PBX did not join the supervisor to the conversation that was asked for")
CANNOT_FOLLOW = [
    "log: a supervision could not be tuned",
    ends("the other side of the call changed, and this PBX cannot follow it"),
    HANG_UP,
]
STORIES: dict[str, tuple[Bench, list[Step], Rows]] = {
    # what it is, what happened before, and then: what happens, what is done
    # -- the originate -------------------------------------------------------------------------------
    "it is rung once": (Bench(), [], [(starts, [*BEGUN, "originate: Originate"])]),
    "refused: it is over": (
        Bench(),
        [starts],
        [(answers("originate", REFUSED), [NOT_TAKEN, ends("Asterisk refused to ring the phone")])],
    ),
    "the link was down: nothing was sent, it is over": (
        Bench(),
        [starts],
        [(answers("originate", DOWN), [NOT_TAKEN, ends("Asterisk refused to ring the phone")])],
    ),
    "no answer: the client is told 503, so it shall not ring later": (
        Bench(),
        [starts],
        [(answers("originate", MUTE), [NOT_TAKEN, ends("the link to Asterisk broke"), HANG_UP])],
    ),
    "the link breaks, and the snapshot shows no channel: it never arrived": (
        Bench(),
        [starts],
        [
            (answers("originate", BROKEN), [NOT_TAKEN]),
            (link_comes_back, [ends("the link to Asterisk broke")]),
        ],
    ),
    "the link breaks, and the snapshot shows its channel: it rings on": (
        Bench(),
        [starts, answers("originate", BROKEN), rings],
        [
            (link_comes_back, ["after 0.06: settle"]),
            (picks_up, ["supervision moved: answered", *["cancel pickup", "after 3: join"]]),
        ],
    ),
    "the call ends before Asterisk answers: what comes late is hung up by who knows it": (
        Bench(),
        [starts, hangs_up("agent", "customer")],
        [(answers("originate"), []), (rings, [])],
    ),
    "without the include the name of the channel is asked first": (
        Bench(features=NO_FEATURES),
        [],
        [
            (starts, [*BEGUN, "name: Getvar"]),
            (answers("name", Value=NAME), ["originate: Originate"]),
        ],
    ),
    "it has another name: nobody is rung": (
        Bench(features=NO_FEATURES),
        [starts],
        [
            (
                answers("name", Value="PJSIP/0003*211-00000001"),
                [
                    "log: the channel is not the one that was meant",
                    NOT_JOINED,
                ],
            )
        ],
    ),
    "the call ends before the name is told: nobody is rung": (
        Bench(features=NO_FEATURES),
        [starts, hangs_up("agent", "customer")],
        [(answers("name", Value=NAME), [])],
    ),
    # -- deadlines -----------------------------------------------------------------------------------
    "Asterisk does not stop the ringing: we do": (
        Bench(),
        RINGING,
        [(over("late"), []), (over("pickup"), [ends("nobody picked up in time"), HANG_UP])],
    ),
    "the time to pick up is over as it is picked up: it goes on": (
        Bench(),
        RINGING,
        [
            (picks_up, PICKED_UP),
            (over("pickup"), []),
        ],
    ),
    "picked up and never joined": (
        Bench(),
        ANSWERED,
        [
            (
                over("join"),
                [NOT_JOINED, HANG_UP],
            )
        ],
    ),
    "joined in time": (Bench(), JOINED, [(over("join"), [])]),
    "declined as the time was over: it says so itself": (
        Bench(),
        [*RINGING, over("late")],
        [(hangs_up("supervisor", cause=21), [ends("the supervisor rejected the call")])],
    ),
    "rung out, as Asterisk tells it": (
        Bench(),
        [*RINGING, over("late")],
        [(hangs_up("supervisor", cause=19), [ends("nobody picked up in time")])],
    ),
    "the same cause before the time: it cannot be reached": (
        Bench(),
        RINGING,
        [
            (
                hangs_up("supervisor", cause=19),
                [ends("the supervisor's phone cannot be reached")],
            )
        ],
    ),
    # -- who joins -----------------------------------------------------------------------------------
    "joined to another call: hung up before it hears anything": (
        Bench(),
        ANSWERED,
        [
            (
                spies("stranger"),
                [NOT_JOINED, HANG_UP],
            )
        ],
    ),
    "joined to the other side, which nobody asked for": (
        Bench(),
        ANSWERED,
        [
            (
                spies("customer"),
                [NOT_JOINED, HANG_UP],
            )
        ],
    ),
    "picked up during a hold: it waits, and joins when that ends": (
        Bench(is_held=True),
        RINGING,
        [
            (picks_up, ["supervision moved: waiting", SETTLE, "cancel pickup"]),
            (over("settle"), []),
            (ends_hold, ["after 0.06: settle"]),
            (over("settle"), [tells("quBE")]),
            (all_said, [RESTART]),
            (answers("redirect"), ["after 1.5: rejoin"]),
            (
                spies("agent"),
                [
                    "supervision moved: joined",
                    "supervision has other parties: joined",
                    "cancel rejoin",
                    SETTLE,
                ],
            ),
        ],
    ),
    "held again before it was sent on: it is told to wait again": (
        Bench(is_held=True),
        [*RINGING, picks_up, over("settle"), ends_hold, over("settle"), holds, all_said, answers("redirect")],
        [
            (
                spies("agent"),
                [*IS_JOINED, "cancel rejoin"],
            )
        ],
    ),
    # -- switches ------------------------------------------------------------------------------------
    "a switch while the phone rings: told at once, and once more when it has joined": (
        Bench(),
        RINGING,
        [
            (switches(Mode.MONITOR), ["supervision switches: ringing", SETTLE]),
            (over("settle"), [tells("quE")]),
            (all_said, [SETTLE]),
            (over("settle"), []),
            (picks_up, PICKED_UP),
            (
                spies("agent"),
                [*IS_JOINED, SETTLE],
            ),
            (over("settle"), ["supervision moved: re-attaching", tells("quE")]),
        ],
    ),
    "a switch before the phone rings waits for that": (
        Bench(),
        REQUESTED,
        [
            (switches(Mode.MONITOR), ["supervision switches: requested", SETTLE]),
            (over("settle"), []),
            (rings, ["supervision moved: ringing", "cancel begin", SETTLE]),
            (over("settle"), [tells("quE")]),
        ],
    ),
    "picked up in the middle of what is told: it is told again at the join": (
        Bench(),
        [*RINGING, switches(Mode.MONITOR), over("settle"), answers("variable"), picks_up],
        [
            (all_said, [SETTLE]),
            (over("settle"), []),
            (
                spies("agent"),
                [*IS_JOINED, "cancel begin", SETTLE],
            ),
            (over("settle"), ["supervision moved: re-attaching", tells("quE")]),
        ],
    ),
    "two switches within one re-attach: it ends as was wanted last": (
        Bench(),
        RE_ATTACHING,
        [
            (switches(Mode.WHISPER), ["supervision switches: re-attaching"]),
            (answers("redirect"), ["after 1.5: rejoin"]),
            (spies("agent"), ["supervision moved: joined", "cancel rejoin", SETTLE]),
            (over("settle"), ["supervision moved: re-attaching", tells("quwE")]),
        ],
    ),
    "to the other side and back: what it joins in between was wanted a moment ago": (
        Bench(),
        [*JOINED, switches(Mode.BARGE_IN, to="customer"), over("settle"), all_said, switches(Mode.MONITOR)],
        [
            (
                spies("customer"),
                IS_JOINED,
            ),
            (answers("redirect"), [SETTLE]),
            (over("settle"), ["supervision moved: re-attaching", tells("quE")]),
        ],
    ),
    "ChanSpy begins before the Redirect is answered": (
        Bench(),
        RE_ATTACHING,
        [
            (spies("agent"), ["supervision moved: joined"]),
            (answers("redirect"), [SETTLE]),
            (over("settle"), []),
        ],
    ),
    "a switch is refused: nobody knows what runs, so it ends": (
        Bench(),
        [*JOINED, switches(Mode.MONITOR), over("settle")],
        [
            (
                answers("variable", REFUSED),
                CANNOT_FOLLOW,
            )
        ],
    ),
    "there is no such channel, and then it is gone: the supervisor left": (
        Bench(),
        [*JOINED, switches(Mode.MONITOR), over("settle")],
        [
            (answers("variable", GONE), ["after 1: gone"]),
            (hangs_up("supervisor"), [ends("the supervisor hung up")]),
        ],
    ),
    "there is no such channel, and nothing tells that it is gone": (
        Bench(),
        [*JOINED, switches(Mode.MONITOR), over("settle"), answers("variable", GONE)],
        [
            (
                over("gone"),
                CANNOT_FOLLOW,
            )
        ],
    ),
    "the link breaks in a switch: it is told again after the snapshot": (
        Bench(),
        [*JOINED, switches(Mode.MONITOR), over("settle"), answers("variable", BROKEN)],
        [
            (link_comes_back, ["supervision moved: joined", SETTLE, "after 0.06: settle"]),
            (over("settle"), ["supervision moved: re-attaching", tells("quE")]),
        ],
    ),
    "the link breaks in a switch while it rings, and all is to be as before: it is told all the same": (
        Bench(),
        [*RINGING, switches(Mode.MONITOR), over("settle"), answers("variable", BROKEN)],
        [
            (switches(Mode.BARGE_IN), ["supervision switches: ringing", SETTLE]),
            (link_comes_back, ["after 0.06: settle"]),
            (over("settle"), [tells("quBE")]),
        ],
    ),
    "it does not join again, and ChanSpy has not stopped: no audio flows, it waits": (
        Bench(),
        [*RE_ATTACHING, answers("redirect")],
        [(over("rejoin"), ["after 1.5: rejoin"])],
    ),
    "it has stopped and does not join again": (
        Bench(),
        [*RE_ATTACHING, answers("redirect"), stops_spying],
        [
            (
                over("rejoin"),
                CANNOT_FOLLOW,
            )
        ],
    ),
    "only whom it follows is another: Asterisk is told, and nothing begins anew": (
        Bench(),
        JOINED,
        [
            (
                switches(Mode.BARGE_IN, follow=Follow.CALL),
                ["supervision follows another: joined", "follow: UAPI_STAYS=2"],
            ),
            (answers("follow", REFUSED), ["log: a supervision was not told whom it follows"]),
        ],
    ),
    # -- the conversation ----------------------------------------------------------------------------
    "a transfer while it is to follow the call: it moves to who stays": (
        Bench(follow=Follow.CALL),
        JOINED,
        [
            (transfers, ["supervision moves to the party that stays: joined", SETTLE]),
            (over("settle"), ["supervision moved: re-attaching", tells("quBE")]),
        ],
    ),
    "a third comes while a barge-in rings: it stops once that has settled": (
        Bench(),
        RINGING,
        [
            (colleague_comes, ["after 0.06: settle"]),
            (
                over("settle"),
                [
                    ends("the conversation became a conference, in which not all would hear the supervisor"),
                    HANG_UP,
                ],
            ),
        ],
    ),
    "a third comes and another goes at once, as in a transfer: it rings on": (
        Bench(),
        [*RINGING, colleague_comes, leaves("customer")],
        [(over("settle"), [])],
    ),
    "a third comes while a Monitor rings: it rings on": (
        Bench(Mode.MONITOR),
        [*RINGING, colleague_comes],
        [(over("settle"), [])],
    ),
    # -- why it ends ---------------------------------------------------------------------------------
    "the extension goes first, then the other side: the call ended": (
        Bench(),
        JOINED,
        [
            (hangs_up("agent"), ["after 0.06: settle", HANG_UP, "after 0.5: certain"]),
            (hangs_up("customer"), [ends("the call ended"), HANG_UP]),
            (over("certain"), []),
        ],
    ),
    "the extension goes, and the other side stays": (
        Bench(),
        [*JOINED, hangs_up("agent")],
        [(over("certain"), [ends("the extension left the call, which goes on"), HANG_UP])],
    ),
    "the supervisor's channel goes first, then the call's: the call ended": (
        Bench(),
        [*JOINED, leaves("agent")],
        [
            (hangs_up("supervisor"), ["after 0.5: certain"]),
            (hangs_up("agent", "customer"), [ends("the call ended")]),
        ],
    ),
    "the supervisor's channel goes first, as the extension leaves a conference": (
        Bench(Mode.MONITOR),
        [*JOINED, colleague_comes, over("settle"), leaves("agent")],
        [
            (hangs_up("supervisor"), ["after 0.5: certain"]),
            (hangs_up("agent"), [ends("the extension left the call, which goes on")]),
        ],
    ),
    "the supervisor hangs up while the others talk on": (
        Bench(),
        JOINED,
        [(hangs_up("supervisor"), [ends("the supervisor hung up")])],
    ),
    "while it is about to end nothing begins anew": (
        Bench(),
        [*JOINED, switches(Mode.MONITOR), over("settle"), hangs_up("agent")],
        [(answers("variable"), []), (over("settle"), [])],
    ),
    "it is asked to end, twice": (
        Bench(),
        JOINED,
        [(event(EndRequested()), [ends("it was asked to end"), HANG_UP]), (event(EndRequested()), [])],
    ),
    "the adapter stops: who rings is hung up": (
        Bench(),
        RINGING,
        [(event(Stopping()), [ends("the adapter stopped"), HANG_UP])],
    ),
    "the adapter stops: who is joined stays": (Bench(), JOINED, [(event(Stopping()), [])]),
    "a directory that allows it changes nothing": (Bench(), JOINED, [(event(DirectoryChanged()), [])]),
    # -- the notice tone -----------------------------------------------------------------------------
    "the tone is played once, to who is there": (
        Bench(notice_tone=True),
        ANSWERED,
        [
            (
                spies("agent"),
                [*IS_JOINED, "notice on agent", SETTLE],
            ),
            (over("settle"), []),
            (tone_is(Outcome.HEARD), []),
        ],
    ),
    "the tone is not heard: nobody stays joined": (
        Bench(notice_tone=True),
        JOINED,
        [
            (
                tone_is(Outcome.NOT_HEARD),
                [
                    "log: the notice tone could not be played",
                    ends("the notice tone could not be played"),
                    HANG_UP,
                ],
            )
        ],
    ),
    "it was for one who has gone meanwhile": (
        Bench(notice_tone=True),
        [*JOINED, was_for_another],
        [(tone_is(Outcome.NOT_HEARD), ["log: the notice tone could not be played"])],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_supervision_does_this_when_that_happens(story: str) -> None:
    """Whichever comes first of an event, an answer and the end of a time."""
    here, before, rows = STORIES[story]
    for step in before:
        here.words(step(here))
    for number, (step, expected) in enumerate(rows):
        assert here.words(step(here)) == expected, number
