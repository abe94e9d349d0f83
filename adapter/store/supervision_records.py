"""Keeps whose the supervisions are that run: the `Records` of `adapter/uapi/recording.py`."""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import bindparam, delete, select

from adapter.callcontrol.records import Record
from adapter.callcontrol.supervision.plan import Follow, Mode
from adapter.callcontrol.supervision.session import State
from adapter.callcontrol.supervision.supervision import Supervision
from adapter.store.address import Kind
from adapter.store.statements import compiled, insert_or_replace
from adapter.store.store import Store
from adapter.store.tables import SUPERVISIONS
from adapter.storing import StoreDown


class SupervisionRecords:
    """The table, and what an earlier process left in it."""

    def __init__(self, store: Store, kind: Kind, *, is_required: bool) -> None:
        self._store = store
        self._is_required = is_required
        self._known: dict[str, Record] = {}
        self._own: set[str] = set()
        """The ids of those that this process has kept."""
        self._when_known: list[Callable[[], None]] = []
        shown = (SUPERVISIONS.c["call" if name == "call_id" else name] for name in Record._fields)
        self._load = compiled(select(*shown), kind)
        self._keep = insert_or_replace(SUPERVISIONS, kind)
        self._forget = compiled(delete(SUPERVISIONS).where(SUPERVISIONS.c.id == bindparam("id")), kind)

    @property
    def known(self) -> Mapping[str, Record]:
        """What an earlier process kept."""
        return self._known

    def when_known(self, listener: Callable[[], None]) -> None:
        """Have `listener` called once it is known what an earlier process kept."""
        self._when_known.append(listener)

    async def load(self) -> None:
        """Find out what an earlier process kept."""
        try:
            rows = await self._store.execute(self._load, {})
        except StoreDown:
            return
        found = {record.id: record for record in map(_read, rows)}
        self._known |= {one: record for one, record in found.items() if one not in self._own}
        for listener in self._when_known:
            listener()

    def tidy(self, live: Collection[str]) -> None:
        """Forget what is known of supervisions that do not run any more, now that all is seen that runs."""
        for supervision_id in self._known.keys() - live:
            del self._known[supervision_id]
            self.forget(supervision_id)

    async def keep(self, record: Record) -> None:
        """Keep it. Raises StoreDown where it is not kept and the operator wants it to be."""
        self._own.add(record.id)
        try:
            await self._store.execute(self._keep, _values(record))
        except StoreDown:
            if self._is_required:
                raise
            self.keep_soon(record)

    def keep_soon(self, record: Record) -> None:
        """Have it kept; nobody waits for it."""
        self._own.add(record.id)
        self._store.later(self._keep, _values(record))

    def forget(self, supervision_id: str) -> None:
        """Its supervision has ended, or never began."""
        self._own.discard(supervision_id)
        self._store.later(self._forget, {"id": supervision_id})

    def on_supervision(self, supervision: Supervision) -> None:
        """One that has ended is not looked for any more."""
        if supervision.state is State.ENDED:
            self.forget(supervision.id)


def _values(record: Record) -> Mapping[str, object]:
    values = record._asdict()
    return {**values, "call": record.call_id, "requested_at": round(record.requested_at * 1000)}


def _read(row: tuple[object, ...]) -> Record:
    found = dict(zip(Record._fields, map(str, row), strict=True))
    return Record(
        id=found["id"],
        owner=found["owner"],
        follow=Follow(found["follow"]),
        mode=Mode(found["mode"]),
        supervisor=found["supervisor"],
        extension=found["extension"],
        call_id=found["call_id"],
        requested_at=int(found["requested_at"]) / 1000,
    )
