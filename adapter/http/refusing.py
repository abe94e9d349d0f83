"""Rejects requests that cannot be read, or that could be read in two ways."""

import logging
import time

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from adapter.http.errors import ApiError, HttpCode
from adapter.http.limits import RateLimit
from adapter.http.origin import is_authority, plain_address
from adapter.http.server import MALFORMED

LINES_PER_S = 5.0
LINES_AT_ONCE = 20.0
"""How many requests that are not HTTP are logged; anybody can send them. The metrics count all."""
SINGLE_HEADERS = (hdrs.AUTHORIZATION, hdrs.CONTENT_TYPE, hdrs.LAST_EVENT_ID, hdrs.ORIGIN)
"""Headers that may appear once: of two, a proxy in front may read another than the adapter."""

log = logging.getLogger(__name__)


def refuse_unreadable() -> Middleware:
    """Make the middleware that rejects unreadable requests; it must be inside the one that answers errors."""
    lines = RateLimit(LINES_PER_S, LINES_AT_ONCE)
    left_out = 0

    def log_malformed(request: web.Request, why: str) -> None:
        nonlocal left_out
        if lines.take("", time.monotonic()):
            left_out += 1
            return
        log.info("refused", extra={"why": why, "remote": plain_address(request.remote), "left_out": left_out})
        left_out = 0

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        why = request.get(MALFORMED)
        if why is not None:
            log_malformed(request, why)
            raise ApiError(HttpCode.REQUEST_MALFORMED)
        for name in SINGLE_HEADERS:
            if len(request.headers.getall(name, ())) > 1:
                raise ApiError(HttpCode.REQUEST_MALFORMED, f"The header {name} must appear only once.")
        if not is_authority(request.host):
            raise ApiError(
                HttpCode.REQUEST_MALFORMED, "The Host of the request must be a name or an address."
            )
        encodings = request.headers.getall(hdrs.CONTENT_ENCODING, ())
        if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings):
            raise ApiError(HttpCode.CONTENT_ENCODING_INVALID, headers={"Accept-Encoding": "identity"})
        return await handler(request)

    return refuse
