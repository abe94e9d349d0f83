"""One supervision from its PUT to its end, and what the client is answered."""

import asyncio
import time

import pytest

from adapter.lab.fake_ami import FakeAmi, ReceivedAction
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until
from tests.integration.harness import Service, code_of, until_taken

HANGUP_LIMIT_S = 0.5
JOIN_LIMIT_S = 3.0


async def ringing(ami: FakeAmi, count: int = 1) -> str:
    """The uniqueid of the newest ringing phone, once so many have been rung."""
    uniqueid = (await until_taken(ami, "Originate", count))["ChannelId"]
    await until(lambda: uniqueid in ami.pbx.channels)
    return uniqueid


def hung_up(ami: FakeAmi, uniqueid: str) -> ReceivedAction | None:
    """The Hangup of this channel that the adapter asked for."""
    return next((action for action in ami.took("Hangup") if action["Channel"] == uniqueid), None)


async def test_a_client_that_waits_is_answered_200_with_the_new_view(service: Service, ami: FakeAmi) -> None:
    """Prefer: wait is applied, the body is the whole PhoneCall, and the view shows who barged in on whom."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await ringing(ami)
    assert not waiting.done()
    ami.pbx.pick_up(uniqueid)
    await service.until_views("01")
    assert not waiting.done(), "answered is not joined"
    ami.pbx.join(uniqueid)
    answer = await waiting
    assert (answer.status, answer.headers["Preference-Applied"]) == (200, "wait=10")
    views = answer.json["phoneCallView"]
    assert isinstance(views, list)
    assert [view["id"] for view in views] == ["01", "02"]
    assert {name: value for name, value in views[1].items() if name != "answered"} == {
        "id": "02",
        "extension": "0003*210",
        "status": "5",
        "flow": "8",
        "callerId": "John Doe <42420042>",
        "source": ["0003*024"],
        "destination": ["0003*210"],
    }
    ami.pbx.hang_up(uniqueid)
    await service.until_views("01")


@pytest.mark.parametrize(
    ("cause", "status", "code"),
    [
        (17, 409, "pc_sendcallto_busy"),
        (21, 409, "pc_sendcallto_rejected"),
        (1, 409, "pc_sendcallto_unavailable"),
        (19, 409, "pc_sendcallto_unavailable"),
    ],
)
async def test_a_client_that_waits_is_told_why_the_supervisor_did_not_join(
    service: Service, ami: FakeAmi, cause: int, status: int, code: str
) -> None:
    """By the Hangup cause of the supervisor's channel."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    ami.pbx.hang_up(await ringing(ami), cause)
    answer = await waiting
    assert (answer.status, code_of(answer)) == (status, code)
    assert answer.headers["Preference-Applied"] == "wait=10"


async def test_a_phone_without_contact_is_unavailable_at_once(service: Service, ami: FakeAmi) -> None:
    """There never is a channel, so there is no Hangup: the OriginateResponse is all."""
    ami.scripts["Originate"] = ami.originate_without_phone
    answer = await service.barge_in(wait_s=10)
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_unavailable")
    assert not ami.took("Hangup")


async def test_an_originate_that_asterisk_refuses_is_503_and_may_be_tried_again(
    service: Service, ami: FakeAmi
) -> None:
    """A privilege is missing: nothing rings, and the next PUT asks Asterisk anew."""
    ami.scripts["Originate"] = lambda action: action.connection.refuse(action, "Permission denied")
    for count in (1, 2):
        answer = await service.barge_in(wait_s=5)
        assert (answer.status, code_of(answer)) == (503, "service_unavailable")
        assert len(ami.took("Originate")) == count


