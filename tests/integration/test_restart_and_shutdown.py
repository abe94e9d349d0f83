"""What a new adapter makes of the channels that an earlier one left, and what an ending one leaves."""

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel, FakeState
from adapter.lab.polling import until
from tests.integration.harness import REQUEST, Service, code_of, running_service, token, until_taken


def spy_on(agent: FakeChannel, **more: object) -> FakeChannel:
    """A supervisor's channel of an earlier adapter, joined to the agent's."""
    channel = FakeChannel(
        name="PJSIP/0003*024-000000dd",
        uniqueid="uapi-earlier",
        linkedid="uapi-earlier",
        caller=("John Doe", "42420042"),
        application="ChanSpy",
        data=f"{agent.uniqueid},quBE",
        began_at=agent.began_at,
    )
    return replace(channel, **more)  # type: ignore[arg-type]


async def test_a_joined_spy_of_an_earlier_adapter_is_shown_and_goes_on(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """The barge-in's view is there, a PUT for the same supervisor does not ring, its end ends the view."""
    spy = spy_on(agent)
    ami.pbx.channels = {spy.uniqueid: spy, **ami.pbx.channels}
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        views = await service.until_views("01", "02")
        assert views[1]["source"] == ["0003*024"]
        assert views[1]["callerId"] == "John Doe <42420042>"
        assert (await service.barge_in(wait_s=5)).status == 200
        assert not ami.took("Originate")
        assert not ami.took("Hangup")
        ami.pbx.hang_up(spy.uniqueid)
        await service.until_views("01")


@pytest.mark.parametrize(
    "state", [FakeState.DOWN, FakeState.RINGING, FakeState.UP], ids=["down", "ringing", "up and not spying"]
)
async def test_a_phone_that_rings_for_an_earlier_adapter_is_hung_up(
    ami: FakeAmi, agent: FakeChannel, directory: Path, state: FakeState
) -> None:
    """Nobody can follow its request any more; other people's channels stay."""
    stray = spy_on(agent, state=state, application="AppDial" if state is FakeState.UP else "", data="")
    ami.pbx.channels[stray.uniqueid] = stray
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        assert (await until_taken(ami, "Hangup"))["Channel"] == stray.uniqueid
        assert len(ami.took("Hangup")) == 1
        assert len(await service.until_views("01")) == 1


async def test_a_spy_of_an_earlier_adapter_whose_call_is_unknown_is_hung_up(
    ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Its spyee is not in the snapshot: it may be about to hear whatever comes next."""
    spy = spy_on(agent, data="1.1,quBE")
    ami.pbx.channels[spy.uniqueid] = spy
    async with running_service(ami, directory):
        assert (await until_taken(ami, "Hangup"))["Channel"] == spy.uniqueid


async def test_an_ending_adapter_answers_who_waits_and_leaves_no_phone_ringing(
    service: Service, ami: FakeAmi
) -> None:
    """503 to each PUT that waits, a Hangup for each ringing phone, none for the one that is joined."""
    call_id = await service.call_id()
    waits = [asyncio.create_task(service.barge_in(call_id, wait_s=10))]
    joined = (await until_taken(ami, "Originate"))["ChannelId"]
    ami.pbx.pick_up(joined)
    ami.pbx.join(joined)
    assert (await waits.pop()).status == 200
    for count, supervisor in enumerate(("0003*025", "0003*025", "0003*026"), 2):
        waits.append(asyncio.create_task(service.barge_in(call_id, sendCallTo=supervisor, wait_s=10)))
        await until_taken(ami, "Originate", min(count, 2) if count < 4 else 3)
    await until(lambda: len([one for one in ami.pbx.channels if one.startswith("uapi-")]) == 3)
    async with asyncio.timeout(5):
        await service.runner.cleanup()
        answers = await asyncio.gather(*waits)
    for answer in answers:
        assert (answer.status, code_of(answer)) == (503, "service_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert [one for one in ami.pbx.channels if one.startswith("uapi-")] == [joined]


async def test_an_ending_adapter_does_not_wait_long_for_a_mute_asterisk(
    service: Service, ami: FakeAmi
) -> None:
    """The Hangup is never answered: the process ends all the same."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    await until_taken(ami, "Originate")
    await until(lambda: ami.pbx.channels)
    ami.is_mute = True
    async with asyncio.timeout(5):
        await service.runner.cleanup()
        assert (await waiting).status == 503
    assert len(ami.took("Hangup")) == 1


async def test_a_put_whose_body_ends_after_the_shutdown_began_rings_nobody(
    service: Service, ami: FakeAmi
) -> None:
    """Its last byte comes when the ringing phones are hung up already: nobody would hang up this one."""
    body = json.dumps(REQUEST).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = (
        f"PUT /uapi/phoneCalls/@me/0003*210/{await service.call_id()} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {token()}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body[:-1])
    await writer.drain()
    await service.link()  # it was read by now
    ending = asyncio.create_task(service.runner.cleanup())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(ending), 0.2)
    with contextlib.suppress(ConnectionError):
        writer.write(body[-1:])
        await writer.drain()
        await reader.read()
    await ending
    writer.close()
    assert not [one for one in ami.pbx.channels if one.startswith("uapi-")]
