"""One log line for each answered request."""

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from adapter.http.origin import plain_address
from adapter.http.server import MALFORMED

WATCHED = frozenset({"/health", "/ready", "/metrics"})
"""Whoever watches the service asks for these every few seconds: that is no news."""


class AccessLog(AbstractAccessLogger):
    """A fixed sentence, and its data beside it. The query is left out: clients put secrets into queries."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line."""
        if MALFORMED in request:
            return  # the one who refused it has told
        if request.path in WATCHED and response.status < 500:  # noqa: PLR2004 - HTTP's server errors
            return
        data: dict[str, object] = {
            "method": request.method,
            "path": request.rel_url.raw_path,
            "status": response.status,
            "bytes": response.body_length,
            "took_ms": round(time * 1000, 1),
            "remote": plain_address(request.remote),
        }
        call_id = getattr(request, "match_info", {}).get("phoneCallId")
        if call_id:
            data["call_id"] = call_id
        self.logger.info("answered", extra=data)

    @property
    def enabled(self) -> bool:
        """Whether anybody reads the line."""
        return self.logger.isEnabledFor(logging.INFO)
