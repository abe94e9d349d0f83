"""Has every request of an App to act on a call written to the audit trail, whatever comes of it.

What is turned away first is not: no token, or asked too often. Anybody can send as much of that as he likes,
and nothing is ever deleted from the trail. `/metrics` counts it, and the log has a line for it.
"""

import time
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapter.audit.log import AuditLog
from adapter.http.errors import ApiError
from adapter.http.origin import find_client, is_trusted
from adapter.settings import Settings

_FACTS = web.RequestKey("audit_facts", dict[str, object])
_METHODS = ("PUT", "DELETE")


def note(request: web.Request, **facts: object) -> None:
    """What is known of a request by now; a name that is given again has the newer value."""
    request.setdefault(_FACTS, {}).update(facts)


def audit_requests(trail: AuditLog, settings: Settings) -> Middleware:
    """A middleware, to stand inside the one that answers errors, that writes a line for each such request."""

    @web.middleware
    async def write_line(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not trail.is_on or request.method not in _METHODS or not _is_about_a_call(request):
            return await handler(request)
        asked_at, status, code = time.time(), int(HTTPStatus.INTERNAL_SERVER_ERROR), None
        try:
            response = await handler(request)
            status = response.status
        except ApiError as error:
            status, code = int(error.status), error.code
            raise
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            return response
        finally:
            facts = request.get(_FACTS, {})
            if "app" in facts:
                peer_is_trusted = is_trusted(request.remote, settings.trusted_proxies)
                client = find_client(request.remote, request.headers, peer_is_trusted=peer_is_trusted)
                trail.note_request(
                    {
                        "method": request.method,
                        "phoneCallId": request.match_info.get("phoneCallId"),
                        "address": f"{request.match_info['userId']}/{request.match_info['extension']}",
                        "client": client,
                        "asked": datetime.fromtimestamp(asked_at, UTC).isoformat(timespec="milliseconds"),
                        "result": "success" if status < HTTPStatus.BAD_REQUEST else "refused",
                        "status": status,
                        "code": code,
                        **facts,
                    }
                )

    return write_line


def _is_about_a_call(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    return resource is not None and "/phoneCalls/" in resource.canonical
