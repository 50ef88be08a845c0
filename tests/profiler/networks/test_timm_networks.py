"""Building, exporting and describing real networks; test_complexity.py has the details of counting."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import timm
import torch
from torch import nn

from catalog.entities.networks import Stage, Workload
from catalog.reference.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Form
from profiler.artefacts import export, verification
from profiler.artefacts.cache import Format
from profiler.errors import UnknownArchitecture
from profiler.failures import CaseFailed
from profiler.networks import complexity, timm_networks

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
    counts = complexity.count(timm_networks.build(workload(name, size)), size)
    assert counts.params_m == pytest.approx(params_m, abs=0.0051)
    assert counts.gmacs == pytest.approx(gmacs, abs=max(0.01 * gmacs, 0.0051))
    assert counts.activations_m == pytest.approx(activations_m, rel=0.01)
    assert sum(counts.operators.values()) == pytest.approx(counts.gmacs)


def test_the_training_form_keeps_the_branches_that_deployment_folds() -> None:
    training = complexity.count(timm_networks.build(workload("repvgg_a0", 224, Form.TRAINING)), 224)
    assert training.params_m == pytest.approx(9.11, abs=0.0051)


def test_calibrated_activations_stay_near_one_and_no_branch_is_silent() -> None:
    network = timm_networks.build(workload("test_resnet"), calibrated=True)
    with torch.inference_mode():
        output = network(torch.randn(2, 3, 160, 160))
    assert 1e-2 < output.abs().max() < 1e3
    assert all(weights.abs().max() > 1e-3 for weights in network.parameters() if weights.numel() > 1)


def test_the_same_workload_is_built_with_the_same_weights() -> None:
    first, second = (timm_networks.build(workload("test_vit"), calibrated=True) for _ in range(2))
    assert all(
        torch.equal(weights, other)
        for weights, other in zip(first.parameters(), second.parameters(), strict=True)
    )


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_byobnet"])
def test_an_onnx_export_computes_what_torch_computes_at_any_batch(name: str, tmp_path: Path) -> None:
    network = timm_networks.build(workload(name), calibrated=True)
    deviation = export.write(network, 160, Format.ONNX, tmp_path / "model.onnx")
    assert deviation is not None
    assert deviation < 1e-4
    expectation = verification.load(tmp_path)
    assert expectation.image.shape == (1, 3, 160, 160)
    assert expectation.output.shape == (1, 1000)


def test_an_export_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = timm_networks.build(workload("test_resnet"), calibrated=True)

    def tampered(network: nn.Module, images: torch.Tensor, path: Path) -> None:
        original(network, images, path)
        graph = onnx.load(path)
        weights = max(graph.graph.initializer, key=lambda tensor: len(tensor.raw_data))
        weights.raw_data = (onnx.numpy_helper.to_array(weights) * np.float32(1.05)).tobytes()
        onnx.save(graph, path)

    original = export._export_onnx
    monkeypatch.setattr(export, "_export_onnx", tampered)
    with pytest.raises(CaseFailed) as caught:
        export.write(network, 160, Format.ONNX, tmp_path / "model.onnx")
    assert caught.value.reason is FailureReason.EXPORT_MISMATCH


class Unknown(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.special.airy_ai(image)
        return result


def test_what_cannot_be_exported_says_so(tmp_path: Path) -> None:
    with pytest.raises(CaseFailed) as caught:
        export.write(Unknown(), 8, Format.ONNX, tmp_path / "model.onnx")
    assert caught.value.reason is FailureReason.UNSUPPORTED_EXPORT


def test_safetensors_hold_the_weights_of_the_deployed_form(tmp_path: Path) -> None:
    network = timm_networks.build(workload("test_byobnet"), calibrated=True)
    assert export.write(network, 160, Format.SAFETENSORS, tmp_path / "model.safetensors") is None
    held = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    assert (tmp_path / "model.safetensors").stat().st_size == pytest.approx(held, rel=0.02)


def test_a_backbone_is_described_by_timm_s_registry() -> None:
    described = timm_networks.describe("resnet50")
    assert described == TimmArchitecture("resnet50", "resnet", "a1_in1k", 1000, 224)
    checkpoints = {checkpoint.name: checkpoint for checkpoint in timm_networks.checkpoints("resnet50")}
    assert all(name.startswith("resnet50.") for name in checkpoints)
    assert checkpoints["resnet50.a1_in1k"] == TimmCheckpoint(
        "resnet50.a1_in1k", 1000, 224, "apache-2.0", "timm/resnet50.a1_in1k"
    )
    assert checkpoints["resnet50.a3_in1k"].native_size == 160
    assert len(checkpoints) > 10


def test_an_architecture_without_checkpoints_is_described_all_the_same() -> None:
    described = timm_networks.describe("botnet50ts_256")
    assert timm_networks.checkpoints("botnet50ts_256") == []
    assert (described.family, described.num_classes, described.native_size) == ("byoanet", 1000, 256)
    assert described.default_tag is None  # timm has a configuration tagged `untrained`, and no weights


def test_each_checkpoint_is_of_just_one_architecture() -> None:
    """The beginning of a name may be another name."""
    for name in ("vit_base_patch16_224", "vit_base_patch16_224_miil"):
        checkpoints = [checkpoint.name for checkpoint in timm_networks.checkpoints(name)]
        assert checkpoints
        assert {checkpoint.partition(".")[0] for checkpoint in checkpoints} == {name}


def test_names_that_timm_gave_up_lead_to_those_it_has() -> None:
    aliases = timm_networks.aliases()
    assert aliases["tv_resnet34"] == "resnet34.tv_in1k"
    architectures = set(timm_networks.list_architectures())
    assert not architectures & aliases.keys()
    assert {new.partition(".")[0] for new in aliases.values()} <= architectures


# What only the network says


def test_the_structure_tells_the_feature_maps_from_fine_to_coarse() -> None:
    described = structure("test_resnet")
    assert described.stages == (Stage(2, 32), Stage(4, 32), Stage(8, 48), Stage(16, 192), Stage(32, 96))
    assert described.name == "test_resnet"
    assert described.default_tag == timm_networks.describe("test_resnet").default_tag


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
def test_the_structure_tells_whether_the_weights_fit_another_size(name: str, fixed: bool) -> None:
    assert structure(name).fixed_input is fixed


@pytest.mark.parametrize(
    ("name", "reparameterised"), [("repvgg_a0", True), ("test_resnet", False), ("test_byobnet", False)]
)
def test_the_structure_tells_whether_branches_are_folded_for_deployment(
    name: str, reparameterised: bool
) -> None:
    assert structure(name).reparameterised is reparameterised
    forms = [timm_networks.outline(workload(name, 224, form)).state_dict().keys() for form in Form]
    assert (forms[0] != forms[1]) is reparameterised


def structure(name: str) -> TimmArchitecture:
    return timm_networks.structure(timm_networks.describe(name))


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "repvgg_a0"])
def test_an_outline_has_the_state_of_the_network_without_its_numbers(name: str) -> None:
    outline, network = (
        make(workload(name)).state_dict() for make in (timm_networks.outline, timm_networks.build)
    )
    assert {name: (value.shape, value.dtype) for name, value in outline.items()} == {
        name: (value.shape, value.dtype) for name, value in network.items()
    }
    assert all(value.is_meta for value in outline.values())


def test_patterns_stand_for_every_architecture_they_match() -> None:
    assert timm_networks.match("resnet50") == ["resnet50"]
    assert {"test_resnet", "test_vit"} <= set(timm_networks.match("test_*"))


@pytest.mark.parametrize("name", ["resnt50", "resnet50.a1_in1k", "resnet5?x", ""])
def test_an_unknown_architecture_names_a_way_out(name: str) -> None:
    with pytest.raises(UnknownArchitecture) as caught:
        timm_networks.match(name)
    assert caught.value.remedy


def test_close_matches_are_offered_for_a_misspelt_name() -> None:
    with pytest.raises(UnknownArchitecture) as caught:
        timm_networks.match("resnt50")
    assert "resnet50" in str(caught.value.remedy)


def test_another_input_size_is_built_where_the_architecture_takes_it() -> None:
    assert complexity.count(timm_networks.build(workload("test_resnet", 96)), 96).gmacs < 0.05
    assert complexity.count(timm_networks.build(workload("test_vit", 96)), 96).gmacs < 0.03


@pytest.mark.parametrize(("name", "size"), [("xcit_nano_12_p8_224", 100), ("levit_128", 100), ("vgg11", 16)])
@pytest.mark.parametrize("make", [timm_networks.build, timm_networks.outline])
def test_an_input_size_that_does_not_fit_is_a_failure_with_its_reason(
    make: Callable[[Workload], nn.Module], name: str, size: int
) -> None:
    with pytest.raises(CaseFailed) as caught:
        make(workload(name, size))
    assert caught.value.reason is FailureReason.UNSUPPORTED_INPUT_SIZE
    assert f"does not accept {size} px" in caught.value.detail
