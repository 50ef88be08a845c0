"""What the card of a target says to measure next."""

import pytest

from app.presentation.cards.targets import next_steps
from app.questions.cards.targets import KnownTarget, TargetAnswer
from catalog.entities.configurations import Target
from catalog.entities.estimates import EstimateBasis
from catalog.words.vocabulary import Device, Provenance
from tests.builders import make_target
from tests.estimate_builders import make_basis

HERE = make_target()
GPU = make_target("nvidia-h100-123456", kind=Device.CUDA, label="NVIDIA H100")


def commands(target: KnownTarget, basis: EstimateBasis | None) -> list[str]:
    answer = TargetAnswer(target, 1371, (), ("resnet50",), (), (), basis)
    return [command for step in next_steps(answer) for command in step.commands]


@pytest.mark.parametrize(
    ("target", "device", "chosen"),
    [(HERE, "", ""), (GPU, " --device cuda", " --target nvidia-h100-123456")],
)
def test_commands_for_a_gpu_name_it_because_they_mean_the_processor_otherwise(
    target: Target, device: str, chosen: str
) -> None:
    known = KnownTarget(target, True, {Provenance.MEASURED: 14})
    again = f"archrank profile resnet50{device} --force --max-blocks 200"
    assert commands(known, None) == [again, f"archrank calibrate{device}"]
    verify = f"archrank recommend{chosen} --max latency_ms=60 --verify"
    assert commands(known, make_basis(target=target)) == [again, verify]


def test_what_others_published_of_a_gpu_is_measured_there_by_a_calibration() -> None:
    first, *others = commands(KnownTarget(GPU, False, {Provenance.PUBLISHED: 900}), None)
    assert first == "archrank calibrate --device cuda --precision amp_fp16 --batch-size 256"
    assert len(others) == 2
