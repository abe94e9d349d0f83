"""Prints the output of commands line by line, without characters that a terminal acts on."""

import argparse
import getpass
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


def ask(question: str) -> str:
    """What is typed in answer to the question. Raises EOFError where the input has ended."""
    print(printable(question), end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def ask_secret(question: str) -> str:
    """What is typed and not shown."""
    return getpass.getpass(printable(question), stream=sys.stderr)


def is_interactive() -> bool:
    """Whether somebody can be asked, and sees the questions."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def show_every_letter() -> None:
    """Make standard output print a letter that its encoding lacks as an escape, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Parser(argparse.ArgumentParser):
    """Parses a command line; its error messages escape what they repeat of it."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the command line, and exit."""
        super().error(printable(message))
