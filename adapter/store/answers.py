"""Keeps what was answered under an `Idempotency-Key` (`adapter/http/idempotency.py`)."""

import json
import time
from collections.abc import Callable

from sqlalchemy import bindparam, delete, select

from adapter.http.idempotency import KEPT_LIMIT, KEPT_S, KeptAnswer
from adapter.store.address import Kind
from adapter.store.statements import compiled, insert_or_replace
from adapter.store.store import Store
from adapter.store.tables import ANSWERS
from adapter.storing import StoreDown

TIDY_EVERY = 100
"""After so many new answers the oldest are deleted: there are never many more than are meant to be kept."""


class StoredAnswers:
    """The answers of all Apps."""

    def __init__(
        self, store: Store, kind: Kind, *, is_required: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._is_required = is_required
        self._clock = clock
        self._since_tidied = 0
        of_app = ANSWERS.c.app == bindparam("app")
        of_key = (of_app, ANSWERS.c.key == bindparam("key"))
        shown = [ANSWERS.c[name] for name in KeptAnswer.__slots__]
        self._find = compiled(select(*shown).where(*of_key, ANSWERS.c.began_at > bindparam("oldest")), kind)
        self._keep = insert_or_replace(ANSWERS, kind)
        newest_of_app = (
            select(ANSWERS.c.began_at)
            .where(of_app)
            .order_by(ANSWERS.c.began_at.desc())
            .limit(1)
            .offset(KEPT_LIMIT)
            .scalar_subquery()
        )
        self._tidy_app = compiled(
            delete(ANSWERS).where(ANSWERS.c.app == bindparam("app"), ANSWERS.c.began_at <= newest_of_app),
            kind,
        )
        self._tidy_all = compiled(delete(ANSWERS).where(ANSWERS.c.began_at <= bindparam("oldest")), kind)

    async def find(self, app: str, key: str) -> KeptAnswer | None:
        """What the App was answered. Raises StoreDown where nobody can tell, if the store is required."""
        try:
            rows = await self._store.execute(self._find, {"app": app, "key": key, "oldest": self._oldest()})
        except StoreDown:
            if self._is_required:
                raise
            return None
        return None if not rows else _read(rows[0])

    async def keep(self, app: str, key: str, answer: KeptAnswer) -> None:
        """Keep it; what is asked for is done already, so a store that is down is told later."""
        values = {
            "app": app,
            "key": key,
            "began_at": int(self._clock() * 1000),
            "fingerprint": answer.fingerprint,
            "status": answer.status,
            "headers": json.dumps(answer.headers),
            "body": answer.body,
            "content_type": answer.content_type,
            "code": answer.code,
        }
        try:
            await self._store.execute(self._keep, values)
        except StoreDown:
            self._store.later(self._keep, values)
        self._since_tidied += 1
        if self._since_tidied >= TIDY_EVERY:
            self._since_tidied = 0
            self._store.later(self._tidy_app, {"app": app})
            await self.tidy()

    async def tidy(self) -> None:
        """Have what is too old deleted, soon."""
        self._store.later(self._tidy_all, {"oldest": self._oldest()})

    def _oldest(self) -> int:
        return int((self._clock() - KEPT_S) * 1000)


def _read(row: tuple[object, ...]) -> KeptAnswer:
    kept = dict(zip(KeptAnswer.__slots__, row, strict=True))
    headers = tuple((name, value) for name, value in json.loads(str(kept["headers"])))
    return KeptAnswer(**{**kept, "headers": headers})  # type: ignore[arg-type] # the columns are of these types
