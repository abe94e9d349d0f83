"""The routes of health, readiness and metrics. None needs a token."""

from adapter.http.routes import ANYBODY, Answer, Route
from adapter.monitoring.health import Health, HealthPages, Readiness
from adapter.monitoring.metrics import MetricsPage


def monitoring_routes(pages: HealthPages, metrics: MetricsPage) -> list[Route]:
    """The table."""
    return [
        Route(
            method="GET",
            path="/health",
            handler=pages.live,
            operation_id="getHealth",
            summary="Whether the service lives",
            security=ANYBODY,
            answers=(Answer(200, "It does.", Health),),
        ),
        Route(
            method="GET",
            path="/ready",
            handler=pages.ready,
            operation_id="getReadiness",
            summary="Whether calls can be listed and acted upon now",
            security=ANYBODY,
            answers=(
                Answer(200, "They can.", Readiness),
                Answer(503, "They cannot; the body says why.", Readiness),
            ),
        ),
        Route(
            method="GET",
            path="/metrics",
            handler=metrics.show,
            operation_id="getMetrics",
            summary="Counts for Prometheus",
            security=ANYBODY,
            answers=(
                Answer(
                    200,
                    "They, without any number or id.",
                    content_types=("text/plain", "application/openmetrics-text"),
                ),
            ),
        ),
    ]
