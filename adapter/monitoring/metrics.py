"""`/metrics` for Prometheus: the counts of this process, read when they are asked for.

No label holds a number, an id or a name that a client or a caller chose: there are as many series as the
program has kinds, modes, reasons and routes. Nothing here tells who calls whom.
"""

from collections.abc import Callable, Iterable, Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from adapter.ami.link import Link, LinkState
from adapter.calls.model import Calls
from adapter.monitoring.counters import Counters, Distribution
from adapter.presence.model import Presence
from adapter.presence.queue import MemberState


class _Families(Collector):
    """The counters as Prometheus's families, at each look."""

    def __init__(
        self,
        link: Link,
        calls: Calls,
        presence: Presence,
        counters: Counters,
        is_directory_current: Callable[[], bool | None],
    ) -> None:
        self._link = link
        self._is_directory_current = is_directory_current
        self._calls = calls
        self._presence = presence
        self._events = counters.events
        self._supervisions = counters.supervisions
        self._requests = counters.requests
        self._loop_lag_s = counters.loop_lag_s
        self._store = counters.store

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering must not need a running link."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family, as things are now."""
        yield from self._of_the_link()
        yield from self._of_calls()
        yield from self._of_queues()
        yield from self._of_requests()
        if self._store.is_set_up:
            yield from self._of_the_store()
        is_current = self._is_directory_current()
        if is_current is not None:
            yield GaugeMetricFamily(
                "uapi_directory_source_followed", "1 if the directory is what its source says.",
                value=float(is_current),
            )  # fmt: skip
        yield _histogram(
            "uapi_event_loop_lag_seconds", "How late the event loop was at each measurement.",
            (), [((), self._loop_lag_s)],
        )  # fmt: skip

    def _of_the_link(self) -> Iterator[Metric]:
        events = self._events
        state = GaugeMetricFamily(
            "uapi_ami_link_state", "1 for the present state of the link to Asterisk.", labels=("state",)
        )
        for one in LinkState:
            state.add_metric((one,), float(self._link.state is one))
        yield state
        yield _counter(
            "uapi_ami_events", "AMI events about calls, by kind.", ("kind",),
            [((kind.__name__,), count) for kind, count in events.kinds.items()],
        )  # fmt: skip
        yield _counter(
            "uapi_ami_events_malformed", "Malformed AMI events that were ignored, by name.", ("event",),
            [((name,), count) for name, count in self._link.malformed.items()],
        )  # fmt: skip
        yield _counter(
            "uapi_ami_events_unplaced", "AMI events about unknown channels.", ("about",),
            [((name,), count) for name, count in self._calls.unknown_channels.items()],
        )  # fmt: skip
        yield _counter(
            "uapi_ami_snapshots", "Snapshots taken: one after each login.", (), [((), events.snapshots)]
        )
        yield _counter(
            "uapi_ami_reconciled", "Comparisons of the live calls with Asterisk's list of channels.", (),
            [((), events.reconciled)],
        )  # fmt: skip
        yield _counter(
            "uapi_ami_corrections", "Channels that a comparison corrected: an event was lost.", ("kind",),
            [((kind,), count) for kind, count in events.corrections.items()],
        )  # fmt: skip
        yield _histogram(
            "uapi_ami_event_apply_seconds", "Time to apply one event and publish its changes.",
            (), [((), events.apply_s)],
        )  # fmt: skip
        age = GaugeMetricFamily("uapi_ami_last_event_age_seconds", "How long ago the last event came.")
        if events.last_age_s is not None:
            age.add_metric((), events.last_age_s)
        yield age

    def _of_calls(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("uapi_calls", "Live calls.", value=len(self._calls))
        yield _counter("uapi_calls_ended", "Calls that have ended.", (), [((), self._events.calls_ended)])
        yield _counter(
            "uapi_supervisions", "Supervisions: joined, or the reason why not.", ("mode", "outcome"),
            self._supervisions.outcomes.items(),
        )  # fmt: skip

    def _of_queues(self) -> Iterator[Metric]:
        """Nothing where nothing is known of them: zero would be a claim."""
        if self._link.state is not LinkState.READY or self._presence.queues is None:
            return
        waiting, states = self._presence.count(self._link.now())
        callers = GaugeMetricFamily("uapi_queue_callers_waiting", "Callers who wait in queues.")
        callers.add_metric((), waiting)
        members = GaugeMetricFamily(
            "uapi_queue_members", "Members of queues, once for each queue, by state.", labels=("state",)
        )
        for state in MemberState:
            members.add_metric((state.value,), states[state])
        yield callers
        yield members

    def _of_requests(self) -> Iterator[Metric]:
        yield _counter(
            "uapi_http_requests", "HTTP requests answered.", ("method", "route", "code"),
            [((method, route, str(status)), count)
             for (method, route, status), count in self._requests.statuses.items()],
        )  # fmt: skip
        yield _histogram(
            "uapi_http_request_seconds", "Time until the head of the answer.", ("method", "route"),
            self._requests.answer_s.items(),
        )  # fmt: skip

    def _of_the_store(self) -> Iterator[Metric]:
        store = self._store
        yield GaugeMetricFamily(
            "uapi_store_up", "1 while the store answers.", value=float(store.error is None)
        )
        yield _counter(
            "uapi_store_statements", "Statements by their result.", ("result",),
            [((result,), count) for result, count in store.statements.items()],
        )  # fmt: skip
        yield GaugeMetricFamily(
            "uapi_store_waiting", "Statements that wait for the store.", value=store.waiting
        )
        yield _histogram(
            "uapi_store_statement_seconds",
            "Time of statements that a request waited for.",
            (),
            [((), store.took_s)],
        )


class MetricsPage:
    """The handler of `/metrics`, with a registry of its own: what else is in the process stays out of it."""

    def __init__(
        self,
        link: Link,
        calls: Calls,
        presence: Presence,
        counters: Counters,
        is_directory_current: Callable[[], bool | None],
    ) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Families(link, calls, presence, counters, is_directory_current))
        ProcessCollector(registry=self._registry)

    async def show(self, request: web.Request) -> web.Response:
        """Answer all metrics, in the text format or OpenMetrics, as the client accepts."""
        try:
            encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        except (ValueError, TypeError):  # a version that is no number
            raise web.HTTPBadRequest(reason="The header Accept names no version of a format.") from None
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


def _counter(
    name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in samples:
        family.add_metric(values, count)
    return family


def _histogram(
    name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], Distribution]]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text, labels=labels)
    for values, distribution in samples:
        up_to, buckets = 0, []
        for bound, count in zip((*distribution.bounds, float("inf")), distribution.counts, strict=True):
            up_to += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), float(up_to)))
        family.add_metric(values, buckets, sum_value=distribution.total)
    return family
