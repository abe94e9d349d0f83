"""`Idempotency-Key`: a repeated request with the same key gets the same answer, and is carried out once.

This module keeps the answers in memory. If there is a store, they are kept there too, so that a client that
repeats its request after a restart gets the same answer.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from adapter.http.answers import error_answer
from adapter.http.audit_fields import note
from adapter.http.errors import ApiError, HttpCode, unavailable
from adapter.storing import StoreDown

HEADER = "Idempotency-Key"
KEPT_LIMIT = 1_000
"""How many answers are kept for one App; the oldest are forgotten first."""
KEPT_S = 24 * 3600.0

_KEY = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)
_NOT_KEPT = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
"""Answers that are not kept: nothing was done, or nobody knows. A repeated request is tried again."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer to repeat, and the request that it belongs to."""

    fingerprint: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    content_type: str
    code: str | None

    def response(self) -> web.Response:
        headers = dict(self.headers)
        if self.body is None:
            return web.Response(status=self.status, headers=headers)
        return web.Response(
            status=self.status, headers=headers, body=self.body, content_type=self.content_type
        )


class AnswerKeeper(Protocol):
    """Keeps answers beyond the life of the process."""

    async def find(self, app: str, key: str) -> KeptAnswer | None:
        """The App's answer under this key. Raises StoreDown if the store does not answer."""

    async def keep(self, app: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer; if the store is down, it is kept once the store is back."""


@dataclass(slots=True)
class _Entry:
    fingerprint: bytes
    began_at: float
    answer: "asyncio.Future[KeptAnswer | None]"
    """None if the answer is not kept: requests that wait for it are then carried out themselves."""


class IdempotencyStore:
    """The recent answers by App and key."""

    def __init__(
        self, keeper: AnswerKeeper | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._of_apps: dict[str, OrderedDict[str, _Entry]] = {}

    async def once(
        self,
        request: web.Request,
        client_id: str,
        what: bytes,
        answer: Callable[[], Awaitable[web.Response]],
    ) -> web.Response:
        """The answer of `answer`, or the earlier answer under the request's key.

        `what` identifies the request: the same key with another request is an error. Raises ApiError, and
        what `answer` raises.
        """
        key = read_key(request)
        if key is None:
            return await answer()
        fingerprint = hashlib.blake2b(what).digest()
        entries = self._of_apps.setdefault(client_id, OrderedDict())
        self._forget(entries)
        while (entry := entries.get(key)) is not None:
            if entry.fingerprint != fingerprint:
                raise ApiError(HttpCode.IDEMPOTENCY_KEY_REUSED)
            kept = await asyncio.shield(entry.answer)
            if kept is not None:
                return _again(request, kept)
        entry = _Entry(fingerprint, self._clock(), asyncio.get_running_loop().create_future())
        entries[key] = entry
        kept = None
        try:
            kept = await self._kept_before(client_id, key, fingerprint)
            if kept is not None:
                return _again(request, kept)
            response, code = await _answered(answer)
            if response.status not in _NOT_KEPT:
                kept = _kept(fingerprint, response, code)
                if self._keeper is not None:
                    await self._keeper.keep(client_id, key, kept)
            note(request, code=code)
            return response
        finally:
            if kept is None and entries.get(key) is entry:
                del entries[key]
            entry.answer.set_result(kept)

    async def _kept_before(self, app: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """The answer of an earlier process, or one that is no longer in memory. Raises ApiError."""
        if self._keeper is None:
            return None
        try:
            kept = await self._keeper.find(app, key)
        except StoreDown:
            raise unavailable("The service cannot look up whether this was done before.") from None
        if kept is not None and kept.fingerprint != fingerprint:
            raise ApiError(HttpCode.IDEMPOTENCY_KEY_REUSED)
        return kept

    def _forget(self, entries: OrderedDict[str, _Entry]) -> None:
        oldest = self._clock() - KEPT_S
        answered = [key for key, entry in entries.items() if entry.answer.done()]
        too_many = len(entries) - KEPT_LIMIT + 1
        for count, key in enumerate(answered):
            if count >= too_many and entries[key].began_at > oldest:
                return
            del entries[key]


def read_key(request: web.Request) -> str | None:
    """The key of the request; None if it has none. Raises ApiError `idempotency_key_invalid`."""
    keys = request.headers.getall(HEADER, ())
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise ApiError(HttpCode.IDEMPOTENCY_KEY_INVALID)
    return keys[0]


def _again(request: web.Request, kept: KeptAnswer) -> web.Response:
    note(request, code=kept.code, repeated=True)
    return kept.response()


async def _answered(answer: Callable[[], Awaitable[web.Response]]) -> tuple[web.Response, str | None]:
    """The response, and the code if it is an error."""
    try:
        return await answer(), None
    except ApiError as error:
        return error_answer(error), error.code


def _kept(fingerprint: bytes, response: web.Response, code: str | None) -> KeptAnswer:
    headers = tuple((name, value) for name, value in response.headers.items() if name != "Content-Type")
    body = response.body if isinstance(response.body, bytes) else None
    return KeptAnswer(fingerprint, response.status, headers, body, response.content_type, code)
