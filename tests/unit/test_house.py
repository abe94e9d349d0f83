"""The house: imports run one way, one room reads the environment, the docs say what is."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from adapter.asterisk import naming
from adapter.settings import Settings

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "adapter").rglob("*.py"))


def _pure_files_of(room: str, *, but: Iterable[str]) -> list[str]:
    """Every file of a room but these."""
    paths = (ROOT / room).rglob("*.py")
    return sorted(_name(path) for path in paths if path.stem not in (*but, "__init__"))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PURE = (
    "adapter.asterisk",
    "adapter.calls",
    "adapter.presence",
    "adapter.access",
    "adapter.plain_errors",
    "adapter.printable",
    "adapter.directory.candidates",
    "adapter.directory.device_names",
    "adapter.directory.devices",
    "adapter.directory.entries",
    "adapter.directory.expanding",
    "adapter.directory.extension",
    "adapter.directory.guessing",
    "adapter.directory.index",
    "adapter.directory.loading",
    "adapter.directory.numbers",
    "adapter.directory.phones",
    "adapter.directory.proposing",
    "adapter.directory.overriding",
    "adapter.directory.forgiving",
    "adapter.directory.rules",
    "adapter.directory.shrinking",
    "adapter.directory.source",
    "adapter.directory.sourcing",
    "adapter.directory.templates",
    "adapter.directory.tenants",
    "adapter.directory.warnings",
    "adapter.directory.writing",
    "adapter.directory.yaml_lines",
    *_pure_files_of("adapter/callcontrol", but=("operations", "registry", "runner")),
    "adapter.ami.banner",
    "adapter.ami.reader",
    "adapter.ami.errors",
    "adapter.auth.token_wire",
    "adapter.documentation.openapi",
    "adapter.documentation.text",
    "adapter.http.entity_tag",
    "adapter.http.errors",
    "adapter.http.limits",
    "adapter.http.origin",
    "adapter.http.places",
    "adapter.http.prefer",
    *_pure_files_of("adapter/media", but=("carrying", "client_socket", "leg", "streams")),
    "adapter.monitoring.counters",
    "adapter.audit.query",
    "adapter.store.address",
    "adapter.sources.address",
    "adapter.sources.freepbx",
    "adapter.sources.realtime",
    "adapter.sources.rows",
    "adapter.sources.tables",
    "adapter.stream.replay_buffer",
    "adapter.tools.trace.text",
    "adapter.tools.trace.masking",
    "adapter.tools.trace.playing",
    "adapter.tools.check.advice",
    "adapter.tools.check.facts",
    "adapter.tools.check.findings",
    "adapter.tools.check.directory",
    "adapter.tools.check.table",
    "adapter.tools.init.asterisk_side",
    "adapter.tools.init.comparing",
    "adapter.tools.init.settings_file",
    "adapter.uapi.addressed",
    "adapter.uapi.addressing",
    "adapter.uapi.codes",
    "adapter.uapi.digits",
    "adapter.uapi.forms",
    "adapter.uapi.parameters",
    "adapter.uapi.refusals",
    "adapter.uapi.resources",
    "adapter.uapi.revisions",
    "adapter.uapi.list_parameters",
    "adapter.uapi.listing",
    "adapter.uapi.presence_query",
    "adapter.uapi.schemas",
    "adapter.uapi.response_cache",
    "adapter.uapi.rendering",
    "adapter.lab.tones",
)
IMPURE = (
    "asyncio",
    "aiohttp",
    "panoramisk",
    "logging",
    "time",
    "socket",
    "threading",
    "random",
    "secrets",
    "os",
)


def _imported(tree: ast.AST) -> Iterable[str]:
    """Every module that the code imports, and every name taken from one, as a dotted path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import that starts with a dot escapes these rules"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_in(name: str, rooms: Iterable[str]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def _offences(importer: Callable[[str], bool], is_forbidden: Callable[[str], bool]) -> list[str]:
    """Each forbidden import of the modules meant, as `importer -> imported`."""
    meant = [path for path in MODULES if importer(_name(path))]
    assert meant, "a rule about no module shows nothing"
    return [
        f"{_name(path)} -> {imported}"
        for path in meant
        for imported in _imported(ast.parse(path.read_text(encoding="utf-8")))
        if is_forbidden(imported)
    ]


def test_the_rules_would_see_an_offence() -> None:
    """Plain, from, as, inside a function: every form of import is seen."""
    code = "import asyncio as a\ndef f():\n    from adapter.auth import tokens\n    import adapter.lab.demo\n"
    assert list(_imported(ast.parse(code))) == ["asyncio", "adapter.auth.tokens", "adapter.lab.demo"]
    assert _is_in("adapter.lab.demo", ("adapter.lab",))
    assert not _is_in("adapter.laboratory", ("adapter.lab",))


def test_only_the_ami_session_knows_panoramisk() -> None:
    """What it does to a barge-in is overridden in one place."""
    known = _offences(lambda _: True, lambda name: _is_in(name, ("panoramisk",)))
    assert {offence.partition(" ")[0] for offence in known} == {"adapter.ami.session"}


