"""The addresses of the API: which handler answers which method where."""

from aiohttp import web

from adapter.auth.token_endpoint import TokenEndpoint
from adapter.stream.hub import EventHub
from adapter.uapi.addressing import CREATE_KINDS
from adapter.uapi.call_actions import CallActions
from adapter.uapi.documentation import Documentation
from adapter.uapi.phone_calls import PhoneCalls
from adapter.uapi.supervisions import Supervisions

PREFIXES = ("/uapi", "/unifiedapi")
"""The second is an older alias of the first."""
_EXTENSION = rf"(?!(?:{'|'.join(CREATE_KINDS)})/?$)[^/]+"
"""What stands in the extension's place and is no kind of a call to create."""
SLASHES = ("", "/")
"""Clients in the field send one at the end, and follow no redirect."""


def add_routes(
    router: web.UrlDispatcher,
    *,
    phone_calls: PhoneCalls,
    call_actions: CallActions,
    supervisions: Supervisions,
    events: EventHub,
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
            calls = f"{prefix}/phoneCalls/{{userId}}/{{extension:{_EXTENSION}}}{slash}"
            call = f"{prefix}/phoneCalls/{{userId}}/{{extension}}/{{phoneCallId}}{slash}"
            router.add_get(calls, phone_calls.list)
            router.add_put(calls, call_actions.put)
            router.add_delete(calls, call_actions.delete)
            for kind in CREATE_KINDS:
                router.add_post(f"{prefix}/phoneCalls/{{userId}}/{kind}{slash}", call_actions.create)
            router.add_get(call, phone_calls.get)
            router.add_put(call, call_actions.put)
            router.add_delete(call, call_actions.delete)
    for prefix in (*PREFIXES, ""):
        for slash in SLASHES:
            router.add_get(f"{prefix}/supervision/{{supervisionId}}{slash}", supervisions.get)
            router.add_get(f"{prefix}/events{slash}", events.stream)
