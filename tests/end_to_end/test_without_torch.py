"""What ships is measured where torch is not installed. `make test` runs this file in such an environment."""

from importlib.util import find_spec

import pytest

from catalog.words.vocabulary import RuntimeName
from tests.builders import success_of
from tests.end_to_end.conftest import Host

pytestmark = pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")

QUICKLY = ("--threads", "1", "--processes", "1", "--max-blocks", "2")


def test_a_shipped_network_is_profiled_and_recommended(new_host: Host) -> None:
    profiled = new_host.run("profile", "test_resnet", "test_vi[t]", *QUICKLY)
    assert profiled.returncode == 0, profiled.stderr
    assert "4 cases measured, 0 failed" in profiled.stdout
    measurements = new_host.measurements()
    assert {one.configuration.runtime for one in measurements} == {
        RuntimeName.ONNXRUNTIME,
        RuntimeName.OPENVINO,
    }
    for one in measurements:
        assert one.artefact is not None
        assert "weights drawn" in one.artefact.toolchain
        for sample in success_of(one).samples:
            assert sample.deviation is not None
            assert sample.deviation < 1e-3
    recommended = new_host.run(
        "recommend", "--tag", "test-network", "--max", "latency_ms=1000", "--min", "top1=40"
    )
    assert "test_resnet.r160_in1k" in recommended.stdout


def test_int8_is_made_from_the_drawn_file(host: Host) -> None:
    profiled = host.run("profile", "test_resnet", "--precision", "int8", "--runtime", "onnxruntime", *QUICKLY)
    assert profiled.returncode == 0, profiled.stderr
    (measurement,) = host.measurements()
    assert measurement.artefact is not None
    assert "weights drawn" in measurement.artefact.toolchain
    assert measurement.artefact.bytes < 465_000 * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("test_resnet", "--runtime", "pytorch"), "The runtime pytorch runs test_resnet"),
        (("test_resnet", "--train"), "The runtime pytorch runs test_resnet"),
        (("test_vit", "--input-size", "224"), "for 160 px, not for 224 px"),
        (("test_resne",), "test_resnet"),
    ],
)
def test_what_needs_torch_says_so_and_stores_nothing(
    host: Host, arguments: tuple[str, ...], words: str
) -> None:
    profiled = host.run("profile", *arguments)
    assert profiled.returncode == 2
    assert words in profiled.stderr
    assert "archrank[profiler]" in profiled.stderr
    assert "Traceback" not in profiled.stderr
    assert host.measurements() == []


def test_the_doctor_says_what_can_be_measured(host: Host) -> None:
    found = host.run("doctor")
    assert found.returncode == 0, found.stdout
    assert "torch is not installed" in found.stdout
