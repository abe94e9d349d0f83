"""Writes every request of an App to act on a call to the audit trail, whatever the answer.

The trail does not contain requests without a valid token or beyond the rate: anybody can send any number of
those, and nothing is ever deleted from the trail. `/metrics` counts them, and the log has a line for each.
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
    """Note fields for the line of a request; a repeated name gets the newer value."""
    request.setdefault(_FACTS, {}).update(facts)


def audit_requests(trail: AuditLog, settings: Settings) -> Middleware:
    """Make a middleware that writes these lines. It must be inside the middleware that answers errors."""

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
