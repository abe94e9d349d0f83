"""The adapter dies with fifty calls up and five supervisors joined; Asterisk dies under the adapter."""

import contextlib
import functools
import secrets
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from adapter.lab import LabError, Pbx, Phones, running_asterisk
from adapter.lab.adapter_process import Adapter, running_adapter
from adapter.lab.asterisk import HOST
from adapter.lab.polling import until, until_seen
from adapter.lab.processes import die_with_parent, end_process, kill_process, start_process
from tests.acceptance.harness import Json, Lab, views_of

CALLS = 50
AGENT = "0003*210"
SUPERVISORS = ("0003*211", "0003*21", "0003*024", "0003*025", "0003*026")
CALLS_PER_S = 10
CALLS_DEADLINE_S = 60.0
READY_DEADLINE_S = 30.0
EMPTY_WITHIN_S = 1.0
RINGS_FOR_S = 4.0
ALL = "/uapi/phoneCalls/@me/@self?count=200"

EXACT = ("id", "extension", "source", "destination", "status", "flow", "callerId")
"""What a view shows after a restart exactly as before."""


@contextlib.asynccontextmanager
async def crowd(pbx: Pbx, phones: Phones, folder: Path) -> AsyncIterator[None]:
    """An agent's phone that picks up by itself and says what it hears, and customers who all call it."""
    async with contextlib.AsyncExitStack() as stack:

        async def play(name: str, *options: str) -> None:
            place = folder / name
            place.mkdir(parents=True)
            command = ("sipp", *options, "-nostdin", "-f", "3600")
            process = await start_process(die_with_parent(command), place, place / "output")
            stack.push_async_callback(end_process, process)

        def media(ip: str) -> tuple[str, ...]:
            return ("-mi", ip, "-mp", str(pbx.ports.take(ip, 4)), "-ci", ip, "-cp", str(pbx.ports.take(ip)))

        port = pbx.ports.take(HOST)
        await play("agent", "-sn", "uas", "-rtp_echo", "-i", HOST, "-p", str(port), *media(HOST))
        await phones.register(AGENT, f"{HOST}:{port}")
        port = pbx.ports.take(pbx.trunk_ip)
        await play(
            "customers",
            f"{pbx.sip_host}:{pbx.sip_port}",
            *("-sn", "uac", "-s", AGENT),
            *("-m", str(CALLS - len(SUPERVISORS)), "-r", str(CALLS_PER_S), "-d", "600000"),
            *("-i", pbx.trunk_ip, "-p", str(port), *media(pbx.trunk_ip)),
        )
        yield


async def listed(adapter: Adapter, token: str) -> dict[str, Json]:
    """Every call of the organization, by its id."""
    answer = await adapter.request("GET", ALL, token=token)
    if answer.status != 200:
        raise LabError(f"no list: {answer.status} {answer.text}\n{adapter.log}")
    entry = answer.json["entry"]
    assert isinstance(entry, list)
    return {call["id"]: call for call in entry}


async def until_listed(
    adapter: Adapter, token: str, is_so: Callable[[dict[str, Json]], bool], within: float
) -> dict[str, Json]:
    return await until_seen(lambda: listed(adapter, token), is_so, within=within, log=lambda: adapter.log)


def joined(calls: dict[str, Json]) -> int:
    """How many supervisors are joined: theirs is the second view of a call."""
    return sum("02" in views_of(call) for call in calls.values())


def shown(call: Json) -> list[list[object]]:
    return [[view.get(name) for name in EXACT] for view in views_of(call).values()]


def seconds(date: object) -> float:
    return datetime.fromisoformat(str(date)).timestamp()


async def test_an_adapter_that_was_killed_shows_the_same_calls_views_and_supervisions(tmp_path: Path) -> None:
    """SIGKILL with 50 calls and 5 barge-ins: ids, views, beginnings are as before; barge-ins can be ended."""
    settings = {"ADAPTER_TOKEN_KEY": secrets.token_hex(32)}
    async with (
        running_asterisk(tmp_path / "asterisk") as pbx,
        Phones(pbx, tmp_path / "phones") as phones,
        crowd(pbx, phones, tmp_path / "crowd"),
    ):
        async with running_adapter(pbx, tmp_path / "first", settings=settings) as first:
            token = await first.token("wallboard")
            customers = [f"77700{number}" for number in range(len(SUPERVISORS))]
            for number in customers:
                await phones.caller(number, callee=AGENT, name=number, trunk=True)
            calls = await until_listed(first, token, _all_talk, CALLS_DEADLINE_S)
            lab = Lab(pbx, first, phones, token)
            for customer, supervisor in zip(customers, SUPERVISORS, strict=True):
                await _join(lab, _call_of(calls, customer), supervisor)
            before = await listed(first, token)
            assert (len(before), joined(before)) == (CALLS, len(SUPERVISORS))
            await kill_process(first.process)
        async with running_adapter(pbx, tmp_path / "second", settings=settings) as second:
            after = await until_listed(second, token, bool, 1.0)
            assert {call_id: shown(call) for call_id, call in after.items()} == {
                call_id: shown(call) for call_id, call in before.items()
            }
            for call_id, call in after.items():
                for name in ("published", "answered"):
                    assert abs(seconds(call[name]) - seconds(before[call_id][name])) <= 1, name
            await _end_each_supervision(second, token, after)


