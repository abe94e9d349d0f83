"""One log line for each answered request."""

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from adapter.http.origin import plain_address
from adapter.http.server import MALFORMED

WATCHED = frozenset({"/health", "/ready", "/metrics"})
"""Monitoring requests these every few seconds, so only their failures are logged."""


class AccessLog(AbstractAccessLogger):
    """Logs a fixed sentence with data. It does not log the query: clients put secrets into queries."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line."""
        if MALFORMED in request:
            return  # `refusing` has logged it
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
        """Whether the line would be written at all."""
        return self.logger.isEnabledFor(logging.INFO)
