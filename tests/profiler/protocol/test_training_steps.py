"""Training steps of small modules; test_profile.py trains a network of timm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Form, Precision, RuntimeName, Scenario
from profiler.failures import CaseFailed
from profiler.protocol import scenarios, training_steps
from profiler.protocol.plan import SamplingPlan
from profiler.runtimes import pytorch_training
from profiler.runtimes.base import LoadRequest, import_runtime
from profiler.runtimes.pytorch_training import TrainingNetwork
from profiler.runtimes.torch_precision import arithmetic

IMAGE = np.zeros((1, 3, 8, 8), dtype=np.float32)
TRAINING = Configuration(RuntimeName.PYTORCH, batch_size=4, scenario=Scenario.TRAINING)
FP32 = arithmetic(Precision.FP32, Device.CPU)


@dataclass
class FakeTrained:
    """A network with these losses, the last of them for ever, and a weight that moves by `pace` a step."""

    losses: Sequence[float]
    pace: float = 0.5
    steps: int = 0

    def prepare(self, images: npt.NDArray[np.float32]) -> None:
        self.shape = images.shape

    def infer(self) -> None:
        self.steps += 1

    def output(self) -> npt.NDArray[np.float32]:
        loss = self.losses[min(self.steps, len(self.losses)) - 1]
        return np.array([loss, self.steps * self.pace], dtype=np.float32)

    def client(self) -> "FakeTrained":
        raise AssertionError("training has one client")


def classifier(*, normalised: bool = False) -> nn.Sequential:
    torch.manual_seed(1)
    pooled = [nn.AdaptiveAvgPool2d(1), *([nn.BatchNorm2d(4)] if normalised else []), nn.Flatten()]
    return nn.Sequential(nn.Conv2d(3, 4, 3), *pooled, nn.Linear(4, 5))


def batch(size: int) -> npt.NDArray[np.float32]:
    return training_steps.random_batch(IMAGE, size)


def failure_of(network: FakeTrained) -> CaseFailed:
    with pytest.raises(CaseFailed) as failed:
        training_steps.first_steps(network)
    return failed.value


def test_weights_that_move_are_learning_whatever_the_loss_does() -> None:
    network = FakeTrained([7.0])
    training_steps.first_steps(network)
    assert network.steps == 3


def test_a_step_that_moves_no_weight_is_a_failure() -> None:
    failure = failure_of(FakeTrained([7.0, 6.9, 6.8], pace=0.0))
    assert failure.reason is FailureReason.WRONG_OUTPUT
    assert failure.detail == "Training step 1 changed no weight."


@pytest.mark.parametrize("loss", [np.inf, np.nan])
def test_a_loss_that_is_not_finite_is_a_failure(loss: float) -> None:
    assert failure_of(FakeTrained([7.0, loss])).reason is FailureReason.NON_FINITE_OUTPUT


def test_a_loss_that_runs_away_while_it_is_timed_is_a_failure() -> None:
    network = FakeTrained([7.0, 6.9, 6.8, 1e9, np.inf])
    started = scenarios.start(network, TRAINING, IMAGE, no_deviation)
    assert network.shape == (4, 3, 8, 8)
    assert started.deviation is None
    with pytest.raises(CaseFailed) as failed:
        started.block(SamplingPlan(), Ticking())
    assert failed.value.reason is FailureReason.NON_FINITE_OUTPUT


def no_deviation(output: object) -> float:
    raise AssertionError("a loss has no reference")


class Ticking:
    """A clock that shows 10 ms more each time."""

    now = 0

    def wall_ns(self) -> int:
        self.now += 10_000_000
        return self.now

    def cpu_ns(self) -> int:
        return self.now


def test_the_protocol_of_training_names_the_optimiser() -> None:
    plan = SamplingPlan()
    assert scenarios.protocol(plan, replace(TRAINING, scenario=Scenario.SINGLE_STREAM)) == plan.protocol
    assert "SGD, Nesterov momentum 0.9" in scenarios.protocol(plan, TRAINING)


# In PyTorch


def test_a_step_changes_every_weight_and_the_loss_falls_on_a_fixed_batch() -> None:
    module = classifier(normalised=True).eval()
    before = [parameter.detach().clone() for parameter in module.parameters()]
    network = TrainingNetwork(module, 5, FP32)
    network.prepare(batch(4))
    losses = []
    for _ in range(40):
        network.infer()
        losses.append(float(network.output()[0]))
    assert module.training
    # A bias before a normalisation has no gradient but rounding.
    changed = [not torch.equal(old, new) for old, new in zip(before, module.parameters(), strict=True)]
    assert sum(changed) >= len(changed) - 1
    assert losses[-1] < losses[0]


def test_a_step_is_that_of_sgd_with_nesterov_momentum() -> None:
    """Two steps by hand (Sutskever et al. 2013, as torch words it): the second goes along
    gradient + momentum x velocity."""
    module, twin = classifier(), classifier()
    network = TrainingNetwork(module, 5, FP32)
    network.prepare(batch(4))
    images, labels = torch.from_numpy(batch(4)), network._labels
    velocity = [torch.zeros_like(parameter) for parameter in twin.parameters()]
    for _ in range(2):
        network.infer()
        loss = nn.functional.cross_entropy(twin(images), labels)
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for weight, slope, speed in zip(twin.parameters(), gradients, velocity, strict=True):
                speed.mul_(0.9).add_(slope)
                weight.sub_(1e-4 * (slope + 0.9 * speed))
    for weights, twins in zip(module.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(weights, twins, rtol=1e-6, atol=1e-8)


def test_batch_normalisation_without_a_variance_is_a_failure_that_says_what_to_do() -> None:
    network = TrainingNetwork(classifier(normalised=True), 5, FP32)
    network.prepare(batch(1))
    with pytest.raises(CaseFailed) as failed:
        training_steps.first_steps(network)
    assert failed.value.reason is FailureReason.RUNTIME_ERROR
    assert "cannot learn from a batch of 1" in failed.value.detail
    assert "larger batch" in failed.value.detail


def test_of_several_outputs_the_first_is_trained() -> None:
    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.main = classifier()

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.main(images)
            return output, output[:, :2]

    module = Auxiliary()
    network = TrainingNetwork(module, 5, FP32)
    network.prepare(batch(2))
    before = [parameter.detach().clone() for parameter in module.parameters()]
    training_steps.first_steps(network)
    assert not any(map(torch.equal, before, module.parameters()))


def test_in_mixed_precision_the_weights_stay_fp32() -> None:
    module = classifier()
    seen: list[torch.dtype] = []
    module[0].register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    network = TrainingNetwork(module, 5, arithmetic(Precision.AMP_BF16, Device.CPU))
    network.prepare(batch(2))
    training_steps.first_steps(network)
    assert set(seen) == {torch.bfloat16}
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("configuration", "reason"),
    [
        (replace(TRAINING, precision=Precision.BF16), FailureReason.UNSUPPORTED_PRECISION),
        (replace(TRAINING, device=Device.CUDA), FailureReason.RUNTIME_ERROR),
        (replace(TRAINING, compiled=True), FailureReason.RUNTIME_ERROR),
    ],
)
def test_what_is_not_measured_is_refused_with_a_reason(
    configuration: Configuration, reason: FailureReason, tmp_path: Path
) -> None:
    workload = Workload("test_resnet", 1000, 160, Form.TRAINING)
    with pytest.raises(CaseFailed) as failed:
        pytorch_training.load(LoadRequest(tmp_path / "model.safetensors", workload, configuration))
    assert failed.value.reason is reason


def test_a_network_in_training_has_no_second_client() -> None:
    with pytest.raises(CaseFailed, match="no second client"):
        TrainingNetwork(classifier(), 5, FP32).client()


@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
def test_the_other_runtimes_do_not_train(runtime: RuntimeName) -> None:
    with pytest.raises(CaseFailed, match="does not train"):
        import_runtime(runtime, Scenario.TRAINING)
