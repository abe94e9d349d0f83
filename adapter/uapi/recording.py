"""Keeps, for one request, whose its supervision is, before a phone rings."""

import secrets
from typing import Protocol

from adapter.callcontrol.records import Record, record_of, record_of_plan
from adapter.callcontrol.supervision.plan import Plan
from adapter.callcontrol.supervision.registry import Registry
from adapter.callcontrol.supervision.session import State


class Records(Protocol):
    """Keeps them for longer than the process lives."""

    async def keep(self, record: Record) -> None:
        """Keep it, in place of an older one. Raises StoreDown where it is not kept and has to be."""

    def keep_soon(self, record: Record) -> None:
        """Have it kept; nobody waits for it."""

    def forget(self, supervision_id: str) -> None:
        """Its supervision has ended, or never began."""


class Recording:
    """What one request has kept; nothing where there is no store."""

    def __init__(self, records: Records | None, supervisions: Registry, now: float) -> None:
        """`now` is the time of the request, in seconds since the epoch."""
        self._records = records
        self._supervisions = supervisions
        self.requested_at = now
        self._kept: Record | None = None
        self.new_id = secrets.token_hex(10)
        """The id of the supervision, if the request begins one."""

    async def keep(self, plan: Plan, owner: str) -> bool:
        """Keep what is to be known once this is carried out; whether that took time.

        Raises StoreDown where it is not kept, and nothing may begin then.
        """
        if self._records is None:
            return False
        running = self._supervisions.by(plan.supervisor)
        record = record_of_plan(plan, owner, self.new_id, running, self.requested_at)
        if record == self._kept:
            return False
        self.settle()
        self._kept = record
        await self._records.keep(record)
        return True

    def settle(self) -> None:
        """Have that kept which came of it: perhaps nothing began, or it runs on as it was."""
        kept, records = self._kept, self._records
        if kept is None or records is None:
            return
        supervision = self._supervisions.get(kept.id)
        if supervision is None or supervision.state is State.ENDED:
            records.forget(kept.id)
            return
        is_so = record_of(supervision)
        if is_so != kept:
            records.keep_soon(is_so)
