"""`uapi-adapter audit`: looks the audit trail up in the store."""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from adapter.audit.query import AuditQuery, as_csv, as_table, read_time
from adapter.process.terminal import Parser, complain, say
from adapter.settings import settings_without_directory
from adapter.storing import StoreError

USAGE_ERROR = 2
LIMIT = 1_000_000


def add_audit_command(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Tell the command line of it."""
    audit = commands.add_parser("audit", help="look up who supervised whom, in the store")
    audit.add_argument("--supervisor", metavar="NUMBER", help="what this extension did as a supervisor")
    audit.add_argument("--extension", metavar="NUMBER", help="who supervised this extension")
    audit.add_argument("--call", metavar="ID", help="what was done in this call")
    when = "a day (2026-11-30) or a moment (2026-11-30T14:30)"
    audit.add_argument("--since", metavar="TIME", help=f"nothing before {when}")
    audit.add_argument("--until", metavar="TIME", help="nothing from this day or moment on")
    audit.add_argument("--limit", type=_count, default=1000, metavar="LINES", help="default: the newest 1000")
    audit.add_argument("--format", choices=("table", "csv", "json"), default="table")
    audit.set_defaults(command=run_audit)


def run_audit(options: argparse.Namespace) -> int:
    """Show the lines that are asked for; 0, also if there are none."""
    settings = settings_without_directory()
    if settings.store is None:
        complain("ADAPTER_STORE is not set: the audit trail can be looked up in a store only (docs/store.md)")
        return USAGE_ERROR
    zone = ZoneInfo(settings.timezone)
    times: dict[str, float | None] = {"since": None, "until": None}
    for name in times:
        text = getattr(options, name)
        try:
            times[name] = None if text is None else read_time(text, zone)
        except (ValueError, OverflowError):
            complain(
                f"--{name} must be a day like 2026-11-30 or a moment like 2026-11-30T14:30, not {text!r}"
            )
            return USAGE_ERROR
    since, until = times["since"], times["until"]
    if since is not None and until is not None and since >= until:
        complain("--since must be before --until")
        return USAGE_ERROR
    wanted = AuditQuery(options.supervisor, options.extension, options.call, since, until, options.limit)
    try:
        from adapter.store.address import read_address  # noqa: PLC0415 - only where a store is set
        from adapter.store.audit_lines import find_lines  # noqa: PLC0415 - as above
    except ModuleNotFoundError as missing:
        raise StoreError.not_installed(missing.name) from missing
    found = asyncio.run(find_lines(read_address(settings.store.get_secret_value()), wanted))
    lines = found[-wanted.limit :]
    shapes: dict[str, Callable[[Sequence[str]], Iterator[str]]] = {
        "csv": as_csv,
        "json": iter,
        "table": lambda lines: as_table(lines, zone),
    }
    for line in shapes[options.format](lines):
        say(line)
    if not lines:
        complain("no line of the audit trail is like that")
    elif len(found) > len(lines):
        complain(f"there are more: these are the newest {wanted.limit} (--limit)")
    return 0


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= LIMIT:
        raise argparse.ArgumentTypeError(f"not a number from 1 to {LIMIT}: {text!r}")
    return count