async def test_a_call_that_ends_while_the_phone_rings_is_204_and_the_phone_is_hung_up_in_500_ms(
    service: Service, ami: FakeAmi, agent: FakeChannel
) -> None:
    """There is no phone call to be returned, and nobody picks up a phone that rings for nothing."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await ringing(ami)
    began = asyncio.get_running_loop().time()
    for one in (agent.uniqueid, agent.linkedid):
        ami.pbx.hang_up(one)
    answer = await waiting
    assert (answer.status, answer.text) == (204, "")
    await until(lambda: hung_up(ami, uniqueid))
    action = hung_up(ami, uniqueid)
    assert action is not None
    assert action.at - began < HANGUP_LIMIT_S


async def test_a_wait_shorter_than_the_ringing_ends_in_202(service: Service, ami: FakeAmi) -> None:
    """The phone rings on, the answer says which wait was applied and where to look."""
    began = time.monotonic()
    answer = await service.barge_in(wait_s=1)
    assert answer.status == 202
    assert 0.9 <= time.monotonic() - began < 2.0
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.headers["Location"]
    uniqueid = await ringing(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await service.until_views("01", "02")


async def test_a_phone_that_asterisk_does_not_stop_ringing_is_stopped_after_waitforpickup(
    service: Service, ami: FakeAmi
) -> None:
    """504 soon after the one second that was asked for; a Hangup, and no channel left."""
    began = time.monotonic()
    answer = await service.barge_in(wait_s=10, waitForPickup="1")
    assert (answer.status, code_of(answer)) == (504, "pc_pickup_timeout")
    assert 1.0 <= time.monotonic() - began < 2.0
    assert answer.headers["Preference-Applied"] == "wait=1"
    await until(lambda: not [one for one in ami.pbx.channels if one.startswith("uapi-")])
    assert len(ami.took("Hangup")) == 1


async def test_the_same_put_twice_rings_once_ringing_and_joined(service: Service, ami: FakeAmi) -> None:
    """The second is answered as the first; once the supervisor has left, the next one rings again."""
    first, second = await service.barge_in(), await service.barge_in()
    assert (first.status, second.status) == (202, 202)
    assert first.json == second.json
    uniqueid = await ringing(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await service.until_views("01", "02")
    joined = await service.barge_in(wait_s=5)
    assert joined.status == 200
    assert len(ami.took("Originate")) == 1
    ami.pbx.hang_up(uniqueid)
    await service.until_views("01")
    assert (await service.barge_in()).status == 202
    assert len(ami.took("Originate")) == 2


async def test_fifty_puts_at_once_ring_once_and_are_all_answered_alike(
    service: Service, ami: FakeAmi
) -> None:
    """Half of them wait, half do not; another supervisor among them rings too."""
    call_id = await service.call_id()
    held: list[ReceivedAction] = []
    ami.scripts["Originate"] = held.append
    puts = [
        asyncio.create_task(service.barge_in(call_id, wait_s=10 if index % 2 else None))
        for index in range(50)
    ]
    other = asyncio.create_task(service.barge_in(call_id, sendCallTo="0003*025"))
    await until(lambda: len(held) == 2)
    assert not any(put.done() for put in puts)
    for action in held:
        ami.originate(action)
    uniqueid = next(action["ChannelId"] for action in held if action["Channel"] == "PJSIP/0003*024")
    assert (await other).status == 202
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    answers = await asyncio.gather(*puts)
    assert [answer.status for answer in answers] == [202, 200] * 25
    assert len(held) == 2


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_supervisor_who_is_put_onto_another_call_is_hung_up_at_once(
    service: Service, ami: FakeAmi, *, is_known: bool
) -> None:
    """ChanSpyStart names another spyee than was asked for: nobody hears a call that was not asked for."""
    other = ami.pbx.begin_trunk_call("0003*211")
    if not is_known:  # its events were lost, or an eventfilter hides it
        for channel in [one for one in ami.pbx.channels.values() if one.linkedid == other.linkedid]:
            ami.pbx.hang_up(channel.uniqueid)
        ami.pbx.channels[other.uniqueid] = other
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await ringing(ami)
    ami.pbx.pick_up(uniqueid)
    began = asyncio.get_running_loop().time()
    ami.pbx.join(uniqueid, other.uniqueid)
    await until(lambda: hung_up(ami, uniqueid))
    action = hung_up(ami, uniqueid)
    assert action is not None
    assert action.at - began < HANGUP_LIMIT_S
    assert code_of(await waiting) == "pc_supervision_ended"
    await service.until_views("01")


async def test_a_phone_that_is_picked_up_and_never_joined_is_hung_up_after_a_limit(
    service: Service, ami: FakeAmi
) -> None:
    """OriginateResponse Success is not joined: it is hung up; and as the call goes on, it is no 204."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await ringing(ami)
    began = time.monotonic()
    ami.pbx.pick_up(uniqueid)
    answer = await waiting
    assert (answer.status, code_of(answer)) == (409, "pc_supervision_ended")
    assert JOIN_LIMIT_S - 0.1 <= time.monotonic() - began < JOIN_LIMIT_S + 1
    await until(lambda: hung_up(ami, uniqueid))


async def test_a_supervisor_who_hangs_up_between_pick_up_and_join_has_rejected(
    service: Service, ami: FakeAmi
) -> None:
    """409, not a wait for the limit."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await ringing(ami)
    ami.pbx.pick_up(uniqueid)
    ami.pbx.hang_up(uniqueid)
    answer = await waiting
    assert (answer.status, code_of(answer)) == (409, "pc_sendcallto_rejected")


async def test_a_client_that_leaves_while_it_waits_stops_nothing(service: Service, ami: FakeAmi) -> None:
    """The supervision goes on, and the next PUT finds it."""
    waiting = asyncio.create_task(service.barge_in(wait_s=10))
    uniqueid = await ringing(ami)
    waiting.cancel()
    await asyncio.wait({waiting})
    ami.pbx.pick_up(uniqueid)
    ami.pbx.join(uniqueid)
    await service.until_views("01", "02")
    assert (await service.barge_in(wait_s=5)).status == 200
    assert len(ami.took("Originate")) == 1


@pytest.mark.parametrize("spyee", ["click:42", "call/7", "a,b", "all", "ALL", "x" * 150])
async def test_a_channel_that_cannot_be_named_exactly_is_not_spied_on(
    service: Service, ami: FakeAmi, spyee: str
) -> None:
    """Its uniqueid, set by whoever originated it, is none to give to ChanSpy: an error, each time at once."""
    channel = FakeChannel("PJSIP/0003*211-000000cc", spyee, spyee, caller=("Ann", "1"))
    ami.pbx.channels[spyee] = channel
    ami.drop()
    await service.until_synced(ami, 1)
    call_id = await service.call_id("@me/0003*211")
    for _ in range(2):
        async with asyncio.timeout(3):
            answer = await service.barge_in(call_id, "@me/0003*211", wait_s=1)
        assert 400 <= answer.status <= 503
        assert answer.status != 500
    assert not ami.took("Originate")
