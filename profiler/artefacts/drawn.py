"""Making an artefact from a skeleton, and the output that is expected of it."""

from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from profiler.artefacts import verification
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.artefacts.verification import Array
from profiler.failures import CaseFailed
from profiler.skeletons import counting, drawing
from profiler.skeletons.archive import Archive

_SEED = 2026


def cached(cache: ArtefactCache, workload: Workload) -> CachedArtefact:
    """The artefact of `workload` in the `cache`, which is drawn where it is missing.

    Raises:
        CaseFailed: as `write`.
        HostFault: the cache cannot be written.
    """
    archive = cache.skeletons
    found = cache.find(workload, Format.ONNX)
    return found or cache.make(
        workload, Format.ONNX, partial(write, archive, workload), parameters=parameters(archive, workload)
    )


def write(archive: Archive, workload: Workload, path: Path) -> float | None:
    """Draw the weights of the skeleton that serves `workload` into `path`, and store the expected output
    beside it: what ONNX Runtime computes node by node, without optimising the graph.

    Returns the deviation of the skeleton's graph from torch, as it was when the skeleton was exported.

    Raises:
        CaseFailed: no skeleton serves the workload, the output is not finite, or the network leaves pixels of
            the image out.
    """
    skeleton = archive.find(workload)
    if skeleton is None:
        raise CaseFailed(FailureReason.UNSUPPORTED_INPUT_SIZE, f"No skeleton serves {workload.id}.")
    drawing.write(archive.graph(workload), path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(_SEED).standard_normal((1, *workload.image_shape), dtype=np.float32)
    name = session.get_inputs()[0].name

    def compute(images: Array) -> Array:
        computed: Array = session.run(None, {name: images})[0]
        return computed

    output = compute(image)
    if not np.isfinite(output).all():
        raise CaseFailed(FailureReason.NON_FINITE_OUTPUT, "The output of drawn weights is not finite.")
    if workload.input_size != skeleton.workload.input_size:
        verification.require_whole_image(compute, image, workload.architecture)
    verification.store(path.parent, image, output)
    return skeleton.deviation


def parameters(archive: Archive, workload: Workload) -> int | None:
    """The parameters of the network, where the skeleton is of as many classes. None is unknown."""
    skeleton = archive.find(workload)
    if skeleton is None or skeleton.workload.num_classes != workload.num_classes:
        return None
    return skeleton.params


def macs(archive: Archive, workload: Workload) -> dict[str, float]:
    """The MACs of each operator of the graph that serves `workload`."""
    return {name: float(count) for name, count in counting.macs(archive.graph(workload)).items()}
