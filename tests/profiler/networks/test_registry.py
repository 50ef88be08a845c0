import pytest

from catalog.reference.facts.preprocessing import Preprocessing
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from profiler.errors import UnknownArchitecture
from profiler.networks import registry


def test_a_backbone_is_described_by_timm_s_registry() -> None:
    described = registry.describe("resnet50")
    assert described == TimmArchitecture("resnet50", "resnet", "a1_in1k", 1000, 224)
    checkpoints = {checkpoint.name: checkpoint for checkpoint in registry.checkpoints("resnet50")}
    assert all(name.startswith("resnet50.") for name in checkpoints)
    assert checkpoints["resnet50.a1_in1k"] == TimmCheckpoint(
        "resnet50.a1_in1k",
        1000,
        224,
        "apache-2.0",
        "timm/resnet50.a1_in1k",
        Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "bicubic", 0.95),
    )
    assert checkpoints["resnet50.a3_in1k"].native_size == 160
    assert len(checkpoints) > 10


def test_an_architecture_without_checkpoints_is_described_all_the_same() -> None:
    described = registry.describe("botnet50ts_256")
    assert registry.checkpoints("botnet50ts_256") == []
    assert (described.family, described.num_classes, described.native_size) == ("byoanet", 1000, 256)
    assert described.default_tag is None  # timm has a configuration tagged `untrained`, and no weights


def test_each_checkpoint_is_of_just_one_architecture() -> None:
    """The beginning of a name may be another name."""
    for name in ("vit_base_patch16_224", "vit_base_patch16_224_miil"):
        checkpoints = [checkpoint.name for checkpoint in registry.checkpoints(name)]
        assert checkpoints
        assert {checkpoint.partition(".")[0] for checkpoint in checkpoints} == {name}


def test_names_that_timm_gave_up_lead_to_those_it_has() -> None:
    aliases = registry.aliases()
    assert aliases["tv_resnet34"] == "resnet34.tv_in1k"
    architectures = set(registry.list_architectures())
    assert not architectures & aliases.keys()
    assert {new.partition(".")[0] for new in aliases.values()} <= architectures


def test_patterns_stand_for_every_architecture_they_match() -> None:
    assert registry.match("resnet50") == ["resnet50"]
    assert registry.match("resnet50.a1_in1k") == ["resnet50.a1_in1k"]
    assert {"test_resnet", "test_vit"} <= set(registry.match("test_*"))


@pytest.mark.parametrize("name", ["resnt50", "resnet50.no_such_tag", "resnet5?x", ""])
def test_an_unknown_architecture_names_a_way_out(name: str) -> None:
    with pytest.raises(UnknownArchitecture) as caught:
        registry.match(name)
    assert caught.value.remedy


def test_close_matches_are_offered_for_a_misspelt_name() -> None:
    with pytest.raises(UnknownArchitecture) as caught:
        registry.match("resnt50")
    assert "resnet50" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("xcit_small_24_p16_384_dist", "xcit_small_24_p16_384.fb_dist_in1k"),
        ("timm/resnet50.a1_in1k", "resnet50.a1_in1k"),
        ("ResNet-50", "resnet50"),
        ("vit_b_16", "vit_base_patch16_224"),
    ],
)
def test_a_name_that_timm_gave_up_or_never_had_means_the_network_of_today(name: str, network: str) -> None:
    assert registry.match(name) == [network]


def test_an_unknown_tag_names_those_that_exist() -> None:
    with pytest.raises(UnknownArchitecture) as caught:
        registry.match("resnet50.a1_in2k")
    assert "resnet50.a1_in1k" in str(caught.value.remedy)
