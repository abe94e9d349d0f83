"""Pages of other origins (the Fetch standard's CORS protocol), off unless some are allowed; and OPTIONS."""

from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer"
_EXPOSED_HEADERS = "ETag, Location, Preference-Applied, Retry-After"
_PREFLIGHT_AGE_S = "600"


def allow_origins(origins: Collection[str]) -> Middleware:
    """Make a middleware that answers OPTIONS, and lets pages of these origins read answers."""

    @web.middleware
    async def answer_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = _options(request) or await handler(request)
        if response.prepared:
            return response  # a stream has sent its headers itself
        allowed = headers_for(request, origins)
        if origins:
            response.headers.add("Vary", "Origin")
        if allowed:
            response.headers.update(allowed)
            if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
                response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
                response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
                response.headers["Access-Control-Max-Age"] = _PREFLIGHT_AGE_S
        return response

    return answer_origin


def headers_for(request: web.Request, origins: Collection[str]) -> dict[str, str]:
    """The headers that let the requesting page read the answer; none if its origin is not allowed."""
    origin = request.headers.get("Origin")
    if origin is None or origin not in origins:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED_HEADERS}


def _options(request: web.Request) -> web.Response | None:
    """The answer to OPTIONS: the methods of the address.

    None for other methods, and for unknown addresses.
    """
    unmatched = request.match_info.http_exception
    if request.method != "OPTIONS" or not isinstance(unmatched, web.HTTPMethodNotAllowed):
        return None
    return web.Response(
        status=204, headers={"Allow": ", ".join(sorted({*unmatched.allowed_methods, "OPTIONS"}))}
    )
