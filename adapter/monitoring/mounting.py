"""Hangs the watching on an application: who is listened to, what is served, what runs beside it."""

from collections.abc import AsyncIterator, Callable

from aiohttp import web

from adapter.callcontrol.supervision.supervision import Supervision
from adapter.calls.changes import CallEnded, UnknownChannel, ViewsExhausted
from adapter.http.routes import Route
from adapter.monitoring.counters import Counters
from adapter.monitoring.differences import log_differences
from adapter.monitoring.health import HealthPages
from adapter.monitoring.loop_lag import watch_lag
from adapter.monitoring.metrics import MetricsPage
from adapter.monitoring.routes import monitoring_routes
from adapter.monitoring.unknown_channels import log_exhausted, log_unknown_channels
from adapter.pbx import Pbx
from adapter.tasks import cancel, run_always


def mount_operations(
    app: web.Application,
    *,
    counters: Counters,
    lag_interval_s: float,
    pbx: Pbx,
    is_audit_written: Callable[[], bool | None],
    is_directory_current: Callable[[], bool | None],
    needs_store: bool,
) -> list[Route]:
    """The routes of `/health`, `/ready` and `/metrics`.

    `is_audit_written` tells whether the audit trail is, `is_directory_current` whether the directory is what
    its source says; None where there is none. `needs_store` tells whether supervisions are refused while the
    store is down.
    """

    def on_supervision(supervision: Supervision) -> None:
        counters.supervisions.note(supervision.id, supervision.mode, supervision.state, supervision.reason)

    async def watch_loop(_: web.Application) -> AsyncIterator[None]:
        task = run_always(watch_lag(counters.loop_lag_s, lag_interval_s), "event loop lag")
        yield
        await cancel(task)

    pbx.after_snapshot(counters.events.note_snapshot)
    pbx.after_comparison(counters.events.note_reconciled)
    pbx.after_comparison(log_differences)
    pbx.publisher.subscribe(counters.events.on_change, CallEnded)
    pbx.publisher.subscribe(log_unknown_channels, UnknownChannel)
    pbx.publisher.subscribe(log_exhausted, ViewsExhausted)
    pbx.operations.supervisions.subscribe(on_supervision)
    app.cleanup_ctx.append(watch_loop)
    pages = HealthPages(
        pbx.link, pbx.presence, counters, is_audit_written, is_directory_current, needs_store=needs_store
    )
    metrics = MetricsPage(pbx.link, pbx.calls, pbx.presence, counters, is_directory_current)
    return monitoring_routes(pages, metrics)
