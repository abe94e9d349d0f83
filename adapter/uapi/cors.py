"""Pages of other origins (the Fetch standard's CORS protocol), off unless some are allowed; and OPTIONS."""

from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match, Prefer"
_EXPOSED_HEADERS = "ETag, Location, Preference-Applied, Retry-After"
_PREFLIGHT_AGE_S = "600"


def allow_origins(origins: Collection[str]) -> Middleware:
    """A middleware that answers OPTIONS, and lets pages of these origins read answers."""

    @web.middleware
    async def answer_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = _options(request) or await handler(request)
        origin = request.headers.get("Origin")
        if origins:
            response.headers.add("Vary", "Origin")
        if origin is not None and origin in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
            if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
                response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
                response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
                response.headers["Access-Control-Max-Age"] = _PREFLIGHT_AGE_S
        return response

    return answer_origin


def _options(request: web.Request) -> web.Response | None:
    """The methods of an address, for whoever asks by OPTIONS; nothing for other methods and addresses."""
    unmatched = request.match_info.http_exception
    if request.method != "OPTIONS" or not isinstance(unmatched, web.HTTPMethodNotAllowed):
        return None
    return web.Response(
        status=204, headers={"Allow": ", ".join(sorted({*unmatched.allowed_methods, "OPTIONS"}))}
    )
