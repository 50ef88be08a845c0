import importlib
import json
from dataclasses import asdict, replace

import pytest

from catalog.entities.documents import from_document
from catalog.entities.samples import DeviceReading, ProcessSample
from catalog.host import gpu_target
from catalog.machine.gpu_device import GpuFacts, slowdown_names
from catalog.machine.gpu_selection import local_gpu, open_gpu
from catalog.words.vocabulary import Device
from tests.builders import make_sample
from tests.fakes.gpu import FakeNvml, FakeNvmlDevice

H100 = GpuFacts("NVIDIA H100 80GB HBM3", "GPU-aaaa", "580.159.04", "9.0", 85_520_809_984, 700)


def test_the_facts_are_those_that_the_driver_tells() -> None:
    assert local_gpu(FakeNvml(), {}) == H100


def test_what_the_driver_does_not_tell_is_unknown_not_an_error() -> None:
    mute = FakeNvmlDevice(power_limit_mw=None, clock_mhz=None, degrees=None, reasons=None, processes=None)
    gpu = open_gpu(FakeNvml([mute]), {})
    assert gpu.facts().power_limit_w is None
    assert gpu.sm_clock_mhz() is None
    assert gpu.temperature_c() is None
    assert gpu.slowdowns() == ()
    assert gpu.bytes_by_process() == {}


def test_readings_are_those_of_now() -> None:
    device = FakeNvmlDevice(reasons=0x4 | 0x40, processes={17: 700, 18: None})
    gpu = open_gpu(FakeNvml([device]), {})
    assert gpu.slowdowns() == ("sw_power_cap", "hw_thermal_slowdown")
    assert gpu.bytes_by_process() == {17: 700, 18: None}
    assert gpu.temperature_c() == 38
    device.clock_mhz, device.used = 345, 9
    assert (gpu.sm_clock_mhz(), gpu.used_bytes()) == (345, 9)


def test_idling_is_no_slowdown_and_an_unknown_reason_keeps_its_number() -> None:
    assert slowdown_names(0) == slowdown_names(1) == ()
    assert slowdown_names(0x1 | 0x8) == ("hw_slowdown",)
    assert slowdown_names(0x20 | 0x80 | 0x800) == (
        "sw_thermal_slowdown",
        "hw_power_brake_slowdown",
        "reason_0x800",
    )


def test_the_library_has_every_call_of_its_stand_in_and_only_reads() -> None:
    pynvml = importlib.import_module("pynvml")
    calls = [name for name in vars(FakeNvml) if name.lower().startswith("nvml")]
    assert len(calls) > 15
    assert all(hasattr(pynvml, name) for name in calls)
    assert not any(word in name for name in calls for word in ("Set", "Reset", "Clear"))
    assert pynvml.NVML_CLOCK_SM == FakeNvml.NVML_CLOCK_SM
    assert pynvml.NVML_TEMPERATURE_GPU == FakeNvml.NVML_TEMPERATURE_GPU


def test_the_names_of_the_reasons_are_at_the_library_s_bits() -> None:
    pynvml = importlib.import_module("pynvml")
    for words in ("SwPowerCap", "HwSlowdown", "SyncBoost", "SwThermalSlowdown", "HwPowerBrakeSlowdown"):
        bits = getattr(pynvml, f"nvmlClocksEventReason{words}")
        assert [name.replace("_", "") for name in slowdown_names(bits)] == [words.lower()]


def test_a_gpu_is_a_target_of_its_own() -> None:
    target = gpu_target(H100)
    assert target.kind is Device.CUDA
    assert target.label == "NVIDIA H100 80GB HBM3"
    assert target.id.startswith("nvidia-h100-80gb-hbm3-")
    assert len(target.id.rpartition("-")[2]) == 6
    assert target.identity == {
        "name": "NVIDIA H100 80GB HBM3",
        "compute_capability": "9.0",
        "memory_gb": 86,
        "power_limit_w": 700,
    }


def test_equal_gpus_under_any_driver_are_one_target() -> None:
    other = replace(H100, uuid="GPU-cccc", driver="590.1", memory_bytes=H100.memory_bytes - 3_000_000)
    assert gpu_target(other) == gpu_target(H100)


@pytest.mark.parametrize(
    "other",
    [
        replace(H100, power_limit_w=350),
        replace(H100, power_limit_w=None),
        replace(H100, mig_profile="1g.10gb"),
        replace(H100, memory_bytes=40_000_000_000),
    ],
)
def test_what_decides_the_speed_makes_another_target(other: GpuFacts) -> None:
    assert gpu_target(other).id != gpu_target(H100).id


def test_a_stored_reading_without_the_device_s_own_times_can_still_be_read() -> None:
    reading = {"allocated_bytes": 1, "reserved_bytes": 2, "used_bytes": 3, "sm_clocks_mhz": [1980]}
    stored = json.loads(json.dumps({**asdict(make_sample()), "device": {**reading, "slowdowns": []}}))
    revived = from_document(ProcessSample, stored).device
    assert revived == DeviceReading(1, 2, 3, (1980,))
