"""Counts each HTTP request."""

import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapter.monitoring.counters import RequestCounters

NO_ROUTE = "none"
"""The route of all addresses that do not exist: clients can invent any number of them."""


def route_of(request: web.Request) -> str:
    """The template of a request's address, without a last slash: `/uapi/phoneCalls/{userId}/{extension}`."""
    resource = request.match_info.route.resource
    return NO_ROUTE if resource is None else resource.canonical.rstrip("/") or "/"


def count_requests(counters: RequestCounters) -> Middleware:
    """Make a middleware that counts answers. It must be outside the middleware that answers errors."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        began_at = time.perf_counter()
        response = await handler(request)
        counters.note(request.method, route_of(request), response.status, time.perf_counter() - began_at)
        return response

    return count
