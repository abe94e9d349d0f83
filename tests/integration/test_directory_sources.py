"""The directory from other programs' tables: the same on MariaDB, PostgreSQL and SQLite."""

import logging
import re
import socket
import time
from pathlib import Path

import pytest

from adapter.directory.candidates import Candidates
from adapter.directory.source import Reading, SourceDown
from adapter.sources.address import read_address
from adapter.sources.sql import SqlSource
from tests.databases.servers import Database
from tests.databases.tables import FREEPBX, FREEPBX_READ, REALTIME, REALTIME_READ, reader, run


@pytest.fixture(params=["mariadb", "postgresql", "sqlite"])
def tables(request: pytest.FixtureRequest) -> Database:
    """A new database of each kind."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def freepbx(tables: Database) -> SqlSource:
    """FreePBX's tables with two people, a queue and a trunk; read by a user who may read no secret."""
    run(tables, FREEPBX)
    _freepbx_user(tables, "210", "Anna", "pjsip", "210", "99210")
    _freepbx_user(tables, "211", "Bert", "sip", "211")
    run(
        tables,
        """INSERT INTO queues_config (extension, descr) VALUES ('600', 'Sales');
        INSERT INTO queues_details VALUES ('600', 'member', 'Local/210@from-queue/n,0', 0);
        INSERT INTO queues_details VALUES ('600', 'strategy', 'ringall', 0);""",
    )
    return SqlSource(read_address(f"freepbx+{reader(tables, FREEPBX_READ)}"))


def _freepbx_user(tables: Database, number: str, name: str, tech: str, *devices: str) -> None:
    run(
        tables,
        f"INSERT INTO users (extension, password, name) VALUES ('{number}', 's3cret', '{name}');"
        + "".join(
            'INSERT INTO devices (id, tech, dial, devicetype, "user") VALUES '
            f"('{device}', '{tech}', '{tech.upper()}/{device}', 'fixed', '{number}');"
            for device in devices
        ),
    )


def _read(source: SqlSource) -> Candidates:
    reading = source.read(None)
    assert reading is not None
    return reading.candidates


def _devices(candidates: Candidates) -> dict[str, tuple[str, ...]]:
    return {f"{each.tenant}{each.number}": each.devices for each in candidates.found}


def test_freepbxs_extensions_have_their_devices_names_and_queues(freepbx: SqlSource) -> None:
    """By a user who may read these columns alone: no statement asks for a secret, or for all there is."""
    candidates = _read(freepbx)
    assert _devices(candidates) == {"210": ("PJSIP/210", "PJSIP/99210"), "211": ("SIP/211",), "600": ()}
    assert [each.name for each in candidates.found] == ["Anna", "Bert", "Sales"]
    assert candidates.queues == {"600": ("PJSIP/210", "PJSIP/99210")}
    assert candidates.left_out == ()


