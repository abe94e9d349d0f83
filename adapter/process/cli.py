"""Serve the live calls of an Asterisk PBX by the UnifiedAPI, or help to set that up."""

import argparse
import asyncio
import getpass
import logging
import math
import sys
import time
import tomllib
from pathlib import Path

from pydantic import ValidationError

from adapter.app import make_directory, make_tokens
from adapter.auth.token_endpoint import hash_secret
from adapter.directory import DirectoryError
from adapter.directory.source import SourceDown
from adapter.plain_errors import plain_error
from adapter.process import logs
from adapter.process.audit_command import add_audit_command
from adapter.process.init import add_init, init
from adapter.process.server import run
from adapter.process.terminal import Parser, complain, say, show_every_letter
from adapter.settings import PREFIX, Settings, settings_without_directory
from adapter.storing import StoreError
from adapter.tools.check.command import run_check
from adapter.tools.discover.command import run_discover
from adapter.tools.trace.record import RecordOptions, run_record
from adapter.tools.trace.replay import run_replay

USAGE_ERROR = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    show_every_letter()
    parser = Parser(prog="uapi-adapter", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the API beside Asterisk")
    serve.set_defaults(command=_serve)
    token = commands.add_parser("token", help="print an access token for an App of the directory")
    token.add_argument("--app", required=True, metavar="CLIENT_ID")
    token.add_argument("--lifetime", type=int, metavar="SECONDS", help="default: ADAPTER_TOKEN_LIFETIME_S")
    token.set_defaults(command=_token)
    hashing = commands.add_parser("hash", help="print the hash of an App's secret, read from standard input")
    hashing.set_defaults(command=_hash)
    demo = commands.add_parser("demo", help="barge in on a real call in a private Asterisk")
    demo.add_argument("--keep", action="store_true", help="leave everything running, to try things by hand")
    demo.set_defaults(command=_demo)
    check = commands.add_parser("check", help="name everything that would stop a barge-in")
    check.add_argument(
        "--listen",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait up to so many seconds for an event of a call",
    )
    check.set_defaults(command=_check)
    discover = commands.add_parser("discover", help="print a directory of what Asterisk has")
    discover.set_defaults(command=_discover)
    add_init(commands).set_defaults(command=_init)
    record = commands.add_parser("record", help="write what Asterisk says over AMI to a file")
    record.add_argument("file", type=Path, metavar="FILE")
    record.add_argument(
        "--seconds", type=_seconds, help="how long to record; default: until Ctrl-C or SIGTERM"
    )
    record.add_argument(
        "--mask", action=argparse.BooleanOptionalAction, default=True, help="mask numbers and names"
    )
    record.add_argument("--force", action="store_true", help="overwrite an existing file")
    record.set_defaults(command=_record)
    replay = commands.add_parser("replay", help="print the calls and views of a recorded file as they change")
    replay.add_argument("file", type=Path, metavar="FILE")
    replay.add_argument(
        "--directory",
        type=Path,
        metavar="FILE",
        help="the directory; default: every number like 0003*210 is an extension",
    )
    replay.set_defaults(command=_replay)
    add_audit_command(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.command(options)
    except ValidationError as invalid:
        for error in invalid.errors(include_input=False, include_url=False):
            # Further parts say where in a list; of what several settings are together there is none.
            name = f"{PREFIX}{error['loc'][0]}: ".upper() if error["loc"] else ""
            complain(f"{name}{plain_error(error)}")
        return USAGE_ERROR
    except DirectoryError as bad:
        complain("the directory cannot be used:")
        for problem in bad.problems:
            complain(problem)
        return USAGE_ERROR
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as malformed:
        complain(f"the file that ADAPTER_CONFIG names is no TOML: {malformed}")
        return USAGE_ERROR
    except SourceDown as down:
        complain(f"{PREFIX}DIRECTORY_SOURCE: {down}")
        return 1
    except (OSError, StoreError) as failed:
        complain(str(failed))
        return 1
    return status


def _settings() -> Settings:
    return Settings()  # the environment and the file that it names


def _serve(_: argparse.Namespace) -> int:
    settings = _settings()
    with logs.writing(settings.log_level, settings.log_format):
        run(settings)
    return 0


def _token(options: argparse.Namespace) -> int:
    settings = _settings()
    if options.lifetime is not None and options.lifetime <= 0:
        complain("--lifetime must be a number of seconds higher than 0")
        return USAGE_ERROR
    app = make_directory(settings).current.apps.get(options.app)
    if app is None:
        complain(f"there is no App {options.app!r} in the directory")
        return USAGE_ERROR
    say(make_tokens(settings).issue(app, time.time(), options.lifetime))
    return 0


def _hash(_: argparse.Namespace) -> int:
    secret = getpass.getpass("secret: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not secret:
        complain("an empty secret protects nothing")
        return USAGE_ERROR
    say(hash_secret(secret))
    return 0


def _check(options: argparse.Namespace) -> int:
    _say_nothing_else()
    settings = _settings()
    return asyncio.run(run_check(settings, make_directory(settings), options.listen, say))


def _discover(_: argparse.Namespace) -> int:
    _say_nothing_else()
    return asyncio.run(run_discover(settings_without_directory(), say, complain))


def _init(options: argparse.Namespace) -> int:
    # The wheel has Asterisk's files beside the lab, which is not part of the service.
    from adapter.lab.errors import LabError  # noqa: PLC0415
    from adapter.lab.files import lab_file  # noqa: PLC0415

    _say_nothing_else()
    try:
        return init(options, lab_file("asterisk-conf"))
    except LabError as missing:
        complain(str(missing))
        return 1


def _record(options: argparse.Namespace) -> int:
    _say_nothing_else()
    wanted = RecordOptions(options.file, options.seconds, is_masked=options.mask, force=options.force)
    return asyncio.run(run_record(_settings(), wanted, complain))


def _replay(options: argparse.Namespace) -> int:
    return run_replay(options.file, options.directory, say, complain)


def _say_nothing_else() -> None:
    """A command says itself what it finds; the link's warnings would say it twice."""
    logging.getLogger("adapter").setLevel(logging.CRITICAL)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds) or seconds < 0:
        raise argparse.ArgumentTypeError(f"not a number of seconds: {text!r}")
    return seconds


def _demo(options: argparse.Namespace) -> int:
    from adapter.lab.demo import main as demo  # noqa: PLC0415 - the lab is not part of the service

    return demo(keep=options.keep)