def _call_of(calls: dict[str, Json], customer: str) -> str:
    return next(call_id for call_id, call in calls.items() if views_of(call)["01"]["source"] == [customer])


async def _join(lab: Lab, call_id: str, supervisor: str) -> None:
    phone = await lab.phones.callee(supervisor, name=supervisor)
    answer = await lab.barge_in(call_id, AGENT, supervisor=supervisor)
    assert answer.status == 202, answer.text
    await phone.ringing()
    phone.pick_up()
    await until_listed(lab.adapter, lab.token, lambda calls: "02" in views_of(calls[call_id]), 3.0)


def _all_talk(calls: dict[str, Json]) -> bool:
    return len(calls) == CALLS and _some_talk(calls)


async def _end_each_supervision(adapter: Adapter, token: str, calls: dict[str, Json]) -> None:
    """Hang the supervisors up, one after the other; the calls they were joined to go on."""
    supervised = [call for call in calls.values() if "02" in views_of(call)]
    for left, call in reversed(list(enumerate(supervised))):
        source = views_of(call)["02"]["source"]
        assert isinstance(source, list)
        address = f"/uapi/phoneCalls/@me/{AGENT}/{call['id']}?phoneNumber={source[0]}"
        answer = await adapter.request("DELETE", address, token=token)
        assert answer.status < 300, answer.text
        now = await until_listed(adapter, token, functools.partial(_has_joined, left), 3.0)
        assert len(now) == CALLS


def _has_joined(count: int, calls: dict[str, Json]) -> bool:
    return joined(calls) == count


async def test_a_call_that_rang_for_long_was_answered_when_it_was_after_a_restart_too(tmp_path: Path) -> None:
    """Its channels are older than its answer by the time that it rang: call records tell, no snapshot."""
    settings = {"ADAPTER_TOKEN_KEY": secrets.token_hex(32)}
    async with (
        running_asterisk(tmp_path / "asterisk") as pbx,
        Phones(pbx, tmp_path / "phones") as phones,
    ):
        async with running_adapter(pbx, tmp_path / "first", settings=settings) as first:
            token = await first.token("wallboard")
            agent = await phones.callee(AGENT, name="agent")
            await phones.caller("777888", callee=AGENT, name="customer", trunk=True)
            await agent.ringing()
            rings_since = time.monotonic()
            await until(lambda: time.monotonic() > rings_since + RINGS_FOR_S, within=2 * RINGS_FOR_S)
            agent.pick_up()
            [before] = (await until_listed(first, token, _some_talk, 5.0)).values()
            await kill_process(first.process)
        async with running_adapter(pbx, tmp_path / "second", settings=settings) as second:
            [after] = (await until_listed(second, token, _some_talk, 1.0)).values()
    assert seconds(before["answered"]) - seconds(before["published"]) >= RINGS_FOR_S - 1
    for one, other in ((before, after), (views_of(before)["01"], views_of(after)["01"])):
        assert abs(seconds(one["answered"]) - seconds(other["answered"])) <= 1


def _some_talk(calls: dict[str, Json]) -> bool:
    views = [view for call in calls.values() for view in views_of(call).values()]
    return bool(views) and all(view["status"] == "5" for view in views)


async def test_after_asterisk_was_killed_and_started_the_list_is_empty_and_no_id_comes_back(lab: Lab) -> None:
    """Empty within a second of READY; the next call has an id that no call had before."""
    talk = await lab.talk()
    [call] = await lab.calls()
    old, began_at = {str(call["id"])}, seconds(call["published"])
    assert old == {talk.call_id}
    await lab.pbx.kill()
    # Asterisk counts its channels from 0, and puts the second before it: not one that comes back in the same.
    await until(lambda: time.time() > began_at + 1, within=3)
    await lab.until_link(lambda link: link["state"] != "READY", READY_DEADLINE_S)
    await lab.pbx.start()
    await lab.until_link(lambda link: link["state"] == "READY", READY_DEADLINE_S)
    await lab.until_calls(lambda calls: calls == [], within=EMPTY_WITHIN_S)
    again = await lab.talk("0003*211", tag="9")
    assert again.call_id not in old
    assert {str(call["id"]) for call in await lab.calls()} == {again.call_id}
