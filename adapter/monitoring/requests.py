"""Counts each HTTP request."""

import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapter.monitoring.counters import RequestCounters

NO_ROUTE = "none"
"""Stands for every address that is not served: clients make up as many as they like."""


def route_of(request: web.Request) -> str:
    """The template of the request's address (`/uapi/phoneCalls/{userId}/{extension}`), slash or no slash."""
    resource = request.match_info.route.resource
    return NO_ROUTE if resource is None else resource.canonical.rstrip("/") or "/"


def count_requests(counters: RequestCounters) -> Middleware:
    """A middleware, to stand outside the one that answers errors, that counts answers."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        began_at = time.perf_counter()
        response = await handler(request)
        counters.note(request.method, route_of(request), response.status, time.perf_counter() - began_at)
        return response

    return count
