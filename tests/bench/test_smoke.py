"""That the benches run and say what they should; how fast anything is, `make bench` tells."""

import json
from pathlib import Path

import pytest

from adapter.ami.reader import Reader
from tests.bench import cpu, freshness, listing, memory, reader, snapshot
from tests.bench.figures import Figure, percentile, ratio, table, write_json
from tests.bench.traces import chunks, noisy_trace, plain_trace, renamed_call


def _figure(value: float, goal: float, *, is_floor: bool) -> Figure:
    return Figure("work", "peer", 1.0, 2.0, "us", value, (value, value), goal, is_floor)


@pytest.mark.parametrize(
    ("value", "goal", "is_floor", "is_met"),
    [(4.0, 4.0, True, True), (3.9, 4.0, True, False), (2.0, 2.0, False, True), (2.1, 2.0, False, False)],
)
def test_a_goal_is_a_floor_or_a_ceiling(value: float, goal: float, *, is_floor: bool, is_met: bool) -> None:
    """At least so much, or at most."""
    figure = _figure(value, goal, is_floor=is_floor)
    assert figure.is_met is is_met
    assert ("MISSED" in table([figure])) is not is_met


def test_a_ratio_above_one_says_that_we_are_the_better() -> None:
    """Half the time is twice as good, twice the requests are; the median round counts."""
    rounds = [(1.0, 2.0), (1.0, 3.0), (1.0, 10.0)]
    assert ratio("", "", rounds, unit="us", goal=1).value == 3.0
    assert ratio("", "", rounds, unit="1/s", goal=1, more_is_better=True).value == pytest.approx(1 / 3)
    assert percentile(range(100), 0.99) == 99


def test_the_traces_have_calls_of_their_own_and_end_them_all() -> None:
    """No two calls share a channel, a uniqueid or a bridge; what is up at once is told in turn."""
    assert plain_trace(60).count(b"Event: Hangup\r\n") == 180
    ids = {message["Uniqueid"] for message in Reader({"Newchannel": ""}).feed(plain_trace(60))}
    assert len(ids) == 180
    noisy = Reader().feed(noisy_trace(1))
    assert len(noisy) > 200
    assert all(message.event for message in noisy)
    assert b"".join(chunks(plain_trace(3), (1, 7, 100))) == plain_trace(3)
    assert renamed_call(1) != renamed_call(2)


def test_small_benches_run_and_write_their_figures(tmp_path: Path) -> None:
    """Those that need no Asterisk, in miniature, the JSON included."""
    figures = [
        *reader.run(calls=3, rounds=1),
        *snapshot.run(sizes=(10, 20), rounds=1),
        *memory.run(calls=5, events=2000),
    ]
    write_json(figures, tmp_path / "figures.json")
    written = json.loads((tmp_path / "figures.json").read_text())["figures"]
    assert [one["work"] for one in written] == [figure.work for figure in figures]
    assert all(one["value"] == one["value"] for one in written)


def test_the_list_bench_asks_both_servers() -> None:
    """A list of 20 and a 304, from processes of their own."""
    plain, known = listing.run(calls=30, rounds=1, seconds=0.1)
    assert plain.ours and plain.theirs and known.ours and known.theirs  # noqa: PT018 - one truth


def test_the_freshness_bench_sees_each_call_where_it_looks() -> None:
    """In a GET and on `/events`, each beside a raw AMI socket."""
    get, events = freshness.run(calls=5, samples=3, per_s=200)
    assert [figure.work.split()[2] for figure in (get, events)] == ["GET", "/events"]
    for figure in (get, events):
        assert figure.ours is not None
        assert figure.theirs is not None
        assert figure.ours > 0
        assert figure.theirs > 0
        assert figure.note.startswith("n = 3,")


def test_the_cpu_bench_has_asterisk_relay_what_is_said() -> None:
    """Of the calls that speak as much comes back, by way of Asterisk, as they say."""
    taken = cpu.take(cpu.Load(per_s=4, up=8, audible=4), rounds=1, seconds=2.0)
    said_per_s = 4 * cpu.PACKETS_PER_S
    assert 0.75 * said_per_s <= taken.heard_per_s <= 1.25 * said_per_s
    assert taken.theirs[0] > 0
    assert taken.floor[0] >= 0
