"""The process that makes artefacts from skeletons. It needs neither torch nor timm.

`profiler.preparation` starts `python -m profiler.drawer`, and asks it many requests.
"""

from pathlib import Path

from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Precision
from profiler.artefacts import drawn, sizes
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.processes.garbage import collector_paused
from profiler.processes.serving import Json, serve


def answer(request: Json) -> Json:
    """Make the artefact of the `workload` in the `precision`, where the `cache` lacks it.

    Raises:
        CaseFailed: the workload cannot be drawn or quantised.
    """
    workload = from_document(Workload, request["workload"])
    cache = ArtefactCache(Path(request["cache"]), float("inf"))
    with collector_paused():
        _make(cache, workload, Precision(request["precision"]))
    return {}


def _make(cache: ArtefactCache, workload: Workload, precision: Precision) -> None:
    source = drawn.cached(cache, workload)
    if precision is Precision.INT8 and cache.find(workload, Format.ONNX, precision) is None:
        from profiler.artefacts import quantisation  # noqa: PLC0415 - its imports take seconds

        dynamic = quantisation.is_transformer(drawn.macs(cache.skeletons, workload))
        size, path = workload.input_size, source.path
        cache.make(
            workload,
            Format.ONNX,
            lambda made: quantisation.write_int8(path, size, made, dynamic=dynamic),
            precision,
            sizes.parameters_in(source.artefact.bytes),
        )


if __name__ == "__main__":
    serve(answer)
