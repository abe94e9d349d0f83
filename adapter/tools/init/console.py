"""What the command line says, and who answers the questions: values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the command line says; None where it says nothing."""

    folder: Path
    ami_host: str | None = None
    ami_port: int | None = None
    ami_username: str | None = None
    ami_secret: str | None = None
    """Read from a file or standard input, never from the command line: others see that."""

    @property
    def given(self) -> dict[str, object]:
        """The settings among them."""
        named = {
            "ami_host": self.ami_host,
            "ami_port": self.ami_port,
            "ami_username": self.ami_username,
            "ami_secret": self.ami_secret,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Console:
    """Who types the command: `say` and `complain` show a line, `ask` and `ask_secret` return one."""

    say: Callable[[str], None]
    complain: Callable[[str], None]
    ask: Callable[[str], str]
    ask_secret: Callable[[str], str]
    is_interactive: bool

    def show(self, lines: Iterable[str]) -> None:
        """Show lines that are to be typed."""
        self.say("")
        for line in lines:
            self.say(f"  {line}")
        self.say("")

    def wait(self, question: str) -> bool:
        """Wait for whoever types; False where nobody does."""
        if self.is_interactive:
            self.ask(question)
        return self.is_interactive
