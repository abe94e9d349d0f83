"""`uapi-adapter audit`: who supervised whom, looked up in the store."""

import asyncio
import csv
import io
import json
import time
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from adapter.audit.query import AuditQuery
from adapter.process.cli import main
from adapter.store.address import read_address
from adapter.store.audit_lines import find_lines
from adapter.store.audit_rows import AuditRows
from adapter.store.schema import make_engine, upgrade
from tests.databases.servers import Database
from tests.figures import Note
from tests.integration.stores import on, running_store

NOON = 1_796_040_000.0  # 2026-11-30T12:00:00Z
ABOUT = {"app": "wallboard", "supervisor": "0003*024", "extension": "0003*210", "call": "ca11"}
LINES: Sequence[dict[str, object]] = (
    {"event": "request", "method": "PUT", "status": 202, **ABOUT, "sendCallTo": "=HYPERLINK(1)"},
    {"event": "supervision joined", **ABOUT, "mode": "BargeIn", "spyee": "0003*210", "partners": ["+4077"]},
    {"event": "supervision ended", **ABOUT, "mode": "BargeIn", "reason": "supervisor_left"},
    {"event": "request", "method": "PUT", "status": 403, "code": "access_forbidden", "app": "e\x1b[2J"},
    {"event": "supervision joined", **ABOUT, "supervisor": "0003*025", "spyee": "0003*210", "partners": []},
)
HOUR_S = 3600.0


async def fill(database: Database) -> list[str]:
    """One line an hour, from noon on."""
    written = []
    async with running_store(database.url) as store:
        rows = AuditRows(store, read_address(database.url).kind)
        for hours, facts in enumerate(LINES):
            at = NOON + hours * HOUR_S
            line = {"time": f"2026-11-30T{12 + hours}:00:00.000+00:00", **facts}
            written.append(json.dumps(line))
            rows.write(at, line, written[-1])
    return written


