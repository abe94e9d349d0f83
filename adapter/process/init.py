"""`uapi-adapter init` as it is typed: its options, and whoever answers its questions."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from adapter.auth.token_endpoint import hash_secret
from adapter.process.terminal import Parser, ask, ask_secret, complain, is_interactive, say
from adapter.tools.init.command import run_init
from adapter.tools.init.console import Console, InitOptions
from adapter.tools.init.files import InitError

if TYPE_CHECKING:  # argparse has no public name for what `add_subparsers` returns
    from argparse import _SubParsersAction as SubParsers

FOLDER = Path("/etc/uapi-adapter")
STOPPED = "stopped; `uapi-adapter init` goes on from here"


def add_init(commands: "SubParsers[Parser]") -> Parser:
    """Add the command and its options."""
    parser = commands.add_parser("init", help="make settings and a directory for a PBX")
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, metavar="FOLDER", help="where they go; default: %(default)s"
    )
    parser.add_argument("--ami-host", metavar="HOST", help="where Asterisk is; default: 127.0.0.1")
    parser.add_argument("--ami-port", type=int, metavar="PORT", help="the port of its AMI; default: 5038")
    parser.add_argument("--ami-username", metavar="NAME", help="the AMI user; default: uapi")
    parser.add_argument(
        "--ami-secret-file",
        metavar="FILE",
        help="a file with its secret (- is standard input); default: ADAPTER_AMI_SECRET, else a new one",
    )
    return parser


def init(options: argparse.Namespace, shipped: Path) -> int:
    """Run it; its exit status. `shipped` has the adapter's parts of Asterisk's configuration."""
    console = Console(say, complain, ask, ask_secret, is_interactive=is_interactive())
    wanted = InitOptions(
        options.folder,
        options.ami_host,
        options.ami_port,
        options.ami_username,
        None if options.ami_secret_file is None else _first_line(options.ami_secret_file),
    )
    try:
        return run_init(wanted, console, hash_secret, shipped)
    except InitError as failed:
        complain(str(failed))
    except (KeyboardInterrupt, EOFError):
        complain(STOPPED)
    return 1


def _first_line(path: str) -> str:
    """The secret in a file. Raises OSError where it cannot be read."""
    if path == "-":
        return sys.stdin.readline().rstrip("\r\n")
    with Path(path).open(encoding="utf-8") as file:
        return file.readline().rstrip("\r\n")
