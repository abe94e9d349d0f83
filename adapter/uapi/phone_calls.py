"""The PhoneCalls resource: list, one."""

import json
import secrets
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.calls.legs import Call
from adapter.calls.model import Calls
from adapter.http.entity_tag import is_known, make_tag
from adapter.http.errors import phone_call_invalid
from adapter.http.prefer import read_prefer
from adapter.settings import Settings
from adapter.uapi.listing import Query, Row, envelope, find_page, list_calls, read_query
from adapter.uapi.rendering import Renderer
from adapter.uapi.response_cache import ListAnswer, ResponseCache
from adapter.uapi.revisions import Revisions
from adapter.uapi.scope import Gate, Scope


class PhoneCalls:
    """`/uapi/phoneCalls/{userId}/{extension}[/{phoneCallId}]`."""

    def __init__(
        self,
        *,
        settings: Settings,
        gate: Gate,
        calls: Calls,
        revisions: Revisions,
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._calls = calls
        self._revisions = revisions
        self._timezone = ZoneInfo(settings.timezone)
        self._response_cache = ResponseCache()
        self._process = secrets.token_hex(4)

    # -- handlers ----------------------------------------------------------------------------------

    async def list(self, request: web.Request) -> web.Response:
        """List the live calls of the address."""
        scope = await self._gate.enter(request)
        query = read_query(request.query, self._timezone)
        self._gate.require_ready()
        tag = make_tag(
            self._process,
            self._revisions.of(scope.organization_prefix),
            scope.app.client_id,
            scope.address(),
            request.query_string,
        )
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if is_known(tag, ",".join(request.headers.getall("If-None-Match", ()))):
            return web.Response(status=304, headers=headers)
        answer = self._response_cache.find(tag)
        if answer is None:
            answer = self._make_list(scope, query)
            self._response_cache.keep(tag, answer)
        if answer.is_empty and read_prefer(request.headers.getall("Prefer", ())).wants_minimal:
            return web.Response(status=204, headers={**headers, "Preference-Applied": "return=minimal"})
        return web.Response(
            body=answer.body, content_type="application/json", charset="utf-8", headers=headers
        )

    async def get(self, request: web.Request) -> web.Response:
        """Answer one live call."""
        scope = await self._gate.enter(request)
        query = read_query(request.query, self._timezone)
        self._gate.require_ready()
        call = scope.reach(self._calls.call(request.match_info["phoneCallId"]))
        if self._settings.single_call == "collection":
            found = [] if call is None else [call]
            return web.json_response(list_calls(found, query, self._renderer(scope), scope.address()))
        if call is None:
            raise phone_call_invalid()
        return web.json_response(self._renderer(scope).phone_call(call))

    def _make_list(self, scope: Scope, query: Query) -> ListAnswer:
        """Of all the live calls only those on the page are looked at closely."""
        rows = [
            Row(call.began_at, call.id) for call in self._calls.live() if _takes_part(call, scope.extensions)
        ]
        renderer = self._renderer(scope)
        page = find_page(rows, query, renderer)
        calls = [scope.reach(self._calls.call(row.id)) for row in page.rows]
        body = envelope([call for call in calls if call is not None], page, query, renderer, scope.address())
        return ListAnswer(json.dumps(body).encode(), is_empty=not rows)

    # -- what all of them need ---------------------------------------------------------------------

    def _renderer(self, scope: Scope) -> Renderer:
        return Renderer(scope.directory, self._timezone, scope.address_of)


def _takes_part(call: Call, extensions: frozenset[str]) -> bool:
    """Whether a view of the call is one of these extensions': as `Scope.reach` has it, without the views."""
    return any(
        leg.shown_extension in extensions
        and uniqueid in call.view_ids
        and not (leg.has_left and leg.extension is not None)
        for uniqueid, leg in call.legs.items()
    )
