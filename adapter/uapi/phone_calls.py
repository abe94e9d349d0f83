"""The PhoneCalls resource: list, one."""

import secrets
from zoneinfo import ZoneInfo

from aiohttp import web

from adapter.calls.shown_to import ShownTo
from adapter.http.answers import bytes_answer, json_answer
from adapter.http.entity_tag import is_known, make_tag
from adapter.http.pauses import Pauses
from adapter.http.prefer import read_prefer
from adapter.http.shared_body import shared
from adapter.settings import Settings
from adapter.uapi.addressed import AddressedExtensions
from adapter.uapi.list_parameters import DEFAULT_COUNT
from adapter.uapi.listing import (
    Query,
    find_page,
    list_calls,
    read_query,
    select,
    write_entry,
    write_list,
)
from adapter.uapi.refusals import phone_call_invalid
from adapter.uapi.rendering import Renderer
from adapter.uapi.requests import Requests
from adapter.uapi.response_cache import ListAnswer, ResponseCache
from adapter.uapi.revisions import Revisions

ROWS_A_SLICE = 500
ROWS_A_REQUEST = 1000
"""To filter so many calls counts as a request more; so does each page of the usual size beyond the first."""


class PhoneCalls:
    """`/uapi/phoneCalls/{userId}/{extension}[/{phoneCallId}]`."""

    def __init__(
        self,
        *,
        settings: Settings,
        requests: Requests,
        shown: ShownTo,
        revisions: Revisions,
    ) -> None:
        self._settings = settings
        self._requests = requests
        self._shown = shown
        self._revisions = revisions
        self._timezone = ZoneInfo(settings.timezone)
        self._response_cache = ResponseCache()
        self._process = secrets.token_hex(4)

    # -- handlers ----------------------------------------------------------------------------------

    async def list(self, request: web.Request) -> web.Response:
        """List the live calls of the address."""
        addressed = await self._requests.resolve_address(request)
        query = read_query(request.query, self._timezone)
        self._requests.require_ready()
        tag = self._tag(addressed, query)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if is_known(tag, ",".join(request.headers.getall("If-None-Match", ()))):
            return web.Response(status=304, headers=headers)
        answer = self._response_cache.find(tag)
        if answer is None:
            answer = await self._make_list(request, addressed, query)
            if tag == self._tag(addressed, query):  # else calls have changed while it was made
                self._response_cache.keep(tag, answer)
        if answer.is_empty and read_prefer(request.headers.getall("Prefer", ())).wants_minimal:
            return web.Response(status=204, headers={**headers, "Preference-Applied": "return=minimal"})
        return web.Response(
            body=shared(answer.body), content_type="application/json", charset="utf-8", headers=headers
        )

    async def get(self, request: web.Request) -> web.Response:
        """Answer one live call."""
        addressed = await self._requests.resolve_address(request)
        query = read_query(request.query, self._timezone)
        self._requests.require_ready()
        call = addressed.find(self._shown, request.match_info["phoneCallId"])
        if self._settings.single_call == "collection":
            found = [] if call is None else [call]
            body = list_calls(found, query, self._renderer(addressed), addressed.address())
            return bytes_answer(body)
        if call is None:
            raise phone_call_invalid()
        return json_answer(self._renderer(addressed).phone_call(call))

    async def _make_list(
        self, request: web.Request, addressed: AddressedExtensions, query: Query
    ) -> ListAnswer:
        """The list as it was when it was asked for; each of its calls as it is when its turn comes.

        A long list lets others go on meanwhile. A call that has ended by its turn is left out. Where the
        directory has become another, who asks and what they see is found out anew.
        """
        while True:
            answer = await self._try_list(addressed, query)
            if answer is not None:
                return answer
            addressed = await self._requests.resolve_again(request, addressed)

    async def _try_list(self, addressed: AddressedExtensions, query: Query) -> ListAnswer | None:
        """The list; nothing where the directory has become another meanwhile."""
        pauses, renderer = Pauses(), self._renderer(addressed)
        rows = addressed.rows(self._shown)
        is_empty, cost = not rows, 0
        if query.filter_by:
            unfiltered, rows, cost = list(rows), [], len(rows) // ROWS_A_REQUEST
            self._requests.charge(addressed.principal, cost)
            for begin in range(0, len(unfiltered), ROWS_A_SLICE):
                rows += select(unfiltered[begin : begin + ROWS_A_SLICE], query, renderer)
                if await pauses.take() and not self._may_go_on(addressed):
                    return None
        page = find_page(rows, query)
        self._requests.charge(addressed.principal, (len(page.rows) - 1) // DEFAULT_COUNT)
        entries = []
        for row in page.rows:
            call = addressed.find(self._shown, row.id)
            if call is not None:
                entries.append(write_entry(call, query, renderer))
            if await pauses.take() and not self._may_go_on(addressed):
                return None
        return ListAnswer(write_list(entries, page, query, addressed.address()), is_empty=is_empty)

    def _may_go_on(self, addressed: AddressedExtensions) -> bool:
        self._requests.require_ready()
        return self._requests.is_current(addressed)

    def _tag(self, addressed: AddressedExtensions, query: Query) -> str:
        """The entity tag of a list: it names all that the list depends on, and nothing else."""
        revision = self._revisions.of(addressed.organization_prefix)
        address = (addressed.origin, addressed.user_id, addressed.extension)
        return make_tag(self._process, revision, addressed.principal.id, *address, query.key)

    # -- what all of them need ---------------------------------------------------------------------

    def _renderer(self, addressed: AddressedExtensions) -> Renderer:
        return Renderer(addressed.principal.directory, self._timezone, addressed.address_of)
