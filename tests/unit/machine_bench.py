"""One supervision as an operation, with nobody to carry its effects out: they are told in short words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from adapter.ami.errors import LinkError
from adapter.asterisk.caller_id import CallerId
from adapter.asterisk.features import ALL_FEATURES, PbxFeatures
from adapter.callcontrol.operation import (
    After,
    Answered,
    Begin,
    Came,
    Cancel,
    Effect,
    Expired,
    Log,
    Publish,
    Send,
    SnapshotTaken,
)
from adapter.callcontrol.supervision.asked import Switch, prepare
from adapter.callcontrol.supervision.machine import Supervise
from adapter.callcontrol.supervision.notice_tone import NoticeTone, Outcome
from adapter.callcontrol.supervision.plan import Follow, Mode, Plan
from adapter.callcontrol.world import World
from adapter.calls.model import Calls
from adapter.directory import Medium, load_directory

from .samples import DIRECTORY_TEXT, Pbx, directory, events, listed, snapshot_after, world

AGENT, COLLEAGUE, TRUNK, PHONE = "PJSIP/0003*210", "PJSIP/0003*211", "PJSIP/trunk", "PJSIP/0003*024"
OTHER_APP = "operator"
STREAM_ADDRESS = "127.0.0.1:9092"
MEDIA = ", media: [phone, stream]"
STREAMING = DIRECTORY_TEXT.replace("client_id: wallboard", f"client_id: wallboard{MEDIA}").replace(
    "client_id: operator", f"client_id: operator{MEDIA}"
)
"""A directory that allows both Apps streams."""


class Bench:
    """A customer talks with an agent, and somebody asked to supervise the agent."""

    def __init__(
        self,
        mode: Mode = Mode.BARGE_IN,
        *,
        features: PbxFeatures = ALL_FEATURES,
        follow: Follow = Follow.EXTENSION,
        notice_tone: bool = False,
        is_held: bool = False,
        stream: UUID | None = None,
    ) -> None:
        self.pbx = Pbx()
        self.calls = Calls(directory().extension_of_channel)
        self.features = features
        self.directory = directory() if stream is None else load_directory(STREAMING)
        self.is_ready = self.has_audiosocket = True
        self._fed = 0
        self.customer, self.agent = self.pbx.call(TRUNK, AGENT)
        if is_held:
            self.pbx.tell("Hold", self.agent)
        self._changes()
        call = self.calls.call_of(self.agent)
        assert call is not None
        self.plan = Plan(
            mode=mode,
            call_id=call.id,
            spyee=self.agent,
            spyee_name=call.legs[self.agent].channel.name,
            extension="0003*210",
            supervisor="0003*024",
            devices=(PHONE,),
            rings=(PHONE,),
            rings_alone=PHONE,
            caller_id=CallerId("x", "1"),
            pickup_s=20,
            follow=follow,
            notice_tone=notice_tone,
            medium=Medium.PHONE if stream is None else Medium.STREAM,
        )
        self.supervision = prepare("1" * 20, self.plan, "wallboard", self.world(), stream=stream)
        self.operation = Supervise(self.supervision)
        self.ours = self.supervision.channel_id
        self.notices: list[NoticeTone] = []

    def world(self) -> World:
        """All as it is now."""
        return world(
            self.calls,
            features=self.features,
            directory=self.directory,
            is_ready=self.is_ready,
            stream_address=STREAM_ADDRESS,
            has_audiosocket=self.has_audiosocket,
        )

    def starts(self) -> Sequence[Effect]:
        """It is begun."""
        return self.operation.start(self.world())

    def hears(self) -> list[Effect]:
        """What the PBX has said since, told change by change."""
        return [effect for change in self._changes() for effect in self.operation.on(change, self.world())]

    def is_told(self, what: object) -> Sequence[Effect]:
        """This happened."""
        return self.operation.on(what, self.world())

    def _changes(self) -> list[object]:
        said, self._fed = self.pbx.messages[self._fed :], len(self.pbx.messages)
        return [change for event in events(said) for change in self.calls.apply(event)]

    def words(self, effects: Sequence[Effect]) -> list[str]:
        """Those effects, each in a few words."""
        return [self._word(effect) for effect in effects]

    def _word(self, effect: Effect) -> str:  # noqa: PLR0911 - one for each kind
        match effect:
            case Send(action, tag):
                told = dict(action.headers)
                is_variable = action.name == "Setvar"
                return (
                    f"{tag}: {told['Variable']}={told['Value']}" if is_variable else f"{tag}: {action.name}"
                )
            case After(seconds, timer):
                return f"after {seconds:g}: {timer}"
            case Cancel(timer):
                return f"cancel {timer}"
            case Publish(what, seen):
                return f"{what}: {seen.reason or seen.state}"
            case Log(_, message):
                return f"log: {message}"
            case Begin(NoticeTone() as notice):
                self.notices.append(notice)
                return f"notice on {'agent' if notice.spyee == self.agent else notice.spyee}"
            case Begin(operation):
                return operation.id.replace(self.ours, "ours")


Step = Callable[[Bench], Sequence[Effect]]


def starts(here: Bench) -> Sequence[Effect]:
    return here.starts()


def over(timer: str) -> Step:
    """This time is over."""
    return lambda here: here.is_told(Expired(timer))


def answers(tag: str, failure: LinkError | None = None, **answer: str) -> Step:
    """Asterisk answers what was sent with this tag."""
    return lambda here: here.is_told(Answered(tag, failure, answer))


def rings(here: Bench) -> Sequence[Effect]:
    """The phone rings."""
    here.pbx.new(PHONE, uniqueid=here.ours, number="0003*024")
    here.pbx.state(here.ours, "Ringing")
    return here.hears()


def connects(here: Bench) -> Sequence[Effect]:
    """Asterisk has connected with the stream's UUID, and its channel is up."""
    return connects_as(f"AudioSocket/{STREAM_ADDRESS}-{here.supervision.stream}")(here)