def test_only_the_metrics_page_knows_prometheus() -> None:
    """Whoever is counted only counts."""
    known = _offences(lambda _: True, lambda name: _is_in(name, ("prometheus_client",)))
    assert {offence.partition(" ")[0] for offence in known} == {"adapter.monitoring.metrics"}


def test_only_the_composition_root_and_the_commands_know_the_store() -> None:
    """Every other room says what it has kept by a protocol of its own."""
    known = _offences(
        lambda name: not _is_in(name, ("adapter.store",)), lambda name: _is_in(name, ("adapter.store",))
    )
    assert {offence.partition(" ")[0] for offence in known} == {
        "adapter.app",
        "adapter.process.audit_command",
    }
    libraries = ("sqlalchemy", "alembic", "asyncpg", "asyncmy", "aiosqlite", "sqlite3")
    rooms = ("adapter.store", "adapter.sources", "adapter.lab")
    assert _offences(lambda name: not _is_in(name, rooms), lambda name: _is_in(name, libraries)) == []


def test_only_the_composition_root_knows_the_sources() -> None:
    """Where none is configured none of their libraries is imported."""
    known = _offences(
        lambda name: not _is_in(name, ("adapter.sources",)), lambda name: _is_in(name, ("adapter.sources",))
    )
    assert {offence.partition(" ")[0] for offence in known} == {"adapter.app"}


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_reads_no_clock_logs_nothing_and_awaits_nothing(room: str) -> None:
    """The middle holds every decision and no I/O."""
    assert _offences(lambda name: _is_in(name, (room,)), lambda name: _is_in(name, IMPURE)) == []
    paths = [path for path in MODULES if _is_in(_name(path), (room,))]
    for path in paths:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        assert not any(isinstance(node, ast.Await | ast.AsyncFunctionDef) for node in nodes)
        called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
        assert not called & {"open", "print", "input", "datetime.now", "datetime.utcnow", "date.today"}


def test_the_runner_alone_awaits_what_operations_want_done() -> None:
    """Whatever an action on a call is, it is a machine: told what happens, it says what is to be done."""
    awaiting = {
        _name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _is_in(_name(path), ("adapter.callcontrol",))
        and isinstance(node, ast.Await | ast.AsyncFunctionDef)
    }
    assert awaiting == {"adapter.callcontrol.runner"}


def test_a_module_that_says_it_is_pure_is_held_to_it() -> None:
    """`Pure` in its docstring is no ornament."""
    saying = {
        _name(path)
        for path in MODULES
        if re.search(
            r"[.;?] pure\b",
            ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "",
            re.IGNORECASE,
        )
    }
    assert "adapter.callcontrol.supervision.decision" in saying
    assert {name for name in saying if not _is_in(name, PURE)} == set()


LEAVES = (
    "adapter.line_writer",
    "adapter.plain_errors",
    "adapter.printable",
    "adapter.regular_file",
    "adapter.storing",
)
"""How texts from outside are shown, which files are read, how lines are written, and what a store says."""
ALLOWED = [
    # who imports, and what of the adapter it may import besides itself
    ("adapter.plain_errors", ()),
    ("adapter.printable", ()),
    ("adapter.line_writer", ()),
    ("adapter.asterisk", ()),
    ("adapter.settings", ()),
    ("adapter.tasks", ()),
    ("adapter.ami", ("adapter.asterisk",)),
    ("adapter.media", ()),
    ("adapter.calls", ("adapter.asterisk",)),
    ("adapter.presence", ("adapter.asterisk",)),
    ("adapter.directory", ("adapter.asterisk",)),
    ("adapter.sources", ("adapter.asterisk", "adapter.directory")),
    ("adapter.access", ("adapter.asterisk", "adapter.calls", "adapter.directory")),
    (
        "adapter.callcontrol",
        ("adapter.access", "adapter.ami.errors", "adapter.asterisk", "adapter.calls", "adapter.directory"),
    ),
    (
        "adapter.pbx",
        (
            "adapter.ami.contacts",
            "adapter.ami.link",
            "adapter.asterisk",
            "adapter.callcontrol",
            "adapter.calls",
            "adapter.directory",
            "adapter.presence",
        ),
    ),
    ("adapter.audit", ("adapter.callcontrol",)),
    ("adapter.http", ("adapter.audit", "adapter.settings")),
    ("adapter.documentation", ("adapter.http",)),
    ("adapter.auth", ("adapter.access", "adapter.directory", "adapter.http", "adapter.settings")),
    (
        "adapter.uapi",
        (
            "adapter.access",
            "adapter.ami.errors",
            "adapter.asterisk",
            "adapter.auth",
            "adapter.callcontrol",
            "adapter.calls",
            "adapter.directory",
            "adapter.http",
            "adapter.media",
            "adapter.presence",
            "adapter.settings",
        ),
    ),
    (
        "adapter.stream",
        (
            "adapter.access",
            "adapter.auth",
            "adapter.callcontrol",
            "adapter.calls",
            "adapter.directory",
            "adapter.http",
            "adapter.settings",
            # What it streams are the wire's PhoneCalls and supervisions.
            "adapter.uapi",
        ),
    ),
    (
        "adapter.monitoring",
        (
            "adapter.ami.link",
            "adapter.asterisk.events",
            "adapter.asterisk.features",
            "adapter.http",
            "adapter.callcontrol",
            "adapter.calls",
            "adapter.pbx",
            "adapter.presence",
            "adapter.tasks",
        ),
    ),
    (
        "adapter.store",
        (
            # Whose protocols it implements.
            "adapter.audit",
            "adapter.callcontrol",
            "adapter.http",
            "adapter.monitoring.counters",
            "adapter.settings",
            "adapter.tasks",
        ),
    ),
    (
        "adapter.tools",
        (
            "adapter.ami",
            "adapter.ami_settings",
            "adapter.asterisk",
            "adapter.calls",
            "adapter.directory",
            "adapter.settings",
        ),
    ),
]


