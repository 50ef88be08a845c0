"""A process that does what needs torch and timm before a case can be timed: describe, count, export.

python -m profiler.preparer      started by profiler.preparation, answers many requests
"""

import gc
import time
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import product
from pathlib import Path

from catalog.entities.documents import from_document
from catalog.entities.networks import CountedWorkload, Counts, Workload
from catalog.reference import timm_facts
from catalog.words.vocabulary import Form, Precision
from profiler.artefacts import export
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.errors import UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.networks import complexity, timm_networks
from profiler.processes.serving import Json, serve

_DETAIL_CHARACTERS = 300


def answer(request: Json) -> Json:
    """Answer a request for timm's registry, for what the reference tables say of an `architecture`, for the
    facts of `patterns`, or to make a `workload` ready."""
    if "registry" in request:
        return _registry()
    if "architecture" in request:
        return _reference(request["architecture"], request["wanted"])
    if "patterns" in request:
        return _describe(request["patterns"])
    return _prepare(request)


def _describe(patterns: list[str]) -> Json:
    try:
        names = dict.fromkeys(name for pattern in patterns for name in timm_networks.match(pattern))
    except UnknownArchitecture as error:
        return {"unknown": {"name": error.name, "close": error.close}}
    return {
        "backbones": [
            asdict(timm_facts.backbone(timm_networks.describe(name), timm_networks.checkpoints(name)))
            for name in names
        ]
    }


def _registry() -> Json:
    return {"architectures": timm_networks.list_architectures(), "aliases": timm_networks.aliases()}


def _reference(name: str, wanted: list[tuple[int, int]]) -> Json:
    """All that the reference tables say of one architecture, with counts at the `wanted` pairs of classes
    and input size, its default and its checkpoints' ones."""
    described, found = timm_networks.describe(name), timm_networks.checkpoints(name)
    pairs = [(described.num_classes, described.native_size)]
    pairs += [(one.num_classes, one.native_size) for one in found]
    pairs += [(classes, size) for classes, size in wanted]
    counted: list[CountedWorkload] = []
    try:
        described = timm_networks.structure(described)
    except Exception as error:  # noqa: BLE001 - whatever a network of timm trips over is the answer
        described = replace(described, failure=f"{type(error).__name__}: {error}"[:_DETAIL_CHARACTERS])
    else:
        forms = (Form.DEPLOYED, Form.TRAINING) if described.reparameterised else (Form.DEPLOYED,)
        for form, (classes, size) in product(forms, dict.fromkeys(pairs)):
            counted.append(_reference_count(Workload(name, classes, size, form)))
    return {
        "architecture": asdict(described),
        "checkpoints": [asdict(one) for one in found],
        "workloads": [asdict(one) for one in counted],
    }


def _reference_count(workload: Workload) -> CountedWorkload:
    try:
        return _count(workload)
    except CaseFailed as failure:
        return CountedWorkload(workload, None, failure.detail[:_DETAIL_CHARACTERS], _counter())


def _prepare(request: Json) -> Json:
    began = time.perf_counter()
    workload = from_document(Workload, request["workload"])
    cache = ArtefactCache(Path(request["cache"]), float("inf"))
    # Tracing makes millions of objects that live as long as the request: collecting them costs a sixth.
    gc.collect()
    gc.disable()
    result: Json = {}
    if request["count"]:
        result["counted"] = asdict(_count(workload))
    format_, precision = Format(request["format"]), Precision(request["precision"])
    if precision is Precision.FP32:
        _exported(cache, workload, format_)
    elif cache.find(workload, format_, precision) is None:
        _quantise(cache, workload, format_, precision)
    return {**result, "seconds": time.perf_counter() - began}


def _exported(cache: ArtefactCache, workload: Workload, format_: Format) -> CachedArtefact:
    """The fp32 artefact, exported where the cache lacks it."""
    found = cache.find(workload, format_)
    if found is not None:
        return found
    network = timm_networks.build(workload, calibrated=True)
    return cache.make(
        workload, format_, lambda path: export.write(network, workload.input_size, format_, path)
    )


def _quantise(cache: ArtefactCache, workload: Workload, format_: Format, precision: Precision) -> None:
    from profiler.artefacts import quantisation  # noqa: PLC0415 - only who quantises waits for its imports

    source, counts = _exported(cache, workload, format_).path, _count(workload).counts
    dynamic = counts is not None and quantisation.is_transformer(counts)
    cache.make(
        workload,
        format_,
        lambda path: quantisation.write_int8(source, workload.input_size, path, dynamic=dynamic),
        precision,
    )


def _count(workload: Workload) -> CountedWorkload:
    try:
        counts = _counts(workload)
    except complexity.Uncountable as error:
        return CountedWorkload(workload, None, error.message, _counter())
    return CountedWorkload(workload, counts, source=_counter())


def _counter() -> str:
    return f"archrank {version('archrank')}, timm {version('timm')}"


def _counts(workload: Workload) -> Counts:
    try:
        return complexity.count(timm_networks.outline(workload), workload.input_size)
    except (NotImplementedError, RuntimeError):  # something that the meta device cannot do
        return complexity.count(timm_networks.build(workload), workload.input_size)


if __name__ == "__main__":
    serve(answer)