CHANGES = [
    "UPDATE users SET name = 'Bertha' WHERE extension = '211'",
    "UPDATE devices SET dial = 'PJSIP/211' WHERE id = '211'",
    "DELETE FROM devices WHERE id = '99210'",
    "UPDATE users SET name = NULL WHERE extension = '211'",
    "UPDATE queues_details SET data = 'Local/211@from-queue/n,0' WHERE keyword = 'member'",
    "INSERT INTO queues_config (extension, descr) VALUES ('601', 'Help')",
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_what_is_read_is_seen_and_nothing_else_is_read_again(
    freepbx: SqlSource, tables: Database, change: str
) -> None:
    """By a fingerprint."""
    first = freepbx.read(None)
    assert isinstance(first, Reading)
    run(tables, "UPDATE users SET password = 'other'")
    assert freepbx.read(first.fingerprint) is None
    run(tables, change)
    second = freepbx.read(first.fingerprint)
    assert second is not None
    assert second.candidates != first.candidates
    assert freepbx.read(second.fingerprint) is None


HOSTILE = [
    ("INSERT INTO users (extension, name) VALUES ('', 'nobody')", "no number"),
    ("INSERT INTO users (extension, name) VALUES ('21''; --', 'x')", "no number"),
    ("INSERT INTO users (extension, name) VALUES ('12345678901', 'x')", "no number"),
    ("INSERT INTO users (extension, name) VALUES ('212', 'no phone')", "no phone"),
    ("INSERT INTO users (extension, name) VALUES ('212', NULL)", "no phone"),
]


@pytest.mark.parametrize(("row", "why"), HOSTILE)
def test_a_row_that_is_no_extension_loses_itself_and_nothing_else(
    freepbx: SqlSource, tables: Database, row: str, why: str
) -> None:
    """And is told."""
    before = _read(freepbx)
    run(tables, row)
    after = _read(freepbx)
    assert after.found == before.found
    [left_out] = after.left_out
    assert why in left_out.why


BAD_DIALS = [
    "PJSIP/21 2",
    "PJSIP/a&PJSIP/b",
    "PJSIP/${EXTEN}",
    "PJSIP/{local}",
    "PJSIP/2/sip:x@y",
    "",
    "x" * 900,
]


@pytest.mark.parametrize("dial", BAD_DIALS)
def test_an_extension_one_of_whose_phones_cannot_be_told_is_left_out(
    freepbx: SqlSource, tables: Database, dial: str
) -> None:
    """Whoever guards it would guard it on its other phones alone."""
    _freepbx_user(tables, "212", "Carl", "pjsip", "212")
    run(
        tables,
        'INSERT INTO devices (id, tech, dial, devicetype, "user") '
        f"VALUES ('bad', 'pjsip', '{dial}', 'fixed', '212')",
    )
    candidates = _read(freepbx)
    assert set(_devices(candidates)) == {"210", "211", "600"}
    assert [each.what for each in candidates.left_out] == ["extension 212"]


def test_what_leads_anywhere_is_no_phone(freepbx: SqlSource, tables: Database) -> None:
    """Custom and virtual devices, and a device for who logs in there: left out alone, and told."""
    for number, tech, dial, kind in [
        ("d1", "custom", "Local/0172@outbound/n", "fixed"),
        ("d2", "virtual", "", "fixed"),
        ("d3", "pjsip", "PJSIP/d3", "adhoc"),
    ]:
        run(
            tables,
            'INSERT INTO devices (id, tech, dial, devicetype, "user") '
            f"VALUES ('{number}', '{tech}', '{dial}', '{kind}', '210')",
        )
    candidates = _read(freepbx)
    assert _devices(candidates)["210"] == ("PJSIP/210", "PJSIP/99210")
    assert len(candidates.left_out) == 3


def test_a_name_may_be_anything_and_is_read_to_a_limit(freepbx: SqlSource, tables: Database) -> None:
    """Quotes, line ends, other scripts, a thousand letters."""
    name = 'O"Neil\\ \x1b[2J Ωλ 😀' + "x" * 900
    escaped = name.replace("'", "''")
    _freepbx_user(tables, "212", escaped, "pjsip", "212")
    [found] = [each for each in _read(freepbx).found if each.number == "212"]
    assert found.name == name[:300]


def test_a_name_of_a_million_letters_and_of_no_encoding_loses_nothing(sqlite: Database) -> None:
    """SQLite keeps any bytes; the other two refuse both."""
    run(sqlite, FREEPBX)
    _freepbx_user(sqlite, "210", "x" * 1_000_000, "pjsip", "210")
    _freepbx_user(sqlite, "211", "Bert", "pjsip", "211")
    run(sqlite, "UPDATE users SET name = CAST(x'4AF6FF726700' AS TEXT) WHERE extension = '211'")
    run(sqlite, "INSERT INTO users (extension, name) VALUES (CAST(x'32FF33' AS TEXT), 'no number')")
    candidates = _read(SqlSource(read_address(f"freepbx+{sqlite.url}")))
    assert [(each.number, len(each.name)) for each in candidates.found] == [("210", 300), ("211", 5)]
    assert len(candidates.left_out) == 1


def test_queues_are_no_must(tables: Database) -> None:
    """The module may not be installed; users and devices are."""
    run(tables, FREEPBX + "DROP TABLE queues_config; DROP TABLE queues_details;")
    _freepbx_user(tables, "210", "Anna", "pjsip", "210")
    source = SqlSource(read_address(f"freepbx+{tables.url}"))
    assert _devices(_read(source)) == {"210": ("PJSIP/210",)}
    run(tables, "DROP TABLE devices")
    with pytest.raises(SourceDown, match="has no table devices that this user may read"):
        source.read(None)


GUIDES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("guide", ["freepbx.md", "operator-guide.md"])
def test_the_rights_of_the_guide_suffice_and_show_no_secret(mariadb: Database, guide: str) -> None:
    """Each statement as it stands there."""
    run(mariadb, FREEPBX)
    _freepbx_user(mariadb, "210", "Anna", "pjsip", "210", "99210")
    written = (GUIDES / guide).read_text(encoding="utf-8").splitlines()
    lines = [line for line in written if line.startswith(("CREATE USER", "GRANT SELECT"))]
    assert len(lines) == 5
    [user] = {line.rpartition(" TO ")[2].rstrip(";") for line in lines[1:]}
    here = "\n".join(lines).replace(" asterisk.", f" {mariadb.name}.")
    run(mariadb, here)
    try:
        server = mariadb.url.rpartition("@")[2]
        source = SqlSource(read_address(f"freepbx+mysql://uapi:a-long-password@{server}"))
        assert _devices(_read(source)) == {"210": ("PJSIP/210", "PJSIP/99210")}
        shown = mariadb.run(f"SHOW GRANTS FOR {user}")
        granted = re.findall(r"GRANT (SELECT \(.*?\)|[A-Z ]+) ON (\S+)", shown)
        assert [each for each in granted if not each[0].startswith("SELECT (")] == [("USAGE", "*.*")]
        columns = {
            table.rpartition("`.`")[2].rstrip("`"): set(re.findall(r"`(\w+)`", what))
            for what, table in granted
        }
        columns.pop("*.*")
        assert columns == {name: set(read) for name, read in FREEPBX_READ.items()}
    finally:
        run(mariadb, f"DROP USER {user}")


# -- realtime -------------------------------------------------------------------------------------------


@pytest.fixture
def realtime(tables: Database) -> SqlSource:
    """Endpoints of two tenants and a trunk, with mailboxes and a queue."""
    run(
        tables,
        REALTIME
        + """
        INSERT INTO ps_endpoints (id, context, callerid, mailboxes) VALUES
          ('210', 'internal', '"Anna" <210>', '210@default'), ('99210', 'internal', '"Anna" <210>', NULL);
        INSERT INTO ps_endpoints (id, context, callerid, tenantid) VALUES
          ('210-acme', 'internal', 'Other <210>', 'acme');
        INSERT INTO ps_endpoints (id, context, callerid, outbound_auth) VALUES
          ('carrier', 'from-trunk', NULL, 'carrier'), ('0301234', 'from-trunk', '<0301234>', 'x');
        INSERT INTO ps_endpoints (id) VALUES ('x;y'), ('');
        INSERT INTO ps_auths VALUES ('210', '210', 's3cret');
        INSERT INTO voicemail (context, mailbox, password, fullname)
          VALUES ('default', '210', '1', 'Anna B.');
        INSERT INTO queue_members (queue_name, interface, state_interface) VALUES
          ('sales', 'Local/210@x/n', 'PJSIP/210'), ('sales', 'PJSIP/210-acme', NULL);
        """,
    )
    return SqlSource(read_address(f"realtime+{reader(tables, REALTIME_READ)}"))


def test_realtimes_endpoints_are_guessed_about_as_a_live_asterisks_are(realtime: SqlSource) -> None:
    """Second phones, tenants, names of mailboxes, members of queues; trunks and nonsense are left out."""
    candidates = _read(realtime)
    assert _devices(candidates) == {"210": ("PJSIP/210", "PJSIP/99210"), "acme210": ("PJSIP/210-acme",)}
    assert {each.name for each in candidates.found} == {"Anna B.", "Other"}
    assert candidates.queues == {"sales": ("PJSIP/210", "PJSIP/210-acme")}
    assert {each.what for each in candidates.left_out} >= {"PJSIP/carrier", "PJSIP/0301234", "PJSIP/x;y"}


def test_an_older_asterisks_tables_have_no_tenants(realtime: SqlSource, tables: Database) -> None:
    """The column came in 2024."""
    run(tables, "ALTER TABLE ps_endpoints DROP COLUMN tenantid")
    assert "210" in _devices(_read(realtime))


# -- a database that is not there -----------------------------------------------------------------------


def test_a_silent_database_is_given_up_within_seconds(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for ever, and no password is shown."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"reader:pa55word@127.0.0.1:{silent.getsockname()[1]}/asterisk"
        for address in (f"freepbx+mysql://{at}", f"realtime+postgresql://{at}"):
            began = time.monotonic()
            with caplog.at_level(logging.DEBUG), pytest.raises(SourceDown) as down:
                SqlSource(read_address(address)).read(None)
            assert time.monotonic() - began < 10
            assert "pa55word" not in str(down.value) + caplog.text
            assert "did not answer within 2 s" in str(down.value)


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_what_a_database_refuses_is_told_without_the_password(
    kind: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong password, a database that is not there, nobody at the address, a column that is missing."""
    database: Database = request.getfixturevalue(kind)
    run(database, FREEPBX)
    good = reader(database, FREEPBX_READ)
    address, _, name = good.rpartition("/")
    wrong = [
        f"freepbx+{address}/nowhere",
        f"freepbx+{address.rpartition(':')[0]}:1/{name}",
        f"freepbx+{address.replace('127.0.0.1', 'nowhere.invalid')}/{name}",
        f"realtime+{good}",
    ]
    if kind == "mariadb":  # the private PostgreSQL asks for none
        wrong.append(f"freepbx+{good.replace('p%3As', 'p%3Ax')}")
    with caplog.at_level(logging.DEBUG):
        for each in wrong:
            with pytest.raises(SourceDown) as down:
                SqlSource(read_address(each)).read(None)
            said = str(down.value)
            assert said.startswith(each.partition("+")[0] + "+")
            assert not {"p:s/s@", "p%3As", "p:x/s@"} & set(said.split())
            assert "s/s@" not in said + caplog.text


def test_a_missing_file_of_sqlite_is_not_made(sqlite: Database) -> None:
    """A misspelt path is an error, and no empty PBX."""
    source = SqlSource(read_address(f"freepbx+{sqlite.url}"))
    with pytest.raises(SourceDown, match="No such file"):
        source.read(None)
    assert not Path(sqlite.url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize(
    "address",
    [
        "mysql://h/asterisk",
        "freepbx+oracle://h/d",
        "wazo+mysql://h/d",
        "freepbx+mysql://h",
        "freepbx+mysql://u:pa55word@h:x/d",
        "",
    ],
)
def test_an_address_of_another_form_is_refused_without_being_repeated(address: str) -> None:
    """A password may stand in it."""
    with pytest.raises(ValueError, match="must be like") as refused:
        read_address(address)
    assert "pa55word" not in str(refused.value)
