"""Numbers of the server for Prometheus: requests, and what the catalog holds."""

import os
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from catalog.errors import CatalogError
from catalog.storage.database import Catalog, revision
from catalog.storage.summaries.inventory_numbers import TargetNumbers, target_numbers

CONTENT_TYPE = CONTENT_TYPE_LATEST
# From what a cached answer takes to what a load of a large catalog takes, in seconds.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_NO_ROUTE = "none"


class Metrics:
    """Counts what the server does. Several workers of one server count together where the variable
    PROMETHEUS_MULTIPROC_DIR names a folder."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "archrank_request_seconds",
            "Time from the request's headers to the end of the answer.",
            ("route", "method"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._answers = Counter(
            "archrank_requests", "Answered requests.", ("route", "method", "status"), registry=self._registry
        )

    def count(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count a request. `route` is None where no route has its path."""
        route = route or _NO_ROUTE
        self._seconds.labels(route, method).observe(seconds)
        self._answers.labels(route, method, str(status)).inc()

    def text(self, opened: Catalog | None) -> bytes:
        """All numbers as Prometheus reads them. `opened` is None where the catalog cannot be opened."""
        return generate_latest(_of_all_workers(self._registry)) + generate_latest(_OfCatalog(opened))


def _of_all_workers(own: CollectorRegistry) -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return own
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _OfCatalog(CollectorRegistry):
    """What the catalog holds now."""

    def __init__(self, opened: Catalog | None) -> None:
        super().__init__()
        self._opened = opened

    def collect(self) -> Iterable[Metric]:
        numbers, number = _read(self._opened)
        yield GaugeMetricFamily(
            "archrank_catalog_up", "1 if the catalog can be read.", value=0 if number is None else 1
        )
        if number is None:
            return
        yield GaugeMetricFamily(
            "archrank_catalog_revision", "Revision, which changes with every commit.", value=number
        )
        measurements = GaugeMetricFamily(
            "archrank_measurements", "Measurements that are not withdrawn.", labels=("target",)
        )
        age = GaugeMetricFamily(
            "archrank_newest_measurement_age_seconds",
            "Time since the newest measurement that archrank made.",
            labels=("target",),
        )
        slowdown = GaugeMetricFamily(
            "archrank_slowdown",
            "How much slower than quiet the machine was during its newest measurement.",
            labels=("target",),
        )
        now = time.time()
        for target in numbers:
            measurements.add_metric((target.target,), target.measurements)
            if target.newest is not None:
                age.add_metric((target.target,), max(0.0, now - target.newest.timestamp()))
            if target.slowdown is not None:
                slowdown.add_metric((target.target,), target.slowdown)
        yield from (measurements, age, slowdown)


def _read(opened: Catalog | None) -> tuple[list[TargetNumbers], int | None]:
    if opened is None:
        return [], None
    try:
        with opened.read() as session:
            return target_numbers(session), revision(session)
    except CatalogError:
        return [], None
