"""What one App asks for costs that App, and others are answered meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.http.pauses import SLICE_S
from adapter.lab.adapter_process import Answer
from adapter.lab.fake_ami import FakeAmi
from tests.bench.service import directory_text, give_calls
from tests.integration.harness import Service, code_of, running_service

CALLS = 1500
ALL = "/uapi/phoneCalls/@me/@self?count=5000"


@pytest.fixture
def large(directory: Path) -> Path:
    """A directory with the extensions of these calls."""
    directory.write_text(directory_text(), encoding="utf-8")
    return directory


@pytest.fixture
async def busy(ami: FakeAmi, large: Path) -> AsyncIterator[Service]:
    """An adapter with many calls, whose Apps may ask fifty times a second."""
    give_calls(ami, CALLS)
    async with running_service(ami, large, requests_per_s=50.0) as running:
        await running.until_link("READY")
        yield running


def _tag(answer: Answer) -> str:
    return next(value for name, value in answer.headers.items() if name.lower() == "etag")


async def _longest_hold(work: "asyncio.Task[object]") -> float:
    """The most processor time that passed between two turns of the loop while the work was done."""
    longest = 0.0
    while not work.done():
        before = time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.process_time() - before)
    return longest


@pytest.mark.parametrize("filtered", ["", "&filterBy=published&filterOp=contains&filterValue=T"])
async def test_a_long_list_lets_others_go_on(busy: Service, filtered: str) -> None:
    """It takes long, and no turn of the event loop does."""
    began = time.process_time()
    asking = asyncio.create_task(busy.request("GET", ALL + filtered))
    longest = await _longest_hold(asking)
    took = time.process_time() - began
    answer = await asking
    assert answer.status == 200, answer.text[:200]
    assert answer.text.count('"phoneCallView"') >= CALLS
    assert longest < 10 * SLICE_S < took, (longest, took)


async def test_what_the_service_does_not_know_makes_no_other_list(busy: Service) -> None:
    """The list has one tag, and is made once, whatever stands beside what it is asked by."""
    answers = [await busy.request("GET", f"{ALL}{more}") for more in ("", "&x=1", "&x=2&y")]
    assert {answer.status for answer in answers} == {200}, "none but the first counts as more than one"
    assert len({_tag(answer) for answer in answers}) == 1


async def test_long_lists_count_by_what_they_show(busy: Service) -> None:
    """Each twenty calls as a request: who asks for all again and again waits, and nobody else does."""
    first = await busy.request("GET", ALL)
    assert first.status == 200
    again = await busy.request("GET", f"{ALL}&sortOrder=desc")
    assert (again.status, code_of(again)) == (429, "too_many_requests")
    assert int(again.headers["Retry-After"]) >= 1
    assert (await busy.request("GET", ALL, client="operator")).status == 200


async def test_the_known_list_and_304_count_as_one_request(busy: Service) -> None:
    """What costs nothing to answer may be asked for often."""
    first = await busy.request("GET", ALL)
    for headers in ({}, {"If-None-Match": _tag(first)}) * 5:
        await asyncio.sleep(0.03)
        answer = await busy.request("GET", ALL, headers=headers)
        assert answer.status == (304 if headers else 200)
