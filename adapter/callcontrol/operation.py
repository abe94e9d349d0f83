"""What every action on a call is: told what happens, it says what is to be done, and has an outcome. Pure.

An operation awaits nothing and reads no clock. The runner carries its effects out and tells it what came of
them; so each order of events, answers and deadlines is a row in a table.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from adapter.ami.errors import LinkError
from adapter.asterisk.actions import Action
from adapter.calls.changes import Change
from adapter.calls.model import Calls


class Send(NamedTuple):
    """Have Asterisk do something; `Answered` with this tag tells what it said."""

    action: Action
    tag: str


class After(NamedTuple):
    """Tell `Expired` with this name in so many seconds; one of this name that runs already begins anew."""

    seconds: float
    timer: str


class Cancel(NamedTuple):
    """The timer of this name is not needed any more."""

    timer: str


class Level(IntEnum):
    """How much it matters to the operator; as the log has it."""

    WARNING = 30
    ERROR = 40


class Log(NamedTuple):
    """Tell the operator."""

    level: Level
    message: str
    facts: Mapping[str, str]


Effect = Send | After | Cancel | Log


class Answered(NamedTuple):
    """Asterisk did what was sent with this tag, or `failure` says why not."""

    tag: str
    failure: LinkError | None = None


class Expired(NamedTuple):
    """The time is over."""

    timer: str


Input = Answered | Expired | Change


class Operation(Protocol):
    """An action on a call, from its begin to its outcome."""

    @property
    def id(self) -> str:
        """What it does, and to what: there is one of each at a time."""

    @property
    def outcome(self) -> StrEnum | None:
        """What came of it, once that is known."""

    @property
    def is_over(self) -> bool:
        """Whether nothing that may still happen is of any meaning to it."""

    def start(self, calls: Calls) -> Sequence[Effect]:
        """What is to be done first; or anew, where somebody asks for it while it runs."""

    def on(self, what: Input, calls: Calls) -> Sequence[Effect]:
        """What is to be done now that this has happened."""
