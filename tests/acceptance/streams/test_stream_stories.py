"""A supervisor without a phone through a call's life: switches, a transfer, hold, ends, rights."""

import asyncio
import itertools
import json
import time
from typing import Any

import aiohttp
import pytest

from adapter.lab import Phone, Step
from adapter.lab.adapter_process import Answer
from adapter.lab.polling import until_seen
from adapter.media.client_socket import SUBPROTOCOL
from tests.acceptance.harness import code_of
from tests.acceptance.stories.story import Stage, Story
from tests.acceptance.streams.listener import audio_of, listening
from tests.acceptance.streams.test_stream_modes import heard
from tests.acceptance.supervision.asking import (
    address_of,
    reason_of_end,
    supervision,
    until_joined,
    until_told,
)
from tests.acceptance.supervision.hearing import until_right
from tests.acceptance.supervision.test_modes import MODES, OK, join, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCEPTED, BAD, FORBIDDEN, UNKNOWN, CONFLICT = 202, 400, 403, 404, 409
TALK = {("0003*210", "777888"), ("777888", "0003*210")}


async def stream(story: Story, call_id: str, mode: str = "BargeIn", **fields: Any) -> Answer:  # noqa: ANN401 - JSON
    """A supervision that a stream brings, waiting for its listener."""
    answer = await story.lab.barge_in(call_id, media="stream", **MODES[mode], **fields)
    assert answer.status == ACCEPTED, answer.text
    return answer


