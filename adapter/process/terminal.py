"""What a command shows to whoever runs it: a line at a time, with nothing in it that the terminal acts on."""

import argparse
import io
import sys
from typing import NoReturn

from adapter.printable import printable


def say(line: str) -> None:
    """Show a line of what was asked for, on standard output."""
    print(printable(line), flush=True)


def complain(line: str) -> None:
    """Show a line of what went wrong, or goes on, on standard error."""
    print(printable(line), file=sys.stderr, flush=True)


def show_every_letter() -> None:
    """Have standard output show a letter that its encoding lacks as an escape, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Parser(argparse.ArgumentParser):
    """Reads a command line; what it repeats of a wrong one is escaped too."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and exit."""
        super().error(printable(message))
