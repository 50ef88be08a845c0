"""Building real networks. test_complexity.py has the details of counting."""

from collections.abc import Callable
from functools import partial

import pytest
import timm
import torch
from torch import nn

from catalog.entities.networks import Stage, Workload
from catalog.reference.facts.timm_facts import TimmArchitecture
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Form
from profiler.failures import CaseFailed
from profiler.networks import building, complexity, registry

# Parameters (M), GMACs and activations (M) that timm publishes in
# results/benchmark-infer-amp-nchw-pt291-cu130-pro6000maxq.csv, deployed form.
PUBLISHED = [
    ("resnet18", 224, 11.69, 1.82, 2.48),
    ("deit_tiny_patch16_224", 224, 5.72, 1.26, 5.97),
    ("repvgg_a0", 224, 8.31, 1.36, 1.79),
    ("mobileone_s0", 224, 2.08, 0.28, 3.79),
    ("pit_ti_224", 224, 4.85, 0.7, 6.19),
]


def workload(name: str, size: int = 160, form: Form = Form.DEPLOYED, num_classes: int = 1000) -> Workload:
    return Workload(name, num_classes, size, form)


@pytest.mark.parametrize(("name", "size", "params_m", "gmacs", "activations_m"), PUBLISHED)
def test_counts_agree_with_published_figures_of_the_same_form(
    name: str, size: int, params_m: float, gmacs: float, activations_m: float
) -> None:
    """Of outlines, which the reference tables are counted from: test_complexity.py has that they agree."""
    counts = complexity.count(building.outline(workload(name, size)), size)
    assert counts.params_m == pytest.approx(params_m, abs=0.0051)
    assert counts.gmacs == pytest.approx(gmacs, abs=max(0.01 * gmacs, 0.0051))
    assert counts.activations_m == pytest.approx(activations_m, rel=0.01)
    assert sum(counts.operators.values()) == pytest.approx(counts.gmacs)


def test_the_training_form_keeps_the_branches_that_deployment_folds() -> None:
    training = complexity.count(building.outline(workload("repvgg_a0", 224, Form.TRAINING)), 224)
    assert training.params_m == pytest.approx(9.11, abs=0.0051)


def test_calibrated_activations_stay_near_one_and_no_branch_is_silent() -> None:
    network = building.build(workload("test_resnet"), calibrated=True)
    with torch.inference_mode():
        output = network(torch.randn(2, 3, 160, 160))
    assert 1e-2 < output.abs().max() < 1e3
    assert all(weights.abs().max() > 1e-3 for weights in network.parameters() if weights.numel() > 1)


def flushes_denormals() -> bool:
    """Whether this thread takes denormal numbers for zero."""
    return float(torch.tensor([1e-40]) * 0.5) == 0


@pytest.mark.parametrize("calibrated", [False, True])
def test_who_runs_a_network_that_was_built_computes_with_denormal_numbers(calibrated: bool) -> None:
    building.build(workload("test_resnet"), calibrated=calibrated)
    assert not flushes_denormals()


