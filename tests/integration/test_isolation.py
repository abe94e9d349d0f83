"""Another organization's things, asked for a thousand times over: as if there were none."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from tests.integration.harness import REQUEST, Service, running_service

SEED = 20120627
PROBES = 1200
AT_ONCE = 16
HIDDEN_USERS = ("12", "13")
HIDDEN_EXTENSIONS = ("0003*210", "0003*211", "0003*21", "0003*024", "0003*025", "0003*500")
OWN_NAMES = ("@me", "@viewer", "@owner", "40")
OWN_EXTENSIONS = ("@self", "0004*300", "300")
NO_EXTENSION = {8: "0003*999", 7: "0003*99"}
"""Extensions that nobody has, by the length of the hidden one that they stand for."""


@dataclass(frozen=True)
class Probe:
    """One request of the stranger; `{hidden}` stands where it names what is not its own."""

    method: str
    path: str
    hidden: str
    absent: str
    body: dict[str, object] | None = None
    prefer: str = ""

    async def ask(self, service: Service, named: str) -> Answer:
        body = None if self.body is None else _filled(self.body, named)
        headers = {"Prefer": self.prefer} if self.prefer else {}
        path = self.path.replace("{hidden}", named)
        return await service.request(self.method, path, client="stranger", body=body, headers=headers)


def _filled(body: dict[str, object], named: str) -> dict[str, object]:
    return {
        name: value.replace("{hidden}", named) if isinstance(value, str) else value
        for name, value in body.items()
    }


def shown(answer: Answer, named: str) -> tuple[int, dict[str, str], str]:
    """All of an answer but its date, what was named taken out.

    Of a tag only that there is one: it is made of the question's own address too, which is another here. That
    it tells nothing of others' calls has a test of its own below.
    """
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    if "Etag" in headers:
        headers["Etag"] = "a tag"
    return answer.status, headers, answer.text.replace(named, "{hidden}")


def probes(random_: random.Random, hidden_calls: list[str], own_calls: list[str]) -> Iterator[Probe]:
    """Requests that name a hidden user, extension, call or view, or let a hidden phone ring."""
    while True:
        kind = random_.choice(["user", "extension", "call", "filter", "ring", "view"])
        user, extension = random_.choice(OWN_NAMES), random_.choice(OWN_EXTENSIONS)
        call = random_.choice([*own_calls, *hidden_calls])
        body: dict[str, object] = {
            **REQUEST,
            "action": random_.choice(["BargeIn", "BargeIn", "BargeIn", "Monitor", ""]),
            "sendCallTo": random_.choice(["0004*301", "301", "0003*024", "x"]),
            "phoneCallViewId": random_.choice(["01", "02", "03", "x"]),
        }
        hidden, absent = random_.choice(hidden_calls), f"{random_.getrandbits(80):020x}"
        if kind == "user":
            hidden, absent, user = random_.choice(HIDDEN_USERS), "99", "{hidden}"
            extension = random_.choice([*OWN_EXTENSIONS, *HIDDEN_EXTENSIONS])
        elif kind == "extension":
            hidden = random_.choice(HIDDEN_EXTENSIONS)
            absent, extension = NO_EXTENSION[len(hidden)], "{hidden}"
        elif kind == "call":
            call = "{hidden}"
        elif kind == "ring":
            hidden = random_.choice(HIDDEN_EXTENSIONS)
            absent = NO_EXTENSION[len(hidden)]
            body |= {"sendCallTo": "{hidden}", "action": "BargeIn"}
            call, user, extension = random_.choice(own_calls), "@me", "@self"
        elif kind == "view":
            hidden, absent = random_.choice([("01", "77"), ("02", "88")])
            body |= {"phoneCallViewId": "{hidden}", "sendCallTo": "0004*301", "action": "BargeIn"}
            call = random_.choice(hidden_calls)
        path = f"/uapi/phoneCalls/{user}/{extension}"
        if kind == "filter":
            operator = random_.choice(["equals", "contains", "startsWith", "inArray"])
            yield Probe(
                "GET", f"{path}?filterBy=id&filterOp={operator}&filterValue={{hidden}}", hidden, absent
            )
            continue
        method = (
            "PUT" if kind in ("ring", "view") else random_.choice(["GET", "PUT", "DELETE", "LIST", "HEAD"])
        )
        if method == "LIST" and kind != "call":
            yield Probe("GET", path, hidden, absent, prefer=random_.choice(["", "return=minimal"]))
        elif method == "PUT":
            yield Probe(
                "PUT",
                f"{path}/{call}",
                hidden,
                absent,
                body,
                prefer=random_.choice(["", "wait=1", "wait=30"]),
            )
        else:
            yield Probe(method if method != "LIST" else "GET", f"{path}/{call}", hidden, absent)


@pytest.fixture
def hidden(ami: FakeAmi) -> list[FakeChannel]:
    """Calls of organization 3, besides the one of 0003*210."""
    return [ami.pbx.add_trunk_call(number) for number in ("0003*211", "0003*024")]


@pytest.fixture
def strangers(ami: FakeAmi) -> FakeChannel:
    """A call of organization 4."""
    return ami.pbx.add_trunk_call("0004*300")


@pytest.mark.usefixtures("hidden", "strangers")
@pytest.mark.parametrize("single_call", ["bare", "collection"])
async def test_no_request_tells_another_organizations_things_from_nothing(
    ami: FakeAmi, agent: FakeChannel, directory: Path, single_call: str
) -> None:
    """Status, headers and body are those of what does not exist, and Asterisk hears of none of it."""
    assert agent
    async with running_service(ami, directory, single_call=single_call) as service:
        await service.until_link("READY")
        own = [str(call["id"]) for call in await service.calls(client="stranger")]
        others = [str(call["id"]) for call in await service.calls(client="wallboard")]
        assert (len(own), len(others)) == (1, 3)
        actions = len(ami.actions)
        generated = probes(random.Random(SEED), others, own)  # noqa: S311 - the same every time
        asked = [next(generated) for _ in range(PROBES // 2)]
        slots, wrong, statuses = asyncio.Semaphore(AT_ONCE), [], set()

        async def compare(probe: Probe) -> None:
            async with slots:
                there = await probe.ask(service, probe.hidden)
                not_there = await probe.ask(service, probe.absent)
            statuses.add(there.status)
            if shown(there, probe.hidden) != shown(not_there, probe.absent):
                wrong.append((probe, there, not_there))

        await asyncio.gather(*map(compare, asked))
        assert not wrong
        assert statuses >= {200, 400, 501}, "the probes reached too little to show anything"
        assert len({str(replace(probe, absent="")) for probe in asked}) > PROBES // 4
        assert ami.actions[actions:] == []


async def test_of_a_call_between_two_organizations_each_sees_its_own_side(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """One call, one id, and a view each; the other's view is as one that does not exist."""
    stranger = replace(ami.pbx.add_trunk_call("0004*300"), linkedid=agent.linkedid)
    ami.pbx.channels[stranger.uniqueid] = stranger
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        seen = {}
        for client in ("wallboard", "stranger", "operator"):
            [call] = [one for one in await service.calls(client=client) if len(one["phoneCallView"])]
            seen[client] = call
        assert len({call["id"] for call in seen.values()}) == 1
        views = {
            client: {view["extension"]: view["id"] for view in call["phoneCallView"]}
            for client, call in seen.items()
        }
        assert {client: set(of) for client, of in views.items()} == {
            "wallboard": {"0003*210"},
            "stranger": {"0004*300"},
            "operator": {"0003*210", "0004*300"},
        }
        assert (seen["stranger"]["extension"], seen["stranger"]["ownerId"]) == ("0004*300", "4")
        assert "Default Organization" not in str(seen["stranger"])
        answers = [
            await service.barge_in(
                str(seen["stranger"]["id"]),
                "@me/@self",
                client="stranger",
                phoneCallViewId=view_id,
                sendCallTo="0004*301",
            )
            for view_id in (views["wallboard"]["0003*210"], "77")
        ]
        assert shown(answers[0], "\0") == shown(answers[1], "\0")
        assert answers[0].status == 400
        assert not ami.took("Originate")


async def test_a_strangers_question_is_not_answered_otherwise_when_others_are_busy(
    service: Service, ami: FakeAmi
) -> None:
    """Its own list did not change: neither does what it is told of it, the tag included."""
    before = await service.get(client="stranger")
    ami.pbx.begin_trunk_call("0003*211")
    await until_seen(service.calls, lambda calls: len(calls) == 2)
    after = await service.get(client="stranger")
    assert (before.status, before.text) == (after.status, after.text)
    assert before.headers["Etag"] == after.headers["Etag"], "the tag tells how busy other organizations are"
