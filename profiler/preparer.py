"""The process that describes, counts and exports networks. It answers what needs torch and timm.

`profiler.preparation` starts `python -m profiler.preparer`, and asks it many requests.
"""

from base64 import b64encode
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import product
from pathlib import Path

from catalog.entities.documents import from_document
from catalog.entities.identity import architecture_of
from catalog.entities.networks import IMAGE_CHANNELS, Backbone, CountedWorkload, Counts, Workload
from catalog.reference.facts import timm_facts
from catalog.words.vocabulary import Form, Precision
from profiler.artefacts import export, sizes
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.errors import UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.faults import raise_unless_of_network
from profiler.networks import building, complexity, registry
from profiler.processes.garbage import collector_paused
from profiler.processes.serving import Json, serve
from profiler.reference import skeleton_export

# A failure fills a cell of the reference tables, which people read.
_CELL_CHARACTERS = 300


def answer(request: Json) -> Json:
    """Answer one request. What it asks for follows from its fields:

    - `registry`: the names that timm has.
    - `patterns`: the backbones of these names.
    - `architecture`: what the reference tables say of it, counted also at the `wanted` pairs of classes and
      input size. With a `failure`, the network is not built, and the failure is its own.
    - `skeleton`: a job to export as a skeleton.
    - `workload`: its artefact in the `format` and `precision`, made in the `cache` where that lacks it. Its
      counts, where `count` is true.
    - `count`: the counts of this workload.

    Raises:
        CaseFailed: the workload cannot be built or exported.
    """
    if "registry" in request:
        return _registry()
    if "architecture" in request:
        return _examine(request["architecture"], request["wanted"], request["failure"])
    if "patterns" in request:
        return _describe(request["patterns"])
    if "skeleton" in request:
        # The collector runs: what tracing leaves over holds weights.
        return _skeleton(request["skeleton"])
    with collector_paused():
        if "workload" in request:
            return _prepare(request)
        return {"counted": asdict(_count(from_document(Workload, request["count"])))}


def _describe(patterns: list[str]) -> Json:
    try:
        names = dict.fromkeys(name for pattern in patterns for name in registry.match(pattern))
    except UnknownArchitecture as error:
        return {"unknown": {"name": error.name, "close": error.close}}
    return {"backbones": [asdict(_backbone(name)) for name in names]}


def _backbone(name: str) -> Backbone:
    """The architecture `name`, or that of the checkpoint `name` with the classes and the size of its own."""
    architecture = architecture_of(name)
    checkpoints = registry.checkpoints(architecture)
    backbone = timm_facts.backbone(registry.describe(architecture), checkpoints)
    for checkpoint in checkpoints:
        if checkpoint.name == name:
            return replace(backbone, num_classes=checkpoint.num_classes, input_size=checkpoint.native_size)
    return backbone


def _registry() -> Json:
    return {"architectures": registry.list_architectures(), "aliases": registry.aliases()}


def _examine(name: str, wanted: list[tuple[int, int]], failure: str | None) -> Json:
    """What the reference tables say of the architecture, as the fields of an `Examined`.

    Counts are made at its default pair of classes and input size, at those of its checkpoints, and at the
    `wanted` ones. An architecture that fails has none.
    """
    described, checkpoints = registry.describe(name), registry.checkpoints(name)
    pairs = [(described.num_classes, described.native_size)]
    pairs += [(checkpoint.num_classes, checkpoint.native_size) for checkpoint in checkpoints]
    pairs += [(classes, size) for classes, size in wanted]
    counted: list[CountedWorkload] = []
    if failure is None:
        try:
            described = building.structure(described)
        except Exception as error:  # noqa: BLE001 - timm's networks fail in many ways, and each is an answer
            raise_unless_of_network(error)
            failure = f"{type(error).__name__}: {error}"
    if failure is not None:
        described = replace(described, failure=failure[:_CELL_CHARACTERS])
    else:
        forms = (Form.DEPLOYED, Form.TRAINING) if described.reparameterised else (Form.DEPLOYED,)
        for form, (classes, size) in product(forms, dict.fromkeys(pairs)):
            counted.append(_count_or_failure(Workload(name, classes, size, form)))
    return {
        "architecture": asdict(described),
        "checkpoints": [asdict(checkpoint) for checkpoint in checkpoints],
        "workloads": [asdict(workload) for workload in counted],
    }


def _count_or_failure(workload: Workload) -> CountedWorkload:
    try:
        return _count(workload)
    except CaseFailed as failure:
        return CountedWorkload(workload, None, failure.detail[:_CELL_CHARACTERS], _counter())


def _skeleton(job: Json) -> Json:
    """A skeleton and its graph, as base64."""
    workload = from_document(Workload, job["workload"])
    entry = skeleton_export.export_skeleton(workload, job["family"], job["other_sizes"])
    return {"skeleton": asdict(entry.skeleton), "graph": b64encode(entry.graph).decode()}


def _prepare(request: Json) -> Json:
    workload = from_document(Workload, request["workload"])
    cache = ArtefactCache(Path(request["cache"]), float("inf"))
    result: Json = {}
    if request["count"]:
        result["counted"] = asdict(_count(workload))
    format_, precision = Format(request["format"]), Precision(request["precision"])
    if precision is Precision.FP32:
        _exported(cache, workload, format_)
    elif cache.find(workload, format_, precision) is None:
        _quantise(cache, workload, format_, precision)
    return result


def _exported(cache: ArtefactCache, workload: Workload, format_: Format) -> CachedArtefact:
    """The fp32 artefact, exported where the cache lacks it."""
    cached = cache.find(workload, format_)
    if cached is not None:
        return cached
    network, size = building.build(workload, calibrated=True), workload.input_size
    channels = workload.in_chans
    if size != registry.native_size(workload.architecture) or channels != IMAGE_CHANNELS:
        export.require_whole_image(network, size, workload.architecture, channels)
    return cache.make(
        workload,
        format_,
        lambda path: export.write(network, size, format_, path, channels),
        parameters=building.parameters(network),
    )


def _quantise(cache: ArtefactCache, workload: Workload, format_: Format, precision: Precision) -> None:
    from profiler.artefacts import quantisation  # noqa: PLC0415 - its imports take seconds

    exported, counts = _exported(cache, workload, format_), _count(workload).counts
    source = exported.path
    dynamic = counts is not None and quantisation.is_transformer(counts.operators)
    cache.make(
        workload,
        format_,
        lambda path: quantisation.write_int8(
            source, workload.input_size, path, dynamic=dynamic, in_chans=workload.in_chans
        ),
        precision,
        sizes.parameters_in(exported.artefact.bytes),
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
        return complexity.count(building.outline(workload), workload.input_size, workload.in_chans)
    except (NotImplementedError, RuntimeError):  # something that the meta device cannot do
        with building.denormals_flushed():
            return complexity.count(building.build(workload), workload.input_size, workload.in_chans)


if __name__ == "__main__":
    serve(answer)
