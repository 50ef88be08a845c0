import pytest

from catalog.machine.gpu_selection import NoGpu, local_gpu, open_gpu
from tests.fakes.gpu import FakeNvml, FakeNvmlDevice


def two_gpus() -> FakeNvml:
    return FakeNvml([FakeNvmlDevice(), FakeNvmlDevice("NVIDIA L4", "GPU-bbbb", 23_034_068_992)])


def divided() -> FakeNvml:
    gpu = FakeNvmlDevice(mig_mode=1)
    gpu.instances = [
        FakeNvmlDevice("NVIDIA H100 80GB HBM3 MIG 1g.10gb", "MIG-1", 10_000_000_000, instance_of=gpu),
        FakeNvmlDevice("NVIDIA H100 80GB HBM3 MIG 2g.20gb", "MIG-2", 20_000_000_000, instance_of=gpu),
    ]
    return FakeNvml([gpu])


@pytest.mark.parametrize(
    ("visible", "uuid"),
    [
        (None, "GPU-aaaa"),
        ("1", "GPU-bbbb"),
        ("1,0", "GPU-bbbb"),
        (" 0 ", "GPU-aaaa"),
        ("GPU-bbbb,GPU-aaaa", "GPU-bbbb"),
    ],
)
def test_the_first_visible_gpu_is_taken(visible: str | None, uuid: str) -> None:
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert local_gpu(two_gpus(), environ).uuid == uuid


@pytest.mark.parametrize("visible", ["", "-1", "2", "GPU-zzzz", "none"])
def test_where_none_is_visible_the_error_names_the_variable_and_a_way_out(visible: str) -> None:
    with pytest.raises(NoGpu) as caught:
        open_gpu(two_gpus(), {"CUDA_VISIBLE_DEVICES": visible})
    assert "CUDA_VISIBLE_DEVICES" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("nvml", [FakeNvml(driver=None), FakeNvml(gpus=[])])
def test_no_driver_or_no_gpu_is_an_error_with_a_way_out(nvml: FakeNvml) -> None:
    with pytest.raises(NoGpu) as caught:
        open_gpu(nvml, {})
    assert "--device cpu" in str(caught.value.remedy)


def test_of_a_divided_gpu_the_first_instance_is_taken() -> None:
    facts = local_gpu(divided(), {})
    assert (facts.uuid, facts.mig_profile) == ("MIG-1", "1g.10gb")
    assert facts.memory_bytes == 10_000_000_000
    assert facts.power_limit_w == 700  # that of the whole GPU


def test_an_instance_is_found_by_its_uuid_and_its_clock_is_the_whole_gpu_s() -> None:
    gpu = open_gpu(divided(), {"CUDA_VISIBLE_DEVICES": "MIG-2"})
    assert gpu.facts().mig_profile == "2g.20gb"
    assert gpu.sm_clock_mhz() == 1980


def test_a_divided_gpu_without_instances_cannot_be_measured() -> None:
    with pytest.raises(NoGpu, match="no instance"):
        open_gpu(FakeNvml([FakeNvmlDevice(mig_mode=1)]), {})


def test_a_gpu_that_knows_no_mig_is_whole() -> None:
    assert local_gpu(FakeNvml([FakeNvmlDevice(mig_mode=None)]), {}) == local_gpu(FakeNvml(), {})
