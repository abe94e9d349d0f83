"""/health, /ready, /metrics and the log, as whoever watches the service sees them."""

import asyncio
import contextlib
import io
import itertools
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from adapter.app import PBX
from adapter.asterisk.features import ALL_FEATURES, NO_FEATURES, Feature, PbxFeatures
from adapter.lab.fake_ami import FakeAmi
from adapter.lab.fake_ami_events import FakeChannel
from adapter.lab.polling import until_seen
from adapter.monitoring.access_log import AccessLog
from adapter.process.logs import JsonFormatter
from tests.integration.harness import TOKEN_KEY, Json, Service, running_service, token, until_taken

Samples = dict[tuple[str, tuple[str, ...]], float]


async def read_metrics(service: Service) -> Samples:
    """Every sample, by name and its labels' values, as Prometheus's own parser reads it."""
    answer = await service.request("GET", "/metrics", client=None)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in read_text(answer.text)
        for sample in family.samples
    }


async def until_metric(service: Service, name: str, *labels: str, value: float) -> Samples:
    """All samples once this one has this value."""
    return await until_seen(
        lambda: read_metrics(service), lambda samples: samples.get((name, labels)) == value
    )


@contextlib.asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of this application, which logs as the process does."""
    runner = web.AppRunner(app, access_log_class=AccessLog)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
            yield http
    finally:
        await runner.cleanup()


async def ready(service: Service) -> tuple[int, Json]:
    answer = await service.request("GET", "/ready", client=None)
    return answer.status, answer.json


# -- ready -------------------------------------------------------------------------------------------


async def test_ready_says_so_while_the_link_is(service: Service, ami: FakeAmi, agent: FakeChannel) -> None:
    """200; the age of the last event is null until one comes, and it decides nothing."""
    nothing_yet = {
        "status": "ready",
        "link": {"state": "READY"},
        "lastEventAgeS": None,
        "dialplanInclude": "unknown",
        "devices": "unknown",
        "queues": "unknown",
    }
    assert await ready(service) == (200, nothing_yet)
    ami.pbx.hang_up(agent.uniqueid)

    async def look() -> float | None:
        age: float | None = (await ready(service))[1]["lastEventAgeS"]
        return age

    assert 0 <= await until_seen(look) < 5


async def test_not_ready_while_the_link_is_down_and_alive_all_the_same(
    service: Service, ami: FakeAmi
) -> None:
    """503 from /ready, which says why; 200 from /health: restarting the process would mend nothing."""
    await ami.stop()
    await service.until_link("DOWN")
    status, body = await ready(service)
    assert (status, body["status"], body["link"]["state"]) == (503, "not ready", "DOWN")
    assert body["link"]["error"]
    assert (await service.request("GET", "/health", client=None)).status == 200


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (ALL_FEATURES, 200, "present"),
        (ALL_FEATURES - {Feature.NOTICE}, 200, "older"),
        (None, 200, "unknown"),
        (NO_FEATURES, 503, "missing"),
    ],
)
async def test_a_dialplan_include_that_is_missing_is_not_ready(
    service: Service, found: PbxFeatures | None, status: int, said: str
) -> None:
    """One that nobody has looked for is not held against the service."""
    service.app[PBX].link.announced = found
    code, body = await ready(service)
    assert (code, body["dialplanInclude"]) == (status, said)


# -- metrics -----------------------------------------------------------------------------------------


async def test_metrics_count_a_barge_in_from_its_request_to_its_outcome(
    service: Service, ami: FakeAmi
) -> None:
    """Events by kind, the call, the supervision by mode and outcome, the request by route and code."""
    before = await read_metrics(service)
    assert before["uapi_ami_link_state", ("READY",)] == 1
    assert before["uapi_ami_link_state", ("DOWN",)] == 0
    assert before["uapi_ami_snapshots_total", ()] == 1
    assert before["uapi_calls", ()] == 1
    call_id = await service.call_id()
    waiting = asyncio.create_task(service.barge_in(call_id, wait_s=10))
    channel_id = (await until_taken(ami, "Originate"))["ChannelId"]
    ami.pbx.pick_up(channel_id)
    ami.pbx.join(channel_id)
    assert (await waiting).status == 200
    samples = await until_metric(service, "uapi_supervisions_total", "BargeIn", "joined", value=1)
    assert samples["uapi_ami_events_total", ("SpyStart",)] == 1
    events = sum(value for (name, _), value in samples.items() if name == "uapi_ami_events_total")
    assert samples["uapi_ami_event_apply_seconds_count", ()] == events
    assert samples["uapi_ami_event_apply_seconds_bucket", ("+Inf",)] == events
    assert samples["uapi_ami_event_apply_seconds_sum", ()] > 0
    call = "/uapi/phoneCalls/{userId}/{extension}/{phoneCallId}"
    assert samples["uapi_http_requests_total", ("200", "PUT", call)] == 1
    assert samples["uapi_http_request_seconds_count", ("PUT", call)] == 1
    while ami.pbx.channels:  # a spy ends with its spyee
        ami.pbx.hang_up(next(iter(ami.pbx.channels)))
    ended = await until_metric(service, "uapi_calls_ended_total", value=1)
    assert ended["uapi_calls", ()] == 0
    assert ended["uapi_supervisions_total", ("BargeIn", "joined")] == 1


async def test_metrics_tell_that_the_link_is_down(service: Service, ami: FakeAmi) -> None:
    """And go on being answered."""
    await ami.stop()
    await service.until_link("DOWN")
    samples = await read_metrics(service)
    assert samples["uapi_ami_link_state", ("READY",)] == 0
    assert samples["uapi_ami_link_state", ("DOWN",)] == 1


async def test_no_series_is_made_by_what_a_client_sends(service: Service, ami: FakeAmi) -> None:
    """Numbers, ids, unknown addresses and methods of a client's own make none, and stand nowhere."""
    methods = itertools.cycle(("PROPFIND", "LOCK", "MERGE", "SOURCE"))

    async def ask(salt: str) -> None:
        for method, path in (
            ("GET", f"/uapi/phoneCalls/{salt}/0003*{salt}"),
            ("GET", f"/uapi/phoneCalls/@me/@self/{salt}/"),
            ("GET", f"/nowhere/{salt}"),
            (next(methods), "/uapi/phoneCalls/@me/@self"),
            ("GET", f"/uapi/phoneCalls/@me/@self?filterValue={salt}"),
        ):
            await service.request(method, path)
        ami.emit(f"Event: Odd{salt}\r\nUniqueid: {salt}\r\n\r\n".encode())

    await ask("first7")
    await read_metrics(service)  # this address has series of its own
    before = set(await read_metrics(service))
    for number in range(20):
        await ask(f"salt{number}")
    after = await service.request("GET", "/metrics", client=None)
    assert set(await read_metrics(service)) - before == set()
    for content in ("salt", "first7", "0003*", '"777888', await service.call_id(), "wallboard", token()):
        assert content not in after.text


