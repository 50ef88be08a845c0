"""A calibration of this machine's GPU, which is a target of its own."""

from dataclasses import replace

import numpy as np
import pytest

from app.calibrating import calibration, fitting
from app.calibrating.calibration import Plan, calibrate
from app.errors import CannotCalibrate
from app.estimating.features import features
from app.estimating.work import Network
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Counts, Workload
from catalog.host import gpu_target
from catalog.machine.gpu_device import GpuFacts
from catalog.machine.gpu_selection import NoGpu
from catalog.storage.database import Catalog
from catalog.words.vocabulary import BatchPolicy, Device, Precision, RuntimeName
from tests.app.calibrating.machine import NETWORKS, FakeEstimator, FakeMachine, field_of, inventory_of

GPU = GpuFacts("NVIDIA H100", "GPU-aaaa", "580.1", "9.0", 85_520_809_984)
_NET = Network(Workload("net", 10, 32), Counts(1.0, 1.0, 1.0, {"conv": 1.0}, {"conv": 30}), None)
KNOWN = replace(features([_NET]), nodes=np.array([20.0]))
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
    assert estimator.asked[0][0].launches is not None
    assert (len(estimator.narrowed), estimator.costs) == (1, [])


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
    ("changed", "launches"),
    [
        ({}, [30.0]),
        ({"device": Device.CPU}, None),
        ({"compiled": True}, None),
        ({"runtime": RuntimeName.ONNXRUNTIME}, [20.0]),
        ({"batch_policy": BatchPolicy.LARGEST_FITTING}, None),
    ],
)
def test_a_runtime_starts_operators_on_a_gpu_that_is_not_full(
    changed: dict[str, object], launches: list[float] | None
) -> None:
    given = {"runtime": RuntimeName.PYTORCH, "device": Device.CUDA, **changed}
    found = fitting._launches(Configuration(**given), KNOWN)  # type: ignore[arg-type]
    assert (None if found is None else found.tolist()) == launches
