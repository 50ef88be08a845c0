"""The process of `make bench-skeletons`, which runs the drawn and the exported file of a network in turn."""

import os
import time
from collections import Counter
from pathlib import Path

import numpy as np

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.words.vocabulary import RuntimeName
from profiler.processes.serving import Json, serve
from profiler.protocol.network import LoadedNetwork
from profiler.runtimes.base import LoadRequest, import_runtime
from profiler.sensors.system import this_system

_CPUS = sorted(os.sched_getaffinity(0))
_WARM_UP_S = 0.15
# Until the threads of the other file's session have stopped spinning. ONNX Runtime's spin for 40 ms. A single
# thread does not spin.
_REST_S = 0.05
_MEMORY_CALLS = 5


def answer(request: Json) -> Json:
    """Answer one request about `files` of a `workload`, in the order given, with `runtime` and numbers of
    `threads`.

    - `rounds`: the times of blocks of calls, by number of threads, by round and by file.
    - `memory`: the peak of this process after the only file was loaded and called. For a fresh process.
    - `operators`: what ONNX Runtime's optimised graph holds, by file.
    """
    if request["ask"] == "operators":
        return {"operators": [_operators(Path(file)) for file in request["files"]]}
    if request["ask"] == "memory":
        (threads,), (file,) = request["threads"], request["files"]
        network = _load(file, request, threads)
        for _ in range(_MEMORY_CALLS):
            network.infer()
        return {"peak_bytes": this_system().peak_bytes()}
    return {"blocks": [_rounds(request, threads) for threads in request["threads"]]}


def _rounds(request: Json, threads: int) -> list[list[float]]:
    loaded = [_load(file, request, threads) for file in request["files"]]
    rest = _REST_S if threads > 1 else 0.0
    for network in loaded:
        _block(network, _WARM_UP_S, rest)
    blocks = []
    for turn in range(request["rounds"]):
        order = [0, 1] if turn % 2 else [1, 0]
        taken = {index: _block(loaded[index], request["block_s"], rest) for index in order}
        blocks.append([taken[0], taken[1]])
    return blocks


def _block(network: LoadedNetwork, seconds: float, rest_s: float) -> float:
    """The median time of a call, of those that fit in so many seconds, at least one."""
    time.sleep(rest_s)
    network.infer()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        began = time.perf_counter()
        network.infer()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _load(file: str, request: Json, threads: int) -> LoadedNetwork:
    os.sched_setaffinity(0, _CPUS[-threads:])
    workload = from_document(Workload, request["workload"])
    configuration = Configuration(RuntimeName(request["runtime"]), threads=threads)
    runtime = import_runtime(configuration.runtime, configuration.scenario)
    network = runtime.load(LoadRequest(Path(file), workload, configuration))
    size = workload.input_size
    network.prepare(np.random.default_rng(1).standard_normal((1, 3, size, size), dtype=np.float32))
    return network


def _optimise(file: Path, optimised: Path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(optimised)
    onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _operators(file: Path) -> dict[str, int]:
    import onnx

    optimised = file.with_suffix(".optimised.onnx")
    _optimise(file, optimised)
    model = onnx.load(str(optimised), load_external_data=False)
    optimised.unlink()
    return dict(Counter(node.op_type for node in model.graph.node))


if __name__ == "__main__":
    serve(answer)