async def test_openmetrics_is_answered_to_who_accepts_it(service: Service) -> None:
    """The newer format, whole: its parser demands the end mark."""
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = await service.request("GET", "/metrics", client=None, headers=accept)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    families = read_openmetrics(answer.text)  # type: ignore[no-untyped-call] # its parser has no types
    names = {family.name for family in families}
    assert {"uapi_calls", "uapi_event_loop_lag_seconds", "process_cpu_seconds"} <= names


async def test_two_adapters_in_one_process_count_apart(
    service: Service, ami: FakeAmi, directory: Path
) -> None:
    """Each has a registry of its own; the global one has nothing of ours."""
    await service.call_id()
    async with running_service(ami, directory) as other:
        await other.until_link("READY")
        listing = ("200", "GET", "/uapi/phoneCalls/{userId}/{extension}")
        assert ("uapi_http_requests_total", listing) in await read_metrics(service)
        assert ("uapi_http_requests_total", listing) not in await read_metrics(other)


async def test_a_blocked_event_loop_shows_as_lag(service: Service) -> None:
    """Whatever blocks it for longer than the interval is seen."""
    before = await read_metrics(service)
    time.sleep(0.3)  # noqa: ASYNC251 - blocking is what is to be seen

    async def look() -> Samples | None:
        now = await read_metrics(service)
        late = {
            bound: now["uapi_event_loop_lag_seconds_bucket", (bound,)]
            - before["uapi_event_loop_lag_seconds_bucket", (bound,)]
            for bound in ("0.1", "+Inf")
        }
        return now if late["+Inf"] > late["0.1"] else None

    await until_seen(look)


# -- logs --------------------------------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that the adapter logs, down to DEBUG, as JSON."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


async def test_the_log_of_a_barge_in_has_its_ids_and_no_secret(
    lines: io.StringIO, ami: FakeAmi, agent: FakeChannel, directory: Path
) -> None:
    """Call and supervision by their ids, as fields; neither token, key nor AMI secret, at any level."""
    assert agent.uniqueid in ami.pbx.channels
    async with running_service(ami, directory) as service:
        await service.until_link("READY")
        call_id = await service.call_id()
        used = token()
        waiting = asyncio.create_task(service.barge_in(call_id, wait_s=10))
        channel_id = (await until_taken(ami, "Originate"))["ChannelId"]
        ami.pbx.pick_up(channel_id)
        ami.pbx.join(channel_id)
        assert (await waiting).status == 200
        await service.request(
            "GET", "/uapi/phoneCalls/@me/@self", headers={"Authorization": f"Bearer {used}"}
        )
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    ours = [line for line in found if line["logger"] == "adapter.callcontrol.supervision.registry"]
    assert ours
    assert {line["call_id"] for line in ours} == {call_id}
    assert len({line["supervision"] for line in ours}) == 1
    assert all(re.fullmatch(r"[a-z ]+", line["message"]) for line in ours)
    for secret in (used.rpartition(".")[2], TOKEN_KEY, ami.secret):
        assert secret not in lines.getvalue()


async def test_an_access_line_has_the_calls_id_and_leaves_the_query_out(lines: io.StringIO) -> None:
    """Clients put secrets into queries; requests for the health are no news unless they fail."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.query.get("status", "200")), text="said")

    app = web.Application()
    app.router.add_get("/calls/{phoneCallId}", answer)
    app.router.add_get("/ready", answer)
    async with serving(app) as http:
        for path in ("/ready", "/ready?status=503", "/calls/b817?access_token=hush"):
            async with http.get(path) as answered:
                await answered.read()
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    accesses = [line for line in found if line["logger"] == "aiohttp.access"]
    assert [(line["message"], line["path"], line["status"], line.get("call_id")) for line in accesses] == [
        ("answered", "/ready", 503, None),
        ("answered", "/calls/b817", 200, "b817"),
    ]
    assert accesses[1]["method"] == "GET"
    assert accesses[1]["remote"] == "127.0.0.1"
    assert accesses[1]["took_ms"] >= 0
    assert "hush" not in lines.getvalue()
