"""The process of the canary: fixed work, timed before and after each block of calls.

A neighbour, heat or another tenant of the host slows fixed work as it slows the network under test, and does
not always show in the CPU time of a process. The work is what networks do: a matrix product on each CPU, a
small network, and a chain of operators so small that threads mostly wait for one another. The report of the
profiler's benchmark says how well each follows the networks (docs/bench-profiler.md).

A campaign starts `python -m profiler.canary` once for each set of CPUs. It is idle while a network is called.
It is a process of its own, so that it has no share in the memory of the networks, and so that all blocks of a
campaign are compared with the same canary. Only where it dies or stalls does a new one take its place.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from catalog.entities.samples import Beat
from profiler.processes.priority import real_time_priority
from profiler.processes.serving import Json, serve
from profiler.sensors.system import this_system

# One product of this width fits any second-level cache. It takes about 0.1 ms on a server processor: long
# against the moment in which a thread takes the interpreter's lock for the next one. Of products of 30 us,
# threads waited for each other's lock, and two took 1.7 times as long as one (decision 25).
_WIDTH, _PRODUCTS = 192, 3
# Depthwise and pointwise convolutions in turn, as mobile networks have them. The network takes about 0.7 ms
# on one CPU. Of the hand-offs an operator takes some microseconds, so that handing it over decides.
_CHANNELS = 32
_NETWORK = {"pixels": 56, "depth": 8}
_HAND_OFFS = {"pixels": 14, "depth": 30}
_REPEATS = 3
# Where a CPU was taken away meanwhile, a thread never comes to the start.
_STARTED_WITHIN_S = 10.0
_WARM_UP_CALLS = 20


class Canary:
    """The kernels, on so many CPUs. `device_product` is a product on an accelerator, if one is watched."""

    def __init__(self, cpus: Sequence[int], device_product: Callable[[], object] | None = None) -> None:
        self._cpus = tuple(cpus)
        self._products = [_product(seed) for seed in range(len(cpus))]
        self._network = _session(threads=len(self._products), **_NETWORK)
        self._hand_offs = _session(threads=len(self._products), **_HAND_OFFS)
        self._device_product = device_product
        for _ in range(_WARM_UP_CALLS):
            self.beat()

    def beat(self) -> Beat:
        """Run every kernel now, before other processes where the machine lets it. So it tells of the machine
        itself. Whether a block waited for others is known from the block."""
        with real_time_priority():
            product_ns = self._on_every_cpu()
            self._network()  # the first call finds its caches used by others
            network_ns, hand_off_ns = _time(self._network), _time(self._hand_offs)
        if self._device_product is None:
            return Beat(len(self._cpus), product_ns, network_ns, hand_off_ns)
        self._device_product()
        return Beat(len(self._cpus), product_ns, network_ns, hand_off_ns, _time(self._device_product))

    def _on_every_cpu(self) -> float:
        """The mean time of the product over the CPUs, while all compute it at once."""
        times = [0.0] * len(self._products)
        at_once = threading.Barrier(len(times), timeout=_STARTED_WITHIN_S)

        def run(index: int) -> None:
            this_system().pin([self._cpus[index]])  # this thread alone
            at_once.wait()
            times[index] = _time(self._products[index])

        others = [threading.Thread(target=run, args=(index,)) for index in range(1, len(times))]
        for thread in others:
            thread.start()
        run(0)
        for thread in others:
            thread.join()
        this_system().pin(self._cpus)
        return fmean(times)


def _time(kernel: Callable[[], object]) -> float:
    """The median time (ns) of some runs."""
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter_ns()
        kernel()
        times.append(time.perf_counter_ns() - begin)
    return max(1.0, median(times))


def _product(seed: int) -> Callable[[], None]:
    noise = np.random.default_rng(seed)
    left, right = noise.standard_normal((2, _WIDTH, _WIDTH), dtype=np.float32)
    result = np.empty_like(left)

    def multiply() -> None:
        for _ in range(_PRODUCTS):
            np.matmul(left, right, out=result)

    return multiply


def _session(*, threads: int, pixels: int, depth: int) -> Callable[[], object]:
    import onnxruntime  # noqa: PLC0415 - after this process was pinned

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Its threads would spin on beside the network that is measured next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(_graph(pixels, depth), options, providers=["CPUExecutionProvider"])
    shape = (1, _CHANNELS, pixels, pixels)
    image = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    return partial(session.run, None, {"x0": image})


def _graph(pixels: int, depth: int) -> bytes:
    """A chain of blocks, each a depthwise convolution, a pointwise one and a ReLU, as an ONNX file."""
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    noise = np.random.default_rng(0)
    nodes, weights = [], []

    def weight(name: str, *shape: int) -> str:
        scale = np.sqrt(2 / np.prod(shape[1:]))
        values: NDArray[np.float32] = noise.standard_normal(shape, dtype=np.float32) * np.float32(scale)
        weights.append(numpy_helper.from_array(values, name))
        return name

    for index in range(depth):
        depthwise = weight(f"depthwise{index}", _CHANNELS, 1, 3, 3)
        pointwise = weight(f"pointwise{index}", _CHANNELS, _CHANNELS, 1, 1)
        taken, made = f"x{index}", f"x{index + 1}"
        nodes += [
            helper.make_node("Conv", [taken, depthwise], [f"{made}_d"], group=_CHANNELS, pads=[1, 1, 1, 1]),
            helper.make_node("Conv", [f"{made}_d", pointwise], [f"{made}_p"]),
            helper.make_node("Relu", [f"{made}_p"], [made]),
        ]
    shape = [1, _CHANNELS, pixels, pixels]
    tensors = [helper.make_tensor_value_info(f"x{index}", TensorProto.FLOAT, shape) for index in (0, depth)]
    graph = helper.make_graph(nodes, "canary", tensors[:1], tensors[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


class _Server:
    """Makes the canary at the first request, and beats at every other."""

    def __init__(self) -> None:
        self._canary: Canary | None = None

    def answer(self, request: Json) -> Json:
        if request["ask"] == "open":
            this_system().pin(request["affinity"])
            self._canary = Canary(request["affinity"], _device_product() if request["on_gpu"] else None)
        if self._canary is None:
            raise ValueError("a beat before the canary was opened")
        return asdict(self._canary.beat())


def _device_product() -> Callable[[], None] | None:
    """The product on the GPU, where torch is installed and finds one."""
    try:
        from profiler.runtimes.cuda_product import cuda_product  # noqa: PLC0415 - torch takes seconds
    except ImportError:
        return None
    return cuda_product()


if __name__ == "__main__":
    serve(_Server().answer)