def test_weights_are_calibrated_without_denormal_numbers_which_take_long() -> None:
    seen: list[bool] = []

    class Looking(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(flushes_denormals())
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - its own
        building._calibrated(Looking(), (3, 8, 8))
    assert seen == [True]
    assert not flushes_denormals()


@pytest.mark.parametrize("make", [partial(building.build, calibrated=True), building.sketch])
@pytest.mark.parametrize("name", ["convit_tiny", "poolformerv2_s12"])
def test_weights_are_as_different_as_those_of_a_trained_network(
    name: str, make: Callable[[Workload], nn.Module]
) -> None:
    """timm starts the positions of each block of ConViT at the same values, and the scales and biases of
    activations in PoolFormer at 1 and 0. An exporter would keep equal weights once, and ONNX Runtime leaves
    out what adds 0 or multiplies by 1."""
    network = make(workload(name, 224))
    small = [weights for weights in network.parameters() if weights.numel() <= 1024]
    assert len({tuple(weights.flatten().tolist()) for weights in small}) == len(small)
    assert not [weights for weights in small if weights.numel() == 1 and weights.item() in (0.0, 1.0)]


def test_a_calibrated_network_remembers_no_call() -> None:
    network = building.build(workload("tiny_vit_5m_224", 224), calibrated=True)
    kept = [
        module.attention_bias_cache for module in network.modules() if hasattr(module, "attention_bias_cache")
    ]
    assert kept
    assert not any(kept)


def test_the_same_workload_is_built_with_the_same_weights() -> None:
    first, second = (building.build(workload("test_vit"), calibrated=True) for _ in range(2))
    assert all(
        torch.equal(weights, other)
        for weights, other in zip(first.parameters(), second.parameters(), strict=True)
    )


# What only the network says


def test_the_structure_has_the_feature_maps_from_fine_to_coarse() -> None:
    described = structure("test_resnet")
    assert described.stages == (Stage(2, 32), Stage(4, 32), Stage(8, 48), Stage(16, 192), Stage(32, 96))
    assert described.name == "test_resnet"
    assert described.default_tag == registry.describe("test_resnet").default_tag


def test_the_feature_maps_are_those_that_the_network_gives() -> None:
    network = timm.create_model("test_byobnet", features_only=True).eval()
    with torch.inference_mode():
        maps = network(torch.zeros(1, 3, 160, 160))
    expected = [Stage(160 // feature_map.shape[-1], feature_map.shape[1]) for feature_map in maps]
    assert list(structure("test_byobnet").stages) == expected


def test_a_plain_transformer_has_one_map_however_many_blocks() -> None:
    assert structure("test_vit").stages == (Stage(16, 64),)


@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        ("test_resnet", False),
        ("test_vit", False),  # timm resamples its position embeddings
        ("vgg11", False),
        ("efficientformer_l1", True),
        ("resmlp_12_224", True),  # mixes tokens by weights of their number
    ],
)
def test_the_structure_says_whether_the_weights_fit_another_size(name: str, fixed: bool) -> None:
    assert structure(name).fixed_input is fixed


@pytest.mark.parametrize(
    ("name", "reparameterised"), [("repvgg_a0", True), ("test_resnet", False), ("test_byobnet", False)]
)
def test_the_structure_says_whether_branches_are_folded_for_deployment(
    name: str, reparameterised: bool
) -> None:
    assert structure(name).reparameterised is reparameterised
    forms = [building.outline(workload(name, 224, form)).state_dict().keys() for form in Form]
    assert (forms[0] != forms[1]) is reparameterised


def structure(name: str) -> TimmArchitecture:
    return building.structure(registry.describe(name))


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "repvgg_a0"])
def test_an_outline_has_the_state_of_the_network_without_its_numbers(name: str) -> None:
    outline, network = (make(workload(name)).state_dict() for make in (building.outline, building.build))
    assert {name: (value.shape, value.dtype) for name, value in outline.items()} == {
        name: (value.shape, value.dtype) for name, value in network.items()
    }
    assert all(value.is_meta for value in outline.values())


def test_another_input_size_is_built_where_the_architecture_takes_it() -> None:
    assert complexity.count(building.build(workload("test_resnet", 96)), 96).gmacs < 0.05
    assert complexity.count(building.build(workload("test_vit", 96)), 96).gmacs < 0.03


@pytest.mark.parametrize(("name", "size"), [("xcit_nano_12_p8_224", 100), ("levit_128", 100), ("vgg11", 16)])
@pytest.mark.parametrize("make", [building.build, building.outline])
def test_an_input_size_that_does_not_fit_is_a_failure_with_its_reason(
    make: Callable[[Workload], nn.Module], name: str, size: int
) -> None:
    with pytest.raises(CaseFailed) as caught:
        make(workload(name, size))
    assert caught.value.reason is FailureReason.UNSUPPORTED_INPUT_SIZE
    assert f"does not accept {size} px" in caught.value.detail


@pytest.mark.parametrize("size", [160, 192])
def test_a_network_is_built_for_images_of_other_channels(size: int) -> None:
    colour = complexity.count(building.outline(workload("test_resnet", size)), size)
    other = Workload("test_resnet", 1000, size, in_chans=12)
    counts = complexity.count(building.outline(other), size, 12)
    # Its first convolution alone has more weights, in proportion.
    first = next(iter(building.outline(other).parameters()))
    assert first.shape[1] == 12
    assert counts.params_m - colour.params_m == pytest.approx(first.numel() * 9 / 12 / 1e6, rel=1e-3)
    assert building.build(other, calibrated=True)(torch.zeros(1, 12, size, size)).shape == (1, 1000)


def test_a_network_that_takes_no_other_channels_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(name: str, **arguments: object) -> nn.Module:
        raise TypeError("got an unexpected keyword argument 'in_chans'")

    monkeypatch.setattr(timm, "create_model", create)
    with pytest.raises(CaseFailed, match="test_resnet does not accept 12 channels") as caught:
        building.build(Workload("test_resnet", 1000, 160, in_chans=12))
    assert caught.value.reason is FailureReason.UNSUPPORTED_CHANNELS