async def test_every_switch_of_a_stream_changes_who_hears_whom(stage: Stage) -> None:
    """The same PUT with another action; the client is told each mode."""
    async with stage.tell("stream-switches", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await stream(story, call_id, "Monitor")
        async with listening(story.lab, audio_of(answer)) as listener:
            everyone: Any = (agent, customer, listener)
            await until_right(everyone, heard("Monitor"), time.time())
            for mode in _walk():
                asked_at = time.time()
                await stream(story, call_id, mode)
                await until_right(everyone, heard(mode), asked_at)
                await listener.until_told("joined", mode=mode)
        await story.hang_up(customer, agent)


def _walk() -> list[str]:
    """A way from Monitor over every ordered pair of modes, each once."""
    unused = {mode: [other for other in MODES if other != mode] for mode in MODES}
    way, stack = [], ["Monitor"]
    while stack:
        if unused[stack[-1]]:
            stack.append(unused[stack[-1]].pop())
        else:
            way.append(stack.pop())
    assert set(itertools.pairwise(way[::-1])) == set(itertools.permutations(MODES, 2))
    return way[::-1][1:]


async def test_the_end_of_the_call_closes_the_stream_and_says_so(stage: Stage) -> None:
    """The last message has the reason, and the trail has the medium and how long audio flowed."""
    async with stage.tell("stream-call-ends", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await stream(story, call_id)
        async with listening(story.lab, audio_of(answer)) as listener:
            everyone: Any = (agent, customer, listener)
            await until_right(everyone, heard("BargeIn"), time.time())
            await story.hang_up(customer, agent)
            await listener.until_told("ended", reason="call_ended")
            await until_seen(_closed(listener.socket), bool, within=3.0, log=lambda: str(listener.told))
        assert await reason_of_end(story.lab, address_of(answer)) == "call_ended"
    of_this = address_of(answer).rpartition("/")[2]

    async def lines() -> list[dict[str, Any]]:
        trail = [json.loads(line) for line in (stage.folder / "audit.jsonl").read_text().splitlines()]
        return [line for line in trail if line.get("supervision") == of_this and "media" in line]

    def has_ended(found: list[dict[str, Any]]) -> bool:
        return "stream ended" in {line["event"] for line in found}

    found = await until_seen(lines, has_ended, within=3.0, log=lambda: story.lab.adapter.log)
    assert {line["media"] for line in found} == {"stream"}
    [ended] = [line for line in found if line["event"] == "stream ended"]
    assert ended["to_client_s"] > 0.3
    assert ended["from_client_s"] > 0.3


def _closed(socket: aiohttp.ClientWebSocketResponse) -> Any:  # noqa: ANN401 - what until_seen takes
    async def look() -> bool:
        return socket.closed

    return look


async def test_delete_ends_it_and_the_talk_goes_on(stage: Stage) -> None:
    """By the number in whose name it is supervised."""
    async with stage.tell("stream-delete", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await stream(story, call_id)
        async with listening(story.lab, audio_of(answer)) as listener:
            await until_joined(story.lab, address_of(answer))
            path = f"/uapi/phoneCalls/@me/0003*210/{call_id}?phoneNumber=0003*024"
            deleted = await story.lab.adapter.request("DELETE", path, token=story.lab.token)
            assert deleted.status == OK, deleted.text
            await listener.until_told("ended", reason="ended_by_request")
        await until_right((agent, customer), TALK, time.time())
        await story.hang_up(customer, agent)


async def test_it_follows_the_call_to_the_party_that_stays(stage: Stage) -> None:
    """After a blind transfer the supervisor goes on with the customer, and is told the new parties."""
    async with stage.tell("stream-follows", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        colleague = await story.phone("0003*211")
        answer = await stream(story, call_id, follow="call")
        async with listening(story.lab, audio_of(answer)) as listener:
            everyone: Any = (agent, customer, listener)
            await until_right(everyone, heard("BargeIn"), time.time())
            await agent.transfer("0003*211")
            await story.answer(colleague)
            now: Any = (colleague, customer, listener)
            names = ("0003*211", "777888", "stream")
            await until_right(now, set(itertools.permutations(names, 2)), time.time())
            parties: Any = (await listener.until_told("reattached"))["parties"]
            assert set(parties) == {"0003*211", "777888"}
        await until_right((colleague, customer), set(itertools.permutations(names[:2], 2)), time.time())
        await story.hang_up(customer, colleague)


async def test_in_a_hold_nobody_hears_it_and_it_goes_on_afterwards(stage: Stage) -> None:
    """The client is told of the hold; one that is opened in a hold joins when the hold ends."""
    async with stage.tell("stream-hold", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await stream(story, call_id)
        async with listening(story.lab, audio_of(answer)) as listener:
            everyone: Any = (agent, customer, listener)
            await until_right(everyone, heard("BargeIn"), time.time())
            await agent.hold()
            await listener.until_told("hold", onHold=True)
            await agent.unhold()
            await listener.until_told("hold", onHold=False)
            await until_right(everyone, heard("BargeIn"), time.time())
        await agent.hold()
        answer = await stream(story, call_id)
        async with listening(story.lab, audio_of(answer)) as listener:
            everyone = (agent, customer, listener)
            await until_told(story.lab, address_of(answer), lambda told: told["state"] == "waiting")
            await until_right((listener,), set(), time.time())  # type: ignore[arg-type]
            await agent.unhold()
            await until_right(everyone, heard("BargeIn"), time.time())
        await story.hang_up(customer, agent)


async def test_a_phone_and_a_stream_supervise_one_call(stage: Stage) -> None:
    """Each in its mode; they never hear each other."""
    async with stage.tell("stream-and-phone", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phone = await join(story, call_id, "Whisper", "0003*025")
        answer = await stream(story, call_id)
        async with listening(story.lab, audio_of(answer)) as listener:
            wanted = heard("BargeIn") | heard("Whisper", "0003*025")
            everyone: Any = (agent, customer, phone, listener)
            await until_right(everyone, wanted, time.time())
        await until_right((agent, customer, phone), heard("Whisper", "0003*025"), time.time())
        await story.hang_up(customer, agent)


async def test_nobody_but_who_asked_opens_it_and_only_once(stage: Stage) -> None:
    """All is refused before the upgrade, with a code; what is refused takes nothing from who may."""
    async with stage.tell("stream-rights", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        lab, answer = story.lab, await stream(story, call_id)
        address = audio_of(answer).replace("ws", "http", 1)
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
        }
        other = await lab.adapter.token("operator")

        async def opens(
            token: str | None = lab.token, query: str = "", **changed: str | None
        ) -> tuple[int, object]:
            headers = {name: value for name, value in (upgrade | changed).items() if value is not None}
            refused = await lab.adapter.request("GET", address + query, token=token, headers=headers)
            return refused.status, code_of(refused)

        assert await opens(token=None) == (401, "access_denied")
        assert await opens(token="x") == (401, "access_denied")
        assert await opens(token=other) == (FORBIDDEN, "access_forbidden")
        assert await opens(Origin="https://evil.example") == (FORBIDDEN, "access_forbidden")
        assert await opens(query="?rate=44100") == (BAD, "rate_invalid")
        assert await opens(query="?channels=2") == (501, "request_not_implemented")
        assert await opens(Upgrade=None, Connection=None) == (BAD, "subprotocol_invalid")
        protocol = {"Sec-WebSocket-Protocol": "chat"}
        assert await opens(**protocol) == (BAD, "subprotocol_invalid")
        async with listening(lab, audio_of(answer)) as listener:
            await until_joined(lab, address_of(answer))
            assert await opens() == (CONFLICT, "stream_opened")
            everyone: Any = (agent, customer, listener)
            await until_right(everyone, heard("BargeIn"), time.time())
        assert await reason_of_end(lab, address_of(answer)) == "supervisor_left"
        assert await opens() == (CONFLICT, "stream_opened")
        await story.hang_up(customer, agent)


async def test_a_stream_that_nobody_opens_ends_and_rings_nobody(stage: Stage) -> None:
    """After waitForPickup; the supervisor's phone never rang, and no channel was made."""
    async with stage.tell("stream-unopened", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        phone: Phone = await story.phone("0003*024")
        answer = await stream(story, call_id, waitForPickup=1)
        assert (await supervision(story.lab, address_of(answer)))["state"] == "requested"
        assert await reason_of_end(story.lab, address_of(answer)) == "pickup_timeout"
        assert Step.RINGING not in [entry.step for entry in phone.journal]
        await until_right((agent, customer), TALK, time.time())
        await story.hang_up(customer, agent)


async def test_a_broken_connection_is_a_hang_up(stage: Stage) -> None:
    """The client is gone without a word: nobody hears it, and it hears nobody."""
    async with stage.tell("stream-broken", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await stream(story, call_id)
        async with listening(story.lab, audio_of(answer)) as listener:
            await until_joined(story.lab, address_of(answer))
            connection = listener.socket._response.connection  # noqa: SLF001 - to cut it
            assert connection is not None
            assert connection.transport is not None
            connection.transport.abort()
            assert await reason_of_end(story.lab, address_of(answer)) == "supervisor_left"
        await until_right((agent, customer), TALK, time.time())
        await story.hang_up(customer, agent)


async def test_a_hundred_openings_of_one_stream_open_one(stage: Stage) -> None:
    """At once: one listens, and all others are told that they do not."""
    async with stage.tell("stream-rush", is_traced=False) as story:
        agent, customer, call_id = await talking(story)
        answer = await stream(story, call_id)
        headers = {"Authorization": f"Bearer {story.lab.token}"}
        async with aiohttp.ClientSession() as http:

            async def opens() -> aiohttp.ClientWebSocketResponse | int:
                try:
                    return await http.ws_connect(audio_of(answer), headers=headers, protocols=(SUBPROTOCOL,))
                except aiohttp.WSServerHandshakeError as refused:
                    return refused.status

            came = await asyncio.gather(*(opens() for _ in range(100)))
            sockets = [one for one in came if not isinstance(one, int)]
            assert len(sockets) == 1
            assert {one for one in came if isinstance(one, int)} == {CONFLICT}
            await sockets[0].close()
        assert await reason_of_end(story.lab, address_of(answer)) == "supervisor_left"
        await story.hang_up(customer, agent)
