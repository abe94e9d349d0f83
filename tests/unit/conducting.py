"""The operations of one node over the live model; it is noted what they would have Asterisk do."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from adapter.ami.errors import LinkLost
from adapter.asterisk.actions import Action
from adapter.asterisk.caller_id import CallerId
from adapter.asterisk.features import ALL_FEATURES
from adapter.callcontrol.operations import Operations
from adapter.callcontrol.supervision.plan import Follow, Mode, Plan
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.callcontrol.world import Rules, World
from adapter.calls.model import Calls
from adapter.calls.publisher import Publisher
from adapter.directory import Directory
from adapter.lab.polling import until
from adapter.uapi.supervision_actions import SupervisionActions

from .samples import Headers, Pbx, directory, events, listed, snapshot_after

TRUNK, AGENT, SECOND, SUPERVISOR = "PJSIP/trunk", "PJSIP/0003*210", "PJSIP/0003*211", "PJSIP/0003*024"


class Desk:
    """What the PBX says is fed to the model and the operations, as in the process."""

    def __init__(self, known: Directory | None = None) -> None:
        self.pbx = Pbx()
        self.directory = known or directory()
        self.calls = Calls(self.directory.extension_of_channel)
        self.sent: list[dict[str, str]] = []
        """What went out, with the action's name as `Action`."""
        self.is_link_up = True
        self.unsent = 0
        """How many more would have gone out if the link had been up."""
        self.publisher = Publisher(self.calls)
        self.operations = Operations(self.world, self._send)
        self.actions = SupervisionActions(self.operations)
        self.publisher.subscribe(self.operations.on_change)
        self._fed = 0

    def world(self) -> World:
        """All as it is now."""
        return World(
            calls=self.calls,
            directory=self.directory,
            supervisions=self.operations.supervisions.live.values(),
            is_ready=self.is_link_up,
            features=ALL_FEATURES,
            rules=Rules(),
            now=1795405400.0,
        )

    async def _send(self, action: Action) -> dict[str, str]:
        if not self.is_link_up:
            self.unsent += 1
            raise LinkLost("it broke")
        self.sent.append({"Action": action.name, **dict(action.headers)})
        return {}

    def hear(self) -> None:
        """Publisher what the PBX has said since."""
        said, self._fed = self.pbx.messages[self._fed :], len(self.pbx.messages)
        for event in events(said):
            self.publisher.take_event(event)

    def resync(self, snapshot: Iterable[Headers] | None = None) -> None:
        """The link was down and is back: what was said meanwhile is lost, the snapshot tells."""
        shown = snapshot_after(self.pbx.messages) if snapshot is None else snapshot
        self._fed = len(self.pbx.messages)
        self.publisher.take_snapshot(listed(shown), 1795405400.0)
        self.operations.on_snapshot()

    async def begin(
        self,
        spyee: str,
        *,
        extension: str = "0003*210",
        supervisor: str = "0003*024",
        mode: Mode = Mode.MONITOR,
        follow: Follow = Follow.EXTENSION,
    ) -> Supervision:
        """A supervision whose phone is about to ring."""
        call = self.calls.call_of(spyee)
        assert call is not None
        plan = Plan(
            mode=mode,
            call_id=call.id,
            spyee=spyee,
            spyee_name=call.legs[spyee].channel.name,
            extension=extension,
            supervisor=supervisor,
            devices=(f"PJSIP/{supervisor}",),
            rings=(f"PJSIP/{supervisor}",),
            rings_alone=f"PJSIP/{supervisor}",
            caller_id=CallerId("x", "1"),
            pickup_s=20,
            follow=follow,
        )
        return await self.actions.begin(plan, "wallboard", secrets.token_hex(10))

    async def join(self, spyee: str, *, peer: str = SUPERVISOR, **more: Any) -> Supervision:  # noqa: ANN401 - as begin takes them
        """A supervision that is joined."""
        supervision = await self.begin(spyee, **more)
        self.pbx.supervise(spyee, peer, supervision.channel_id)
        self.hear()
        assert supervision.is_joined
        return supervision

    async def hangs_up(self, *channels: str) -> None:
        """Wait until the end of so many channels was asked for: it has to be these, in this order."""
        await until(lambda: len(self.hung_up()) >= len(channels))
        assert self.hung_up() == [*channels]

    def hung_up(self) -> list[str]:
        """The channels whose end was asked for."""
        return [action["Channel"] for action in self.sent if action["Action"] == "Hangup"]


@asynccontextmanager
async def desk(known: Directory | None = None) -> AsyncIterator[Desk]:
    """A desk whose operations are closed at the end."""
    running = Desk(known)
    try:
        yield running
    finally:
        await running.operations.runner.close()
