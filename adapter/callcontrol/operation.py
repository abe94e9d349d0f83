"""What every action on a call is: told what happens, it says what is to be done, and has an outcome. Pure.

An operation awaits nothing and reads no clock. The runner carries its effects out and tells it what came of
them; so each order of events, answers and deadlines is a row in a table.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from adapter.ami.errors import LinkError
from adapter.asterisk.actions import Action
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World

# -- what an operation wants done --------------------------------------------------------------------


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


class Publish(NamedTuple):
    """Tell the subscribers, and the log, what happened to a supervision."""

    what: str
    seen: Supervision
    """The supervision as it was then: a copy."""


class Begin(NamedTuple):
    """Start another operation; `Came` tells its outcome, once it is over."""

    operation: "Operation"


Effect = Send | After | Cancel | Log | Publish | Begin


# -- what an operation is told, beside the changes of the live calls ---------------------------------


class Answered(NamedTuple):
    """Asterisk did what was sent with this tag, or `failure` says why not."""

    tag: str
    failure: LinkError | None = None
    answer: Mapping[str, str] = {}


class Expired(NamedTuple):
    """The time is over."""

    timer: str


class Came(NamedTuple):
    """An operation that this one began is over."""

    operation: "Operation"


class SnapshotTaken(Struct, frozen=True):
    """The live calls are now what a snapshot shows; its changes were told before."""


class RecordsKnown(Struct, frozen=True):
    """What an earlier process kept of its supervisions is known now."""


class DirectoryChanged(Struct, frozen=True):
    """Another directory is in force, and the live calls are named after it."""


class Stopping(Struct, frozen=True):
    """The adapter is about to stop."""


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

    def start(self, world: World) -> Sequence[Effect]:
        """What is to be done first; or anew, where somebody asks for it while it runs."""

    def on(self, what: object, world: World) -> Sequence[Effect]:
        """What is to be done now: one of the above happened, or a change, or somebody asks for this."""

    def has_reached(self, milestone: object, world: World) -> bool:
        """Whether it is as somebody waits for it to be."""
