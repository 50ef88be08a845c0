"""On a real GPU, where there is one: what stand-ins cannot prove."""

import numpy as np
import pytest

from catalog.entities.measurements import Measurement
from catalog.host import gpu_target
from catalog.machine.gpu_device import Gpu
from catalog.machine.gpu_selection import NoGpu, local_gpu, open_gpu
from catalog.opening import open_catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, RuntimeName, Status
from profiler.failures import is_allocation_failure
from tests.builders import failure_of, success_of
from tests.end_to_end.conftest import Host


@pytest.fixture(scope="session", autouse=True)  # of the session, to skip before a catalog is made
def gpu() -> Gpu:
    """Importing torch takes seconds, so that it is only asked where the driver has a card."""
    try:
        found = open_gpu()
    except NoGpu as error:
        pytest.skip(error.message)
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch has no CUDA")
    return found


def test_the_driver_s_library_and_torch_mean_the_same_card(gpu: Gpu) -> None:
    import torch

    properties, facts = torch.cuda.get_device_properties(0), gpu.facts()
    assert str(properties.uuid) == facts.uuid.removeprefix("GPU-").removeprefix("MIG-")
    assert f"{properties.major}.{properties.minor}" == facts.compute_capability
    assert abs(properties.total_memory / facts.memory_bytes - 1) < 0.05


def test_reading_a_card_changes_nothing_and_tells_plausible_numbers(gpu: Gpu) -> None:
    clock, degrees = gpu.sm_clock_mhz(), gpu.temperature_c()
    assert clock is None or 100 <= clock <= 4000
    assert degrees is None or 10 <= degrees <= 110
    assert 0 < gpu.used_bytes() <= gpu.facts().memory_bytes


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16", "amp_bf16", "amp_fp16"])
def test_torch_is_profiled_on_the_gpu(host: Host, precision: str) -> None:
    (one,) = profiled(host, RuntimeName.PYTORCH, precision)
    assert one.status is Status.OK, one.outcome
    assert one.target == gpu_target(local_gpu())
    assert one.target.kind is one.configuration.device is Device.CUDA
    assert one.environment.driver
    assert "CUDA" in one.environment.runtime_version
    values = {value.metric: value.value for value in success_of(one).values}
    assert values[Metric.DEVICE_MEMORY_MB]
    assert success_of(one).samples
    for sample in success_of(one).samples:
        reading = sample.device
        assert reading is not None
        assert reading.allocated_bytes is not None
        assert reading.reserved_bytes is not None
        assert reading.used_bytes is not None
        assert 0 < reading.allocated_bytes <= reading.reserved_bytes < reading.used_bytes
        assert len(reading.event_ns) == len(sample.wall_ns)
        assert 0 < np.median(reading.event_ns) <= np.median(sample.wall_ns)
        if precision == "fp32":
            assert sample.deviation is not None
            assert sample.deviation < 1e-4  # TF32 parts by ten times as much


def reaches_the_gpu() -> bool:
    """Whether the installed ONNX Runtime was built for CUDA."""
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def test_onnx_runtime_runs_on_the_gpu(host: Host) -> None:
    if not reaches_the_gpu():
        pytest.skip("this ONNX Runtime has no CUDA")
    (one,) = profiled(host, RuntimeName.ONNXRUNTIME, "fp32")
    assert one.status is Status.OK, failure_of(one).detail
    assert success_of(one).samples
    assert all(sample.device is not None and sample.device.used_bytes for sample in success_of(one).samples)


def test_onnx_runtime_says_that_it_cannot_run_on_the_gpu(host: Host) -> None:
    if reaches_the_gpu():
        pytest.skip("this ONNX Runtime has CUDA")
    (one,) = profiled(host, RuntimeName.ONNXRUNTIME, "fp32")
    assert failure_of(one).reason is FailureReason.UNSUPPORTED_DEVICE


def test_what_torch_says_for_want_of_the_gpu_s_memory_is_understood(gpu: Gpu) -> None:
    import torch

    with pytest.raises(torch.OutOfMemoryError) as caught:
        torch.empty(2 * gpu.facts().memory_bytes, dtype=torch.uint8, device="cuda")
    assert is_allocation_failure(str(caught.value))


def profiled(host: Host, runtime: RuntimeName, precision: str) -> list[Measurement]:
    done = host.run(
        *("profile", "test_resnet", "--device", "cuda", "--runtime", runtime, "--precision", precision),
        *("--processes", "2", "--max-blocks", "2"),
    )
    assert done.returncode == 0, done.stderr
    catalog = open_catalog(f"sqlite:///{host.database}")
    with catalog.read() as session:
        query = MeasurementQuery(target=gpu_target(local_gpu()).id)
        found = find_measurements(session, query, with_samples=True)
    catalog.close()
    return found
