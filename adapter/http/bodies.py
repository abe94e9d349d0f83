"""Reads the bodies of requests, each within a time limit, and not too many at once."""

import asyncio
import json
from typing import NoReturn

from aiohttp import web

from adapter.http.errors import ApiError, HttpCode
from adapter.http.routes import JSON
from adapter.http.server import invite_body

TEXT_CHARSETS = (None, "utf-8", "utf8", "us-ascii", "ascii")
"""The charsets of a body. Others can cost much time (punycode: 0.2 s for 64 KiB), or do not exist."""


class Bodies:
    """Waits for the bodies of all requests.

    If more than `most` requests wait for their body, the oldest one is given up: the body of a good client
    follows its head at once.
    """

    def __init__(self, limit_s: float, most: int) -> None:
        self._limit_s = limit_s
        self._most = most
        self._waiting: dict[asyncio.Timeout, None] = {}
        """The oldest first."""

    async def read(self, request: web.Request) -> bytes:
        """The whole body. Raises ApiError `request_timeout` if it does not arrive in time."""
        try:
            async with asyncio.timeout(self._limit_s) as limit:
                self._waiting[limit] = None
                if len(self._waiting) > self._most:
                    oldest = next(iter(self._waiting))
                    del self._waiting[oldest]
                    oldest.reschedule(asyncio.get_running_loop().time())
                try:
                    await invite_body(request)
                    return await request.read()
                finally:
                    self._waiting.pop(limit, None)
        except TimeoutError:
            raise ApiError(HttpCode.REQUEST_TIMEOUT) from None

    async def read_json(self, request: web.Request) -> object:
        """The JSON in the body. Raises ApiError as `read` does, and where it is none, or no text."""
        if request.content_type != JSON or not is_text(request):
            raise ApiError(HttpCode.CONTENT_TYPE_INVALID)
        body = await self.read(request)
        try:
            return json.loads(
                body.decode("utf-8-sig"),
                parse_constant=_refuse_constant,
                object_pairs_hook=_refuse_repeated_names,
            )
        except (ValueError, RecursionError):
            raise ApiError(HttpCode.REQUEST_INVALID) from None


def is_text(request: web.Request) -> bool:
    """Whether the request declares its body as UTF-8 or ASCII, or declares no charset."""
    charset = request.charset
    return (charset.lower() if charset else None) in TEXT_CHARSETS


def _refuse_repeated_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names each stand once: of two values, nobody knows which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