def connects_as(name: str) -> Step:
    """The channel of the supervision appears under this name, and is up."""

    def step(here: Bench) -> Sequence[Effect]:
        here.pbx.new("", name=name, uniqueid=here.ours)
        here.pbx.state(here.ours, "Up")
        return here.hears()

    return step


def picks_up(here: Bench) -> Sequence[Effect]:
    """The phone is picked up."""
    here.pbx.state(here.ours, "Up")
    return here.hears()


def spies(on: str) -> Step:
    """ChanSpy begins, on the agent, the customer or somebody in another call."""

    def step(here: Bench) -> Sequence[Effect]:
        if on == "stranger":
            _, stranger = here.pbx.call(TRUNK, COLLEAGUE)
        here.pbx.spy(here.ours, {"agent": here.agent, "customer": here.customer}.get(on) or stranger)
        return here.hears()

    return step


def hangs_up(*who: str, cause: int = 16) -> Step:
    """These hang up, one after the other."""

    def step(here: Bench) -> Sequence[Effect]:
        of = {"agent": here.agent, "customer": here.customer, "supervisor": here.ours}
        here.pbx.hang_up(*(of[one] for one in who), cause=cause)
        return here.hears()

    return step


def leaves(who: str) -> Step:
    """It leaves its bridge: it is sent on, or about to hang up."""

    def step(here: Bench) -> Sequence[Effect]:
        here.pbx.leave({"agent": here.agent, "customer": here.customer}[who])
        return here.hears()

    return step


def stops_spying(here: Bench) -> Sequence[Effect]:
    here.pbx.stop_spying(here.ours)
    return here.hears()


def was_for_another(here: Bench) -> Sequence[Effect]:
    """The tone was asked for one who has gone meanwhile."""
    here.notices[0].spyee = "1795405388.99"
    return []


def holds(here: Bench) -> Sequence[Effect]:
    here.pbx.tell("Hold", here.agent)
    return here.hears()


def ends_hold(here: Bench) -> Sequence[Effect]:
    here.pbx.tell("Unhold", here.agent)
    return here.hears()


def transfers(here: Bench) -> Sequence[Effect]:
    """The agent sends the customer on, and leaves; a colleague answers later."""
    here.pbx.blind_transfer(here.agent, here.customer, "0003*211")
    return here.hears()


def colleague_comes(here: Bench) -> Sequence[Effect]:
    """A third enters the conversation."""
    leg = here.calls.leg(here.agent)
    assert leg is not None
    assert leg.bridge is not None
    here.pbx.enter(here.pbx.new(COLLEAGUE, number="0003*211", linkedid=here.customer, state="Up"), leg.bridge)
    return here.hears()


def switches(mode: Mode, *, to: str = "agent", **changed: object) -> Step:
    """Another request wants this mode, on this side."""

    def step(here: Bench) -> Sequence[Effect]:
        spyee = here.agent if to == "agent" else here.customer
        plan = replace(here.plan, mode=mode, spyee=spyee, **changed)  # type: ignore[arg-type]
        return here.is_told(Switch(plan, OTHER_APP))

    return step


def tone_is(outcome: Outcome) -> Step:
    """The notice tone that was asked for first is over."""

    def step(here: Bench) -> Sequence[Effect]:
        notice = here.notices.pop(0)
        notice.outcome = outcome
        return here.is_told(Came(notice))

    return step


def link_comes_back(here: Bench) -> Sequence[Effect]:
    """What was said meanwhile is lost; a snapshot tells."""
    here._fed = len(here.pbx.messages)  # noqa: SLF001 - its own
    changes = here.calls.reset(listed(snapshot_after(here.pbx.messages)), 1795405400.0)
    told = [effect for change in changes for effect in here.operation.on(change, here.world())]
    return [*told, *here.is_told(SnapshotTaken())]


def all_said(here: Bench) -> Sequence[Effect]:
    """Asterisk takes every variable; what follows the last."""
    effects = here.is_told(Answered("variable"))
    while any(isinstance(effect, Send) and effect.tag == "variable" for effect in effects):
        effects = here.is_told(Answered("variable"))
    return effects
