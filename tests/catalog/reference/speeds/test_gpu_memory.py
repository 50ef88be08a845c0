import pytest

from catalog.reference.speeds.gpu_memory import device_memory_mb, gpu_memory
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import find_targets
from catalog.words.vocabulary import Device
from tests.builders import make_target


@pytest.mark.parametrize(
    ("target", "gib"), [("rtx-3090", 24), ("rtx-4090", 24), ("rtx-pro-6000-max-q", 96), ("i9-10940x", None)]
)
def test_the_memory_of_a_gpu_is_its_vendors(target: str, gib: int | None) -> None:
    found = gpu_memory(target)
    if gib is None:
        assert found is None
        return
    assert found is not None
    memory_mb, source = found
    assert memory_mb == gib * 2**30 / 1e6
    assert source.startswith("https://www.nvidia.com/")


def test_every_gpu_of_the_reference_tables_has_a_known_memory(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.read() as session:
        gpus = [target.id for target in find_targets(session) if target.kind is Device.CUDA]
    assert gpus
    assert all(gpu_memory(gpu) for gpu in gpus)


def test_the_memory_of_a_target_is_specified_or_reported_by_its_driver() -> None:
    assert device_memory_mb(make_target("rtx-4090", kind=Device.CUDA)) == 24 * 2**30 / 1e6
    assert device_memory_mb(make_target("a-card", kind=Device.CUDA, identity={"memory_gb": 80})) == 80_000
    assert device_memory_mb(make_target("a-cpu")) is None
