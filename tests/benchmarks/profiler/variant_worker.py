"""A worker that differs from the profiler's in one thing, which the environment names.

python -m tests.benchmarks.profiler.variant_worker      started by profiler.campaign.measuring
"""

import os

from profiler.processes.serving import Json, serve
from profiler.sensors.system import this_system
from profiler.worker import Worker


class VariantWorker(Worker):
    """As profiler.worker.Worker."""

    def answer(self, request: Json) -> Json:
        if request["ask"] == "open":
            this_system().pin(request["affinity"])
            from tests.benchmarks.profiler import variants  # it imports numpy

            variants.install(os.environ[variants.VARIABLE])
        return super().answer(request)


if __name__ == "__main__":
    serve(VariantWorker().answer)
