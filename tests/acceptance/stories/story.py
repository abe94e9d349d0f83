"""One story: phones, steps, what the list should show at each, and the recorder."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapter.asterisk.message import read_headers
from adapter.asterisk.naming import OUR_PREFIX
from adapter.lab import LabError, Phone, Phones, wait_until_heard
from adapter.lab.adapter_process import Adapter
from adapter.lab.asterisk import Pbx
from adapter.lab.configuration import TEST_AMI_USERNAME
from adapter.lab.polling import poll_until, until_seen
from tests.acceptance.harness import Json, Lab, views_of

from .recorder import Headers, Recorder, recording

TRACES = Path(__file__).parents[2] / "traces"
STEP_DEADLINE_S = 1.5
END_DEADLINE_S = 5.0
HEARD_DEADLINE_S = 3.0

DATES = ("onHold", "parked", "recording")
"""Fields of a view that are dates: a story asks whether they are there."""

ACCEPTED = 202

ANY = "any"
"""A view id where it is not said who is rung first."""

View = dict[str, object]


def view(view_id: str, extension: str, status: str, source: str, destination: str, **also: object) -> View:
    """What the list should show; `source` and `destination` are numbers with blanks between them.

    `also`: further fields; the dates `onHold`, `parked` and `recording` as True. Only `disposition` may be
    in the list without being named here.
    """
    return {
        "id": view_id,
        "extension": extension,
        "status": status,
        "source": source.split(),
        "destination": sorted(destination.split()),
        **also,
    }


def supervising(number: str, view_id: str) -> View:
    """The view of 0003*024, who is joined to the extension's talk."""
    return view(view_id, number, "5", "0003*024", number)


def between(
    caller: str,
    callee: str,
    *,
    ids: tuple[str, str] = ("01", "02"),
    statuses: tuple[str, str] = ("5", "5"),
) -> list[View]:
    """The two views of a call between two extensions, the caller's first."""
    return [
        view(view_id, extension, status, caller, callee)
        for view_id, extension, status in zip(ids, (caller, callee), statuses, strict=True)
    ]


@dataclass
class Story:
    """A story that is being told; wrong lists are noted, and it fails at its end with all of them."""

    lab: Lab
    recorder: Recorder
    hand: Recorder
    """The tester's own AMI session, which may do more than the adapter's."""
    wrong: list[str] = field(default_factory=list)

    # -- phones ----------------------------------------------------------------------------------------

    async def phone(self, number: str) -> Phone:
        """An extension's phone, named after its number."""
        return await self.lab.phones.callee(number, name=number)

    async def customer(self, callee: str, number: str = "777888") -> Phone:
        """A customer of the public network who calls."""
        return await self.lab.phones.caller(
            number, callee=callee, name=number, trunk=True, display="John Doe"
        )

    async def dialing(self, number: str, callee: str) -> Phone:
        """A phone of ours that calls."""
        return await self.lab.phones.caller(number, callee=callee, name=f"{number} dialing {callee}")

    async def talk(self, number: str) -> tuple[Phone, Phone]:
        """The extension's phone and a customer who has called it, talking."""
        agent, customer = await self.phone(number), await self.customer(number)
        await self.answer(agent, customer)
        return agent, customer

    async def answer(self, phone: Phone, *others: Phone) -> None:
        """It rings, is picked up, and the others' calls are answered by that."""
        await phone.ringing()
        phone.pick_up()
        for talking in (phone, *others):
            await talking.answered()

    async def begin(self, phone: Phone, caller: Phone, *, ringing: list[View], talking: list[View]) -> None:
        """The phone rings for the caller and is picked up; the list shows both."""
        await phone.ringing()
        await self.step("ringing", ringing)
        await self.answer(phone, caller)
        await self.step("talking", talking)

    async def hang_up(self, phone: Phone, *others: Phone) -> None:
        """It hangs up, which ends the others' calls."""
        phone.hang_up()
        for ending in (phone, *others):
            await ending.ended()

    # -- what is done over AMI and HTTP -----------------------------------------------------------------

    async def channel(self, peer: str) -> str:
        """The name of the only live channel that begins so, in the layout's own words."""
        return (await self._only(peer))["Channel"]

    async def uniqueid(self, peer: str) -> str:
        """Its uniqueid."""
        return (await self._only(peer))["Uniqueid"]

    async def ask(self, action: str, **headers: str) -> None:
        """Have Asterisk do something. Raises LabError where it refuses."""
        answer = await self.hand.ask(action, action, **headers)
        if answer["Response"] != "Success":
            raise LabError(f"{action}: {answer}")

    async def barge_in(
        self, number: str, supervisor: str = "0003*024", *, action: str = "BargeIn", follow: str | None = None
    ) -> Phone | None:
        """A supervisor's phone that was picked up and joined to the extension's talk; none if refused."""
        phone = await self.phone(supervisor)
        for call in await self.lab.calls(f"@me/{number}"):
            for view_id, shown in views_of(call).items():
                if shown["extension"] == number and shown["status"] == "5":
                    answer = await self.lab.barge_in(
                        str(call["id"]),
                        number,
                        supervisor=supervisor,
                        action=action,
                        phoneCallViewId=view_id,
                        follow=follow,
                    )
                    if answer.status == ACCEPTED:
                        await self.answer(phone)
                        return phone
                    self.wrong.append(f"{action} of {number}: {answer.status} {answer.text}")
                    return None
        self.wrong.append(f"{action} of {number}: it is on no call")
        return None

    async def visit(self, number: str, view_id: str, talking: list[View], *phones: Phone) -> None:
        """A supervisor joins the extension's talk with a view of its own, all hear all, and it leaves."""
        supervisor = await self.barge_in(number)
        await self.step("joined", [*talking, supervising(number, view_id)])
        if supervisor:
            await self.until_all_heard(*phones, supervisor)
            await self.hang_up(supervisor)
            await until_seen(self._supervisors, lambda found: not found, within=END_DEADLINE_S)

    # -- what is seen ------------------------------------------------------------------------------------

    async def step(self, name: str, *calls: list[View]) -> None:
        """The list shows exactly these calls, each with these views; then all channels are recorded."""
        wanted = [sorted(views, key=_order) for views in calls]

        async def look() -> list[list[View]]:
            return [_seen(call, wanted) for call in await self.lab.calls()]

        try:
            await until_seen(look, lambda seen: _are_same(seen, wanted), within=STEP_DEADLINE_S)
        except LabError as late:
            self.wrong.append(f"{name}:\n  wanted {wanted}\n  {late}")
        await self.recorder.snapshot(name)

    async def until_all_heard(self, *phones: Phone) -> None:
        """Everyone hears everyone else, measured."""
        everyone = itertools.permutations([phone.name for phone in phones], 2)
        try:
            await wait_until_heard(phones, set(everyone), within=HEARD_DEADLINE_S)
        except LabError as unheard:
            self.wrong.append(str(unheard))

    async def hears(self, name: str, times: int = 1) -> bool:
        """Whether Asterisk has told of so many events of this name by now, or does so soon."""
        return await poll_until(lambda: self.told(name) >= times or None, STEP_DEADLINE_S) is not None

    def told(self, name: str) -> int:
        """How many events of this name Asterisk has told of."""
        return sum(message.startswith(f"Event: {name}\n") for message in self.recorder.messages)

    async def _only(self, peer: str) -> Headers:
        begins = self.lab.pbx.layout.here(peer)
        found = [one for one in await self._channels() if one["Channel"].startswith(begins)]
        if len(found) != 1:
            raise LabError(f"the channels of {peer} are {found}")
        return found[0]

    async def _supervisors(self) -> list[Headers]:
        """The channels of ours: Asterisk lists one for a moment after its phone has hung up."""
        return [one for one in await self._channels() if one["Uniqueid"].startswith(OUR_PREFIX)]

    async def _channels(self) -> list[Headers]:
        before = len(self.hand.messages)
        await self.hand.snapshot("channels")
        messages = (message.replace("\n", "\r\n") for message in self.hand.messages[before:])
        return [one for one in map(read_headers, messages) if one["Event"] == "CoreShowChannel"]

    async def until_over(self) -> None:
        """Wait until no channel is left and the list is empty."""

        async def left() -> tuple[list[Headers], list[Json]]:
            return await self._channels(), await self.lab.calls()

        await until_seen(left, lambda left: left == ([], []), within=END_DEADLINE_S)


