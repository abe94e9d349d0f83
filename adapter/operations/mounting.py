"""Hangs the watching on an application: who is listened to, what is served, what runs beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from adapter.ami.link import Link
from adapter.calls.changes import CallEnded
from adapter.calls.feed import Feed
from adapter.calls.model import Calls
from adapter.operations.health import Health
from adapter.operations.loop_lag import watch_lag
from adapter.operations.metrics import MetricsPage
from adapter.operations.tally import Tallies
from adapter.supervision.conductor import Conductor
from adapter.supervision.supervision import Supervision


def mount_operations(
    app: web.Application,
    *,
    tallies: Tallies,
    lag_interval_s: float,
    link: Link,
    calls: Calls,
    feed: Feed,
    conductor: Conductor,
    is_trail_written: Callable[[], bool | None],
    is_include_present: Callable[[], bool | None],
) -> None:
    """Serve `/health`, `/ready` and `/metrics`.

    `is_include_present` tells whether Asterisk has the contexts of `uapi-dialplan.conf`; None where nobody
    knows. `is_trail_written` tells whether the audit trail is; None where there is none.
    """

    def on_supervision(supervision: Supervision) -> None:
        tallies.supervisions.note(supervision.id, supervision.mode, supervision.state, supervision.reason)

    async def watch_loop(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(watch_lag(tallies.loop_lag_s, lag_interval_s), name="event loop lag")
        yield
        task.cancel()
        await asyncio.wait({task})

    feed.subscribe(tallies.events.on_change, CallEnded)
    conductor.subscribe(on_supervision)
    app.cleanup_ctx.append(watch_loop)
    health = Health(link, tallies.events, is_include_present, is_trail_written)
    app.router.add_get("/health", health.live)
    app.router.add_get("/ready", health.ready)
    app.router.add_get("/metrics", MetricsPage(link, calls, tallies).show)
