"""The canary: its kernels, and the process that runs them. No time is asserted, only that it is one."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from catalog.entities.documents import from_document
from catalog.entities.samples import Beat
from catalog.words.doubts import FailureReason
from profiler import canary
from profiler.canary import Canary
from profiler.failures import CaseFailed
from profiler.processes.child import Child
from profiler.runtimes import cuda_product
from profiler.sensors.system import this_system
from tests.fakes.cuda import FakeCuda

PATIENT_S = 60.0


@dataclass
class FakeSystem:
    """Remembers which thread was pinned to which CPUs."""

    pinned: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def pin(self, cpus: Sequence[int]) -> tuple[int, ...]:
        self.pinned.append((threading.get_ident(), tuple(cpus)))
        return tuple(cpus)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> FakeSystem:
    """A system that pins nothing, so that the process of the tests stays where it is. The canary is cold."""
    fake = FakeSystem()
    monkeypatch.setattr(canary, "this_system", lambda: fake)
    monkeypatch.setattr(canary, "_WARM_UP_CALLS", 1)
    return fake


# Kernels


def test_a_beat_has_a_time_of_every_kernel_on_the_cpus_of_the_canary(system: FakeSystem) -> None:
    beat = Canary([5, 7]).beat()
    assert beat.cpus == 2
    assert min(beat.product_ns, beat.network_ns, beat.hand_off_ns) >= 1
    assert beat.device_ns is None


def test_a_beat_goes_before_other_processes(system: FakeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    is_ahead: list[bool] = []

    @contextmanager
    def before_others() -> Iterator[bool]:
        is_ahead.append(True)
        yield True
        is_ahead.append(False)

    beating = Canary([0])
    monkeypatch.setattr(canary, "real_time_priority", before_others)
    during: list[bool] = []

    def timed(kernel: object) -> float:
        during.append(is_ahead[-1])
        return 1.0

    monkeypatch.setattr(canary, "_time", timed)
    beating.beat()
    assert during == [True] * 3
    assert is_ahead == [True, False]


def test_the_product_is_computed_on_each_cpu_by_a_thread_of_its_own(system: FakeSystem) -> None:
    beating = Canary([5, 7])
    system.pinned.clear()
    beating.beat()
    own, everywhere = threading.get_ident(), (5, 7)
    assert (own, (5,)) in system.pinned
    (other,) = [thread for thread, cpus in system.pinned if cpus == (7,)]
    assert other != own
    # The next kernels have all CPUs again.
    assert system.pinned[-1] == (own, everywhere)
    assert len(system.pinned) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_cpu_that_was_taken_away_ends_the_beat(system: FakeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    beating = Canary([5, 7])

    def pin(cpus: Sequence[int]) -> tuple[int, ...]:
        if tuple(cpus) == (7,):
            raise OSError("there is no such CPU")
        return tuple(cpus)

    monkeypatch.setattr(system, "pin", pin)
    monkeypatch.setattr(canary, "_STARTED_WITHIN_S", 0.1)
    with pytest.raises(threading.BrokenBarrierError):
        beating.beat()


def test_the_mean_over_the_cpus_is_the_time_of_the_product(
    system: FakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    beating = Canary([0, 1])
    times = {beating._products[0]: 10.0, beating._products[1]: 30.0}
    monkeypatch.setattr(canary, "_time", lambda kernel: times.get(kernel, 5.0))
    assert beating.beat() == Beat(2, 20.0, 5.0, 5.0)


def test_a_kernel_takes_the_median_of_some_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0, 100, 1000, 1007, 2000, 2009])  # 100, 7 and 9 ns
    monkeypatch.setattr(canary, "time", SimpleNamespace(perf_counter_ns=lambda: next(ticks)))
    assert canary._time(lambda: None) == 9


def test_the_product_is_fixed_work(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[tuple[int, ...], float]] = []

    def matmul(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
        seen.append((left.shape + right.shape, float(left.sum() + right.sum())))

    monkeypatch.setattr(np, "matmul", matmul)
    canary._product(3)()
    canary._product(3)()
    assert len(seen) == 2 * canary._PRODUCTS
    assert len(set(seen)) == 1
    canary._product(4)()
    assert len(set(seen)) == 2  # each CPU has data of its own


def test_the_small_network_is_a_chain_of_convolutions_that_keeps_its_values_in_bounds() -> None:
    graph = canary._graph(pixels=14, depth=30)
    model = onnx.load_from_string(graph)
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node] == ["Conv", "Conv", "Relu"] * 30
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((1, 32, 14, 14), dtype=np.float32)
    (output,) = session.run(None, {"x0": image})
    assert output.shape == image.shape
    # Numbers near zero would be subnormal, and slow on some processors.
    assert 1e-6 < np.abs(output).max() < 1e6
    assert graph == canary._graph(pixels=14, depth=30)


def test_a_device_that_is_watched_has_a_time_too(system: FakeSystem) -> None:
    calls: list[int] = []
    beating = Canary([0], lambda: calls.append(1))
    calls.clear()
    beat = beating.beat()
    assert beat.device_ns is not None
    assert beat.device_ns >= 1
    assert len(calls) == 1 + canary._REPEATS  # the first finds a device at rest


# The product on a device


def test_the_product_ends_when_the_device_has_done_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda()
    synchronised_at_product: list[int] = []
    monkeypatch.setattr(cuda_product, "_WIDTH", 8)
    monkeypatch.setattr(torch, "mm", lambda left, right: synchronised_at_product.append(cuda.synchronised))
    multiply = cuda_product.cuda_product(cuda, "cpu")
    assert multiply is not None
    multiply()
    multiply()
    assert synchronised_at_product == [0, 1]
    assert cuda.synchronised == 2


def test_without_a_gpu_there_is_no_product() -> None:
    assert cuda_product.cuda_product(FakeCuda(available=False)) is None


def test_without_torch_there_is_no_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "profiler.runtimes.cuda_product", None)
    assert canary._device_product() is None


# The process


@pytest.fixture
def process() -> Iterator[Child]:
    with Child("profiler.canary", {"OPENBLAS_NUM_THREADS": "1"}) as child:
        yield child


def test_a_process_beats_once_it_was_opened_and_as_often_as_asked(process: Child) -> None:
    with pytest.raises(CaseFailed, match="before the canary was opened") as failed:
        process.ask({"ask": "beat"}, PATIENT_S)
    assert failed.value.reason is FailureReason.RUNTIME_ERROR
    cpus = this_system().cpus()[-1:]
    opened = process.ask({"ask": "open", "affinity": cpus, "on_gpu": False}, PATIENT_S)
    beats = [process.ask({"ask": "beat"}, PATIENT_S) for _ in range(2)]
    for beat in [from_document(Beat, answer) for answer in (opened, *beats)]:
        assert (beat.cpus, beat.device_ns) == (1, None)
        assert beat.ns > 1000  # a kernel of any length takes more than a microsecond
    assert beats[0] != beats[1]