@dataclass(frozen=True)
class Stage:
    """Where the stories of one module are told, one after the other: a PBX and the adapter beside it."""

    pbx: Pbx
    adapter: Adapter
    token: str = field(repr=False)
    folder: Path
    is_recording: bool

    @contextlib.asynccontextmanager
    async def tell(self, name: str, *, is_traced: bool = True) -> AsyncIterator[Story]:
        """Tell one story, which fails at its end where a list was wrong. `name` is its trace's."""
        async with (
            recording(self.pbx, self.pbx.ami_username) as recorder,
            recording(self.pbx, TEST_AMI_USERNAME) as hand,
        ):
            async with Phones(self.pbx, self.folder / name) as phones:
                story = Story(Lab(self.pbx, self.adapter, phones, self.token), recorder, hand)
                yield story
                await story.until_over()
                await recorder.snapshot("over")
            if self.is_recording and is_traced:
                recorder.save(TRACES / f"{name}.ami")
        if story.wrong:
            pytest.fail("\n".join(story.wrong), pytrace=False)


def _order(shown: View) -> tuple[str, ...]:
    return (str(shown["extension"]), str(shown["source"]), str(shown["destination"]), str(shown["id"]))


def _are_same(seen: list[list[View]], wanted: list[list[View]]) -> bool:
    return len(seen) == len(wanted) and all(
        len(these) == len(those)
        and all(
            one == {**other, "id": one["id"] if other["id"] == ANY else other["id"]}
            for one, other in zip(these, those, strict=True)
        )
        for these, those in zip(seen, wanted, strict=True)
    )


def _seen(call: Json, wanted: list[list[View]]) -> list[View]:
    """The views of a call as `view` writes them."""
    asked = {name for views in wanted for one in views for name in one}
    return sorted(
        (_shown(one, is_disposed="disposition" in asked) for one in views_of(call).values()), key=_order
    )


def _shown(listed: Json, *, is_disposed: bool) -> View:
    names = ["id", "extension", "status", "source", "parkedPos", "parkedBy", "holder"]
    names += ["disposition"] if is_disposed else []
    destination = listed["destination"]
    assert isinstance(destination, list)
    return {
        **{name: listed[name] for name in names if name in listed},
        "destination": sorted(destination),
        **{name: True for name in DATES if name in listed},
    }
