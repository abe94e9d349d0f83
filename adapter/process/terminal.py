"""Prints the output of commands line by line, without characters that a terminal acts on."""

import argparse
import io
import sys
from typing import NoReturn

from adapter.printable import printable


def say(line: str) -> None:
    """Print a line of the result to standard output."""
    print(printable(line), flush=True)


def complain(line: str) -> None:
    """Print a line about a problem or the progress to standard error."""
    print(printable(line), file=sys.stderr, flush=True)


def show_every_letter() -> None:
    """Make standard output print a letter that its encoding lacks as an escape, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Parser(argparse.ArgumentParser):
    """Parses a command line; its error messages escape what they repeat of it."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the command line, and exit."""
        super().error(printable(message))
