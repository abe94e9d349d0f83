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
            summary="Whether the process is running",
            security=ANYBODY,
            answers=(Answer(200, "The process is running.", Health),),
        ),
        Route(
            method="GET",
            path="/ready",
            handler=pages.ready,
            operation_id="getReadiness",
            summary="Whether the service can list calls and act on them now",
            security=ANYBODY,
            answers=(
                Answer(200, "The service is ready.", Readiness),
                Answer(503, "The service is not ready. The body says why.", Readiness),
            ),
        ),
        Route(
            method="GET",
            path="/metrics",
            handler=metrics.show,
            operation_id="getMetrics",
            summary="Metrics for Prometheus",
            security=ANYBODY,
            answers=(
                Answer(
                    200,
                    "Prometheus metrics; no phone numbers or ids.",
                    content_types=("text/plain", "application/openmetrics-text"),
                ),
            ),
        ),
    ]
