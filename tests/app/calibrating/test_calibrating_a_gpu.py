"""A calibration of this machine's GPU, which is a target of its own."""

import pytest

from app.calibrating import calibration, fitting
from app.calibrating.calibration import Plan, calibrate
from app.errors import CannotCalibrate
from catalog.entities.configurations import Configuration
from catalog.host import gpu_target
from catalog.machine.gpu_device import GpuFacts
from catalog.machine.gpu_selection import NoGpu
from catalog.storage.database import Catalog
from catalog.words.vocabulary import BatchPolicy, Device, Precision, RuntimeName
from tests.app.calibrating.machine import NETWORKS, FakeEstimator, FakeMachine, field_of, inventory_of

GPU = GpuFacts("NVIDIA H100", "GPU-aaaa", "580.1", "9.0", 85_520_809_984)
PLAN = Plan(networks=10, device=Device.CUDA, precision=Precision.AMP_FP16, batch_size=8)


@pytest.fixture(autouse=True)
def _with_a_gpu(monkeypatch: pytest.MonkeyPatch, estimator: FakeEstimator, bare: Catalog) -> None:
    monkeypatch.setattr(calibration, "missing_packages", lambda extra: [])
    monkeypatch.setattr(calibration, "local_gpu", lambda: GPU)
    field_of(bare, *NETWORKS)


def test_the_gpu_is_the_target_and_pytorch_calls_the_networks_on_it(
    machine: FakeMachine, estimator: FakeEstimator
) -> None:
    machine.target = gpu_target(GPU)
    ended = calibrate(machine.catalog, PLAN, inventory_of(*NETWORKS), lambda text: None, machine)
    assert ended is not None
    assert (ended.measured_now, ended.basis.target) == (10, gpu_target(GPU))
    expected = Configuration(
        RuntimeName.PYTORCH, device=Device.CUDA, precision=Precision.AMP_FP16, batch_size=8, threads=1
    )
    assert {case.configuration for case in machine.asked[0]} == {expected}
    assert estimator.asked[0][0].launches_kernels


def test_without_a_gpu_nothing_is_measured(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> GpuFacts:
        raise NoGpu("the driver finds none")

    monkeypatch.setattr(calibration, "local_gpu", none)
    with pytest.raises(NoGpu):
        calibrate(machine.catalog, PLAN, inventory_of(*NETWORKS), lambda text: None, machine)
    assert machine.asked == []


def test_what_calls_networks_on_a_gpu_needs_torch(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = {"profiler": ["torch"], "measure": list[str]()}
    monkeypatch.setattr(calibration, "missing_packages", lambda extra: lacking[extra])
    with pytest.raises(CannotCalibrate, match="Measuring needs torch"):
        calibrate(machine.catalog, PLAN, inventory_of(*NETWORKS), lambda text: None, machine)


@pytest.mark.parametrize(
    ("changed", "launches_kernels"),
    [
        ({}, True),
        ({"device": Device.CPU}, False),
        ({"compiled": True}, False),
        ({"runtime": RuntimeName.ONNXRUNTIME}, False),
        ({"batch_policy": BatchPolicy.LARGEST_FITTING}, False),
    ],
)
def test_eager_pytorch_starts_operators_on_a_gpu_that_is_not_full(
    changed: dict[str, object], launches_kernels: bool
) -> None:
    given = {"runtime": RuntimeName.PYTORCH, "device": Device.CUDA, **changed}
    assert fitting._launches_kernels(Configuration(**given)) is launches_kernels  # type: ignore[arg-type]
