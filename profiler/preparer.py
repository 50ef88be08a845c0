"""A process that does what needs torch and timm before a case can be timed: describe, count, export.

python -m profiler.preparer      started by profiler.preparation, answers many requests
"""

import gc
import time
from dataclasses import asdict
from pathlib import Path

from catalog.entities import CountedWorkload, Workload
from profiler import backbones, child, complexity, export
from profiler.artefacts import ArtefactCache, Format
from profiler.cases import workload_from_json
from profiler.errors import ProfilerError


def answer(request: child.Json) -> child.Json:
    """Answer a request for the facts of `patterns`, or to make a `workload` ready."""
    if "patterns" in request:
        return _describe(request["patterns"])
    return _prepare(request)


def _describe(patterns: list[str]) -> child.Json:
    try:
        names = dict.fromkeys(name for pattern in patterns for name in backbones.match(pattern))
    except ProfilerError as error:
        return {"unknown": {"message": error.message, "remedy": error.remedy}}
    return {"backbones": [asdict(backbones.describe(name)) for name in names]}


def _prepare(request: child.Json) -> child.Json:
    began = time.perf_counter()
    workload = workload_from_json(request["workload"])
    cache = ArtefactCache(Path(request["cache"]), float("inf"))
    # Tracing makes millions of objects that live as long as the request: collecting them costs a sixth.
    gc.collect()
    gc.disable()
    result: child.Json = {}
    if request["count"]:
        result["counted"] = asdict(_count(workload))
    for name in request["formats"]:
        format_ = Format(name)
        if cache.find(workload, format_) is None:
            network = backbones.build(workload, calibrated=True)
            cache.make(
                workload,
                format_,
                lambda path, network=network, format_=format_: export.write(  # type: ignore[misc]
                    network, workload.input_size, format_, path
                ),
            )
    return {**result, "seconds": time.perf_counter() - began}


def _count(workload: Workload) -> CountedWorkload:
    try:
        counts = complexity.count(backbones.build(workload), workload.input_size)
    except complexity.Uncountable as error:
        return CountedWorkload(workload, None, error.message)
    return CountedWorkload(workload, counts)


if __name__ == "__main__":
    child.serve(answer)
