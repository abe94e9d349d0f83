"""The addresses of the API: which handler answers which method where."""

from aiohttp import web

from adapter.uapi.acting import Acting
from adapter.uapi.documentation import Documentation
from adapter.uapi.events import Events
from adapter.uapi.oauth import TokenEndpoint
from adapter.uapi.phone_calls import PhoneCalls
from adapter.uapi.supervisions import Supervisions

PREFIXES = ("/uapi", "/unifiedapi")
"""The second is an older alias of the first."""
SLASHES = ("", "/")
"""Clients in the field send one at the end, and follow no redirect."""


def add_routes(
    router: web.UrlDispatcher,
    *,
    phone_calls: PhoneCalls,
    acting: Acting,
    supervisions: Supervisions,
    events: Events,
    token_endpoint: TokenEndpoint,
    documentation: Documentation,
) -> None:
    """Have every address answered."""
    router.add_get("/openapi.json", documentation.describe)
    router.add_get("/docs", documentation.page)
    router.add_get("/docs/{file}", documentation.file)
    for slash in SLASHES:
        router.add_post(f"/oauth/token.php{slash}", token_endpoint.issue)
    for prefix in PREFIXES:
        for slash in SLASHES:
            calls = f"{prefix}/phoneCalls/{{userId}}/{{extension}}{slash}"
            call = f"{prefix}/phoneCalls/{{userId}}/{{extension}}/{{phoneCallId}}{slash}"
            router.add_get(calls, phone_calls.list)
            router.add_put(calls, acting.put)
            router.add_get(call, phone_calls.get)
            router.add_put(call, acting.put)
            router.add_delete(call, acting.delete)
    for prefix in (*PREFIXES, ""):
        for slash in SLASHES:
            router.add_get(f"{prefix}/supervision/{{supervisionId}}{slash}", supervisions.get)
            router.add_get(f"{prefix}/events{slash}", events.stream)
