"""What is done with the calls of one node: its operations, and which of them are supervisions."""

from collections.abc import Awaitable, Callable, Mapping

from adapter.asterisk.actions import Action
from adapter.callcontrol.operation import DirectoryChanged, RecordsKnown, SnapshotTaken
from adapter.callcontrol.runner import Runner
from adapter.callcontrol.supervision import strays
from adapter.callcontrol.supervision.machine import Supervise
from adapter.callcontrol.supervision.registry import Registry
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import World
from adapter.calls.changes import Change


class Operations:
    """Begins them, and tells them of each change, in the order in which changes come."""

    def __init__(
        self, look: Callable[[], World], send: Callable[[Action], Awaitable[Mapping[str, str]]]
    ) -> None:
        self.look = look
        self.supervisions = Registry()
        self.runner = Runner(look, send, self.supervisions.publish)

    def supervise(self, supervision: Supervision) -> None:
        """Have a supervision run that is new, or that was found."""
        self.supervisions.add(supervision)
        self.runner.begin(Supervise(supervision))

    def on_change(self, change: Change) -> None:
        """The live calls changed."""
        self.runner.on_change(change)
        if isinstance(change, strays.KINDS):
            known = self.supervisions
            for hanging_up in strays.to_hang_up(change, known.live, known.ended, self.look()):
                self.runner.begin(hanging_up)

    def on_snapshot(self) -> None:
        """The live calls are what a snapshot shows: account for every channel of ours in it."""
        known = self.supervisions
        for found in strays.in_snapshot(known.live, known.ended, self.look()):
            if isinstance(found, Supervision):
                self.supervise(found)
            else:
                self.runner.begin(found)
        self.runner.on_change(SnapshotTaken())

    def on_records(self) -> None:
        """What an earlier process kept of its supervisions is known now."""
        self.runner.on_change(RecordsKnown())

    def on_directory(self) -> None:
        """Another directory is in force: what it does not allow any more ends."""
        self.runner.on_change(DirectoryChanged())
