"""`/metrics`: the figures of all the platform's processes in Prometheus' text format.

Each process writes its figures to files in the folder that `PROMETHEUS_MULTIPROC_DIR` names, which `trunkline up` sets;
whoever serves adds them up. Without it there are those of the serving process.
"""

import os

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector


def serve_metrics(app: FastAPI) -> None:
    """Serve `/metrics` on an application."""

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """The figures of all processes."""
        return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
