"""The application's metrics, of which the library is loaded when the first request is counted."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.api.observability.metrics import Metrics


class Counting:
    """Holds the metrics of an application."""

    @cached_property
    def metrics(self) -> "Metrics":
        """The metrics, made when they are first asked for."""
        from app.api.observability.metrics import Metrics  # noqa: PLC0415 - see the module's docstring

        return Metrics()

    def count(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Count a request, as `Metrics.count`."""
        self.metrics.count(route, method, status, seconds)
