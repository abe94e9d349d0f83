"""Hangs the watching on an application: who is listened to, what is served, what runs beside it."""

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
from adapter.tasks import cancel, run_always


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
) -> None:
    """Serve `/health`, `/ready` and `/metrics`.

    `is_trail_written` tells whether the audit trail is; None where there is none.
    """

    def on_supervision(supervision: Supervision) -> None:
        tallies.supervisions.note(supervision.id, supervision.mode, supervision.state, supervision.reason)

    async def watch_loop(_: web.Application) -> AsyncIterator[None]:
        task = run_always(watch_lag(tallies.loop_lag_s, lag_interval_s), "event loop lag")
        yield
        await cancel(task)

    feed.subscribe(tallies.events.on_change, CallEnded)
    conductor.subscribe(on_supervision)
    app.cleanup_ctx.append(watch_loop)
    health = Health(link, tallies.events, is_trail_written)
    app.router.add_get("/health", health.live)
    app.router.add_get("/ready", health.ready)
    app.router.add_get("/metrics", MetricsPage(link, calls, tallies).show)