@pytest.mark.parametrize(("room", "allowed"), ALLOWED)
def test_imports_run_one_way(room: str, allowed: tuple[str, ...]) -> None:
    """process -> app -> uapi, stream, monitoring -> http -> callcontrol -> access -> calls -> asterisk."""
    assert _offences(
        lambda name: _is_in(name, (room,)),
        lambda name: _is_in(name, ("adapter",)) and not _is_in(name, (room, *allowed, *LEAVES)),
    ) == []  # fmt: skip


def test_the_lab_is_known_to_its_command_alone() -> None:
    """The service runs without it."""
    known = _offences(
        lambda name: not _is_in(name, ("adapter.lab",)), lambda name: _is_in(name, ("adapter.lab",))
    )
    assert {offence.partition(" ")[0] for offence in known} <= {"adapter.process.cli"}


def test_only_the_settings_read_the_environment() -> None:
    """The lab, which starts processes, apart."""
    readers = {
        _name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os"
            and {alias.name for alias in node.names} & {"environ", "environb", "getenv"})
    }  # fmt: skip
    assert {name for name in readers if not _is_in(name, ("adapter.lab",))} == {"adapter.settings"}


def _texts(tree: ast.AST) -> Iterable[str]:
    """Every text of the code that is not there to be read by people alone."""
    nodes = list(ast.walk(tree))
    said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_one_module_names_the_contexts_of_the_dialplan_include() -> None:
    """They are the file's, and nobody else writes them; the lab, which is a PBX, apart."""
    include = (ROOT / "asterisk-conf" / "uapi-dialplan.conf").read_text(encoding="utf-8")
    there = set(re.findall(r"^\[([^]]+)\]", include, re.MULTILINE))
    named = {value for name, value in vars(naming).items() if name.endswith("_CONTEXT")}
    assert named
    assert named <= there
    writers = {
        _name(path)
        for path in MODULES
        if any(
            context in text
            for text in _texts(ast.parse(path.read_text(encoding="utf-8")))
            for context in there
        )
    }
    assert {name for name in writers if not _is_in(name, ("adapter.lab",))} == {"adapter.asterisk.naming"}


def test_what_a_command_shows_goes_through_the_terminal() -> None:
    """One module prints, and what it prints is escaped."""
    printers = {
        _name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "print")
        or (isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr")
            and isinstance(node.value, ast.Name) and node.value.id == "sys")
    }  # fmt: skip
    assert printers == {"adapter.process.terminal"}


def _written(default: object) -> str:
    """A default as the table writes it."""
    match default:
        case _ if default is PydanticUndefined:
            return "required"
        case None | ():
            return "none"
        case bool():
            return f"`{str(default).lower()}`"
    return f"`{default}`"


def test_the_settings_page_lists_every_setting_with_its_default() -> None:
    """No more, no fewer, in the same order."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(ADAPTER_[A-Z_]+)` \| ([^|]+) \| [^|]+ \|$", page, re.MULTILINE)
    assert rows == [
        (f"ADAPTER_{name.upper()}", _written(field.default)) for name, field in Settings.model_fields.items()
    ]


# -- the tests -----------------------------------------------------------------------------------------

TESTS = sorted((ROOT / "tests").rglob("*.py"))


def test_no_two_test_files_have_one_name() -> None:
    """A name in a report, or in a document, is one file."""
    names = Counter(path.name for path in TESTS if path.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def test_nobody_imports_from_a_conftest() -> None:
    """What several folders begin with stands in a module of its own."""
    said = re.compile(r"^ *(?:from|import) [\w.]*\bconftest\b", re.MULTILINE)
    importers = [
        str(path.relative_to(ROOT)) for path in TESTS if said.search(path.read_text(encoding="utf-8"))
    ]
    assert importers == []


def test_all_tests_wait_with_one_until() -> None:
    """It has a deadline, and says what it waited for; `until_...` are made of it."""
    places = {
        path.relative_to(ROOT)
        for path in (*TESTS, *MODULES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name == "until"
        and not _is_in(_name(path), ("adapter.callcontrol",))
    }
    assert places == {Path("adapter/lab/polling.py")}
