"""What a calibration says on the terminal."""

from dataclasses import replace

import pytest

from app.calibrating import calibration
from app.calibrating.calibration import Calibration
from app.cli.tables.calibration import print_calibration
from catalog import host
from catalog.entities.configurations import Target
from catalog.machine.gpu_device import GpuFacts
from catalog.machine.gpu_selection import NoGpu
from catalog.words.metrics import Metric
from tests.app.cli.running import Archrank
from tests.builders import make_target
from tests.estimate_builders import make_basis

HERE = host.local_target()


def ended(
    covered: int, refused: int, metric: Metric = Metric.LATENCY_MS, target: Target = HERE
) -> Calibration:
    basis = make_basis(target=target)
    accuracy = replace(basis.accuracies[0], metric=metric, covered=covered, refused=refused)
    return Calibration(replace(basis, accuracies=(accuracy,)), measured_now=10)


def printed(of: Calibration, capsys: pytest.CaptureFixture[str]) -> str:
    print_calibration(of)
    return " ".join(capsys.readouterr().out.split())


def test_what_is_mostly_refused_has_a_cause_and_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    busy = ended(covered=1, refused=1370)
    text = printed(busy, capsys)
    assert not busy.estimates_speeds
    assert "latency_ms with onnxrt t1. 1370 of 1371 workloads are refused," in text
    assert "archrank calibrate --force" in text
    assert "Now ask" not in text


def test_another_target_is_not_measured_here(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(ended(covered=1, refused=1370, target=make_target("there")), capsys)
    assert "Measure more networks on there, and import them." in text
    assert "--force" not in text


def test_a_few_refusals_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(ended(covered=1366, refused=5), capsys)
    assert "The others are refused:" in text
    assert "Hardly estimated" not in text
    assert "Now ask" in text


@pytest.mark.parametrize(("covered", "refused", "code"), [(1366, 5, 0), (1, 1370, 1)])
def test_the_exit_code_says_whether_most_have_a_speed(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch, covered: int, refused: int, code: int
) -> None:
    monkeypatch.setattr(calibration, "calibrate", lambda *_: ended(covered, refused))
    assert archrank("calibrate").code == code


def test_nothing_is_measured_again_where_nothing_is_measured(archrank: Archrank) -> None:
    done = archrank("calibrate", "--runs", "0", "--force")
    assert done.code == 2
    assert "--force changes nothing beside --runs 0." in done.err


def test_measuring_again_and_not_at_all_exclude_each_other(archrank: Archrank) -> None:
    done = archrank("calibrate", "--unless-estimated", "--force")
    assert done.code == 2
    assert "--force changes nothing beside --unless-estimated." in done.err


def test_memory_alone_is_no_success() -> None:
    assert not ended(covered=1371, refused=0, metric=Metric.PEAK_MEMORY_MB).estimates_speeds


def test_a_target_elsewhere_has_no_device_of_this_machine(archrank: Archrank) -> None:
    done = archrank("calibrate", "--target", "rtx-3090", "--device", "cuda")
    assert done.code == 2
    assert "--device changes nothing beside --target rtx-3090." in done.err


def test_without_a_gpu_there_is_none_to_calibrate(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> GpuFacts:
        raise NoGpu("the driver finds none")

    monkeypatch.setattr(calibration, "local_gpu", none)
    done = archrank("calibrate", "--device", "cuda")
    assert done.code == 2
    assert "There is no NVIDIA GPU to measure (the driver finds none)." in done.err
