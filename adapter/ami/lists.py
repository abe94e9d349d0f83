"""Asks for a list, and collects the items that Asterisk sends as events."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from adapter.ami.errors import ActionTimeout, LinkLost
from adapter.ami.session import Session
from adapter.asterisk.actions import Action, Headers
from adapter.asterisk.message import Message


@dataclass(frozen=True, slots=True)
class ListForm:
    """A list that Asterisk can be asked for: by which action, and how its items and its end are called."""

    action: str
    items: frozenset[str]
    end: str
    is_counted: bool = True
    """Whether the end tells how many items there were; Asterisk 16 tells wrong of its database."""


@dataclass(slots=True)
class _Answer:
    form: ListForm
    items: list[Message] = field(default_factory=list)
    announced: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Lists:
    """The lists that are asked for over one session, whose events `take` hears.

    An item belongs to a list by the ActionID of the request, which nobody can guess.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, _Answer] = {}

    def take(self, event: Message) -> None:
        """Look at one event."""
        answer = self._waiting.get(event.get("ActionID", ""))
        if answer is None:
            return
        if event.event == answer.form.end:
            count = event.get("ListItems", "")
            answer.announced = int(count) if answer.form.is_counted and count.isdecimal() else None
            answer.ended.set()
        elif event.event in answer.form.items:
            answer.items.append(event)

    async def read(
        self, session: Session, form: ListForm, headers: Headers = (), *, action_s: float, within_s: float
    ) -> list[Message]:
        """The items, all of them.

        Raises ActionRefused as `Session.request` does, LinkLost where the connection broke meanwhile, and
        ActionTimeout where the list did not end within so many seconds, or lacks items at its end.
        """
        action = Action(form.action, headers, id=f"list-{secrets.token_hex(8)}")
        answer = self._waiting[action.id] = _Answer(form)
        ended = asyncio.create_task(answer.ended.wait(), name=f"{form.action} ended")
        try:
            await session.request(action, action_s)
            ends: set[asyncio.Future[Any]] = {ended, session.lost}
            await asyncio.wait(ends, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            del self._waiting[action.id]
        if not answer.ended.is_set():
            if session.lost.done():
                raise LinkLost("the AMI connection broke")
            raise ActionTimeout(f"the answer to {form.action} did not end within {within_s:.0f} s")
        if answer.announced is not None and len(answer.items) < answer.announced:
            raise ActionTimeout(
                f"of the {answer.announced} items of {form.action} only {len(answer.items)} came"
            )
        return answer.items