@pytest.fixture
def trail(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("ADAPTER_STORE", database.url)
    monkeypatch.setenv("ADAPTER_AMI_SECRET", "s")
    return asyncio.run(fill(database))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([], [0, 1, 2, 3, 4]),
        (["--supervisor", "0003*024"], [0, 1, 2]),
        (["--supervisor", "0003*02"], []),
        (["--extension", "0003*210", "--supervisor", "0003*025"], [4]),
        (["--call", "ca11"], [0, 1, 2, 4]),
        (["--call", "' OR 1=1 --"], []),
        (["--since", "2026-11-30T13:00"], [1, 2, 3, 4]),
        (["--until", "2026-11-30T13:00"], [0]),
        (["--since", "2026-11-30T15:00+02:00", "--until", "2026-11-30T14:00:00.001"], [1, 2]),
        (["--since", "2026-11-30", "--until", "2026-12-01"], [0, 1, 2, 3, 4]),
        (["--since", "2026-12-01"], []),
        (["--limit", "2"], [3, 4]),
    ],
)
def test_lines_are_found_by_who_takes_part_and_when(
    trail: list[str], capsys: pytest.CaptureFixture[str], asked: list[str], found: list[int]
) -> None:
    """As they were written, in their order; what is left out by the limit is said."""
    assert main(["audit", "--format", "json", *asked]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [trail[number] for number in found]
    assert ("there are more: these are the newest 2" in shown.err) is ("--limit" in asked)
    assert ("no line of the audit trail is like that" in shown.err) is (not found)


@pytest.mark.usefixtures("trail")
def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its times are of the service's time zone, and nothing in it acts on a terminal."""
    monkeypatch.setenv("ADAPTER_TIMEZONE", "Europe/Bucharest")
    assert main(["audit"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:3]] == ["2026-11-30 14:00:00", "2026-11-30 15:00:00"]
    assert lines[0].split() == ["time", "event", "supervisor", "extension", "call", "mode", "what"]
    assert lines[1].endswith("PUT 202 by wallboard")
    assert lines[2].endswith("hears 0003*210, +4077")
    assert lines[3].endswith("supervisor_left")
    assert lines[4].endswith(r"PUT 403 access_forbidden by e\x1b[2J")


@pytest.mark.usefixtures("trail")
def test_the_csv_is_for_spreadsheets(capsys: pytest.CaptureFixture[str]) -> None:
    """A cell is no formula, whoever wrote it; a telephone number stays one."""
    assert main(["audit", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["event"] for row in rows] == [line["event"] for line in LINES]
    assert rows[0]["sendCallTo"] == "'=HYPERLINK(1)"
    assert rows[1]["partners"] == "+4077"


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--since", "yesterday"], "--since must be a day like 2026-11-30 or a moment like"),
        (["--until", "2026-13-01"], "--until must be a day like 2026-11-30 or a moment like"),
        (["--since", "2026-11-30", "--until", "2026-11-30"], "--since must be before --until"),
    ],
)
def test_a_wrong_argument_is_named(capsys: pytest.CaptureFixture[str], asked: list[str], said: str) -> None:
    assert main(["audit", *asked]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert not shown.out


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize("limit", ["0", "x", "1000001"])
def test_a_limit_is_a_number(capsys: pytest.CaptureFixture[str], limit: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--limit", limit])
    assert ended.value.code == 2
    assert "--limit" in capsys.readouterr().err


def test_where_there_is_nothing_to_look_in_the_command_says_why(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No store, no file or no tables, older tables; and nothing is made or changed."""
    monkeypatch.setenv("ADAPTER_AMI_SECRET", "s")
    assert main(["audit"]) == 2
    assert "ADAPTER_STORE is not set" in capsys.readouterr().err
    monkeypatch.setenv("ADAPTER_STORE", database.url)
    address = read_address(database.url)
    assert main(["audit"]) == 1
    said = capsys.readouterr().err
    if address.kind == "sqlite":
        assert "there is no such file" in said
        assert not address.path.exists()
    else:
        assert "are at nothing, and this version needs" in said
    asyncio.run(upgrade(address))
    asyncio.run(on(database, "UPDATE uapi_schema SET version_num = '0001'"))
    assert main(["audit"]) == 1
    assert "are at 0001, and this version needs" in capsys.readouterr().err
    asyncio.run(on(database, "UPDATE uapi_schema SET version_num = '9999'"))
    assert main(["audit"]) == 1
    assert "was written by a newer version" in capsys.readouterr().err


def test_a_server_that_is_gone_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the password."""
    monkeypatch.setenv("ADAPTER_AMI_SECRET", "s")
    monkeypatch.setenv("ADAPTER_STORE", "postgresql://uapi:hush@127.0.0.1:1/uapi")
    assert main(["audit"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "postgresql://uapi:***@127.0.0.1:1/uapi" in said
    assert "hush" not in said


ROWS = 100_000
GOAL_S = 0.1
TRIES = 7
TRIES_OF_A_BUSY_MACHINE = 100
ADD = (
    "INSERT INTO uapi_audit (id, at, event, supervisor, extension, call, line)"
    " VALUES (:id, :at, 'request', :supervisor, :extension, :call, :line)"
)


async def fill_with_many(database: Database) -> None:
    rows = [
        {
            "id": f"{number:08}",
            "at": number * 1000,
            "supervisor": f"0003*{number % 50}",
            "extension": f"0003*{100 + number % 300}",
            "call": f"call{number // 4}",
            "line": json.dumps({"time": "2026-11-30T12:00:00.000+00:00", **LINES[0]}),
        }
        for number in range(ROWS)
    ]
    engine = make_engine(read_address(database.url), 60.0)
    async with engine.begin() as connection:
        await connection.execute(text(ADD), rows)
        await connection.execute(text("ANALYZE"))  # as PostgreSQL does by itself within a minute
    await engine.dispose()


async def test_a_hundred_thousand_lines_are_no_reason_to_wait(database: Database, note: Note) -> None:
    """Each query within 100 ms, the connection included. The best of some tries: others use the machine."""
    address = read_address(database.url)
    await upgrade(address)
    await fill_with_many(database)
    queries = {
        "all": AuditQuery(limit=100),
        "supervisor": AuditQuery(supervisor="0003*7"),
        "extension": AuditQuery(extension="0003*107"),
        "call": AuditQuery(call="call777"),
        "time": AuditQuery(since=50_000.0, until=50_500.0),
        "supervisor and time": AuditQuery(supervisor="0003*7", since=50_000.0, until=60_000.0),
    }
    for name, query in queries.items():
        times: list[float] = []
        while len(times) < TRIES or (min(times) >= GOAL_S and len(times) < TRIES_OF_A_BUSY_MACHINE):
            began_at = time.perf_counter()
            found = await find_lines(address, query)
            times.append(time.perf_counter() - began_at)
            assert found
        note(f"audit by {name}, 100,000 lines, {address.kind}", times)
        assert min(times) < GOAL_S, (name, times)
