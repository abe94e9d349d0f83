"""`/health`: the process lives. `/ready`: it can do its work now."""

from collections.abc import Callable

from aiohttp import web

from adapter.ami.link import Link, LinkState
from adapter.monitoring.counters import EventCounters

_INCLUDE = {True: "present", False: "missing", None: "unknown"}


class Health:
    """The handlers of both addresses. Neither needs a token, neither tells of any call."""

    def __init__(
        self,
        link: Link,
        events: EventCounters,
        is_audit_written: Callable[[], bool | None],
    ) -> None:
        self._link = link
        self._events = events
        self._is_trail_written = is_audit_written

    async def live(self, _: web.Request) -> web.Response:
        """200 as long as the process answers; a link that is down is no reason to restart it."""
        body: dict[str, object] = {
            "status": "ok",
            "dialplanInclude": _INCLUDE[self._link.has_include],
            "link": self._of_the_link(),
        }
        is_audit_written = self._is_trail_written()
        if is_audit_written is not None:
            body["audit"] = "ok" if is_audit_written else "failing"
        return web.json_response(body)

    async def ready(self, _: web.Request) -> web.Response:
        """200 where calls can be listed and barged in on, else 503.

        The age of the last event is told and decides nothing: at night a PBX says nothing for hours, and
        that it still answers is what READY means. A dialplan include that is not known to be missing is
        not held against it.
        """
        include = self._link.has_include
        is_ready = self._link.state is LinkState.READY and include is not False
        age_s = self._events.last_age_s
        return web.json_response(
            {
                "status": "ready" if is_ready else "not ready",
                "link": self._of_the_link(),
                "lastEventAgeS": None if age_s is None else round(age_s, 3),
                "dialplanInclude": _INCLUDE[include],
            },
            status=200 if is_ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    def _of_the_link(self) -> dict[str, str]:
        state: dict[str, str] = {"state": self._link.state}
        if self._link.error is not None:
            state["error"] = self._link.error
        return state
