"""A worker that differs from the profiler's in one thing, which the environment names.

python -m tests.benchmarks.profiler.variant_worker      started by profiler.campaign.measuring
"""

import os

from profiler import worker
from profiler.processes.serving import Json, serve
from tests.benchmarks.profiler import variants


def run(request: Json) -> Json:
    """As profiler.worker.run."""
    os.sched_setaffinity(0, request["affinity"])
    variants.install(os.environ[variants.VARIABLE])
    return worker.run(request)


if __name__ == "__main__":
    serve(run)
