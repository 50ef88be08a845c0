"""Which network a name means, however it is written."""

import pytest

from catalog.entities.identity import architecture_of
from catalog.reference.names.finding_networks import find_network
from catalog.reference.names.network_names import TORCHVISION, NameIndex
from catalog.storage.database import Catalog
from catalog.storage.summaries.cards import find_backbone
from catalog.words.spelling import close_matches
from tests.reference_tables import WHOLE

SHIPPED = NameIndex(
    [one.name for one in WHOLE.architectures()],
    [one.name for one in WHOLE.checkpoints()],
    WHOLE.aliases(),
    {one.hub_id: one.name for one in WHOLE.checkpoints() if one.hub_id},
)

MEANT = {
    "resnet50": "resnet50",
    "resnet50.a1_in1k": "resnet50.a1_in1k",
    # timm gave these names up
    "xcit_small_24_p16_384_dist": "xcit_small_24_p16_384.fb_dist_in1k",
    "tv_resnet34": "resnet34.tv_in1k",
    "adv_inception_v3": "inception_v3.tf_adv_in1k",
    # the Hub's
    "timm/resnet50.a1_in1k": "resnet50.a1_in1k",
    "hf-hub:timm/resnet50.a1_in1k": "resnet50.a1_in1k",
    "hf_hub:timm/resnet50.a1_in1k": "resnet50.a1_in1k",
    "https://huggingface.co/timm/resnet50.a1_in1k/": "resnet50.a1_in1k",
    "timm/xcit_small_24_p16_384_dist": "xcit_small_24_p16_384.fb_dist_in1k",
    # other spellings
    "ResNet-50": "resnet50",
    "ResNet50": "resnet50",
    "resnet 50": "resnet50",
    "EfficientNet-B0": "efficientnet_b0",
    "ConvNeXt V2 Tiny": "convnextv2_tiny",
    "RESNET50.A1_IN1K": "resnet50.a1_in1k",
    " resnet50 ": "resnet50",
    # torchvision's
    "vit_b_16": "vit_base_patch16_224",
    "ViT-B/16": "vit_base_patch16_224",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "swin_t": "swin_tiny_patch4_window7_224",
    "regnet_y_8gf": "regnety_080_tv",
}


@pytest.mark.parametrize(("name", "meant"), MEANT.items(), ids=MEANT)
def test_a_name_means_one_network_however_it_is_written(name: str, meant: str) -> None:
    assert SHIPPED.find(name) == meant


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "resnt50",
        "resnet50.no_such_tag",
        "resnet",
        "google/resnet50",
        "yolov8n",
        "resnet50 a1",
        "\0",
        "timm/",
    ],
)
def test_a_name_that_means_no_network_means_none(name: str) -> None:
    assert SHIPPED.find(name) is None


def test_a_name_that_could_mean_two_means_none() -> None:
    index = NameIndex(["net_1", "net1"], [], {}, {})
    assert [index.find(name) for name in ("net_1", "net1", "NET-1")] == ["net_1", "net1", None]


def test_every_name_that_exists_means_itself() -> None:
    for name in (*SHIPPED.architectures, *SHIPPED.checkpoints):
        assert SHIPPED.find(name) == name


def test_every_name_that_timm_gave_up_means_what_it_became() -> None:
    existing = {*SHIPPED.architectures, *SHIPPED.checkpoints}
    gone = {new for new in SHIPPED.aliases.values() if new not in existing}
    assert len(gone) < len(SHIPPED.aliases) / 20
    for old, new in SHIPPED.aliases.items():
        assert SHIPPED.find(old) == (None if new in gone else new), old


def test_every_name_of_torchvision_means_an_architecture_of_timm() -> None:
    classes = {one.name: one.num_classes for one in WHOLE.architectures()}
    # Those of torchvision have the classes of ImageNet.
    assert {classes.get(meant) for meant in TORCHVISION.values()} == {1000}
    # A name that timm has too would never be looked up here.
    assert not set(TORCHVISION) & {*SHIPPED.architectures, *SHIPPED.checkpoints, *SHIPPED.aliases}


def test_repositories_of_others_lead_to_their_checkpoints() -> None:
    for hub_id, name in SHIPPED.hub_ids.items():
        assert SHIPPED.find(f"hf-hub:{hub_id}") == name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("timm/resnet50.a1_in1k", "resnet50.a1_in1k"),
        ("vit_tiny_patch16_224_in21k", "vit_tiny_patch16_224.augreg_in21k"),
        ("resnt50", None),
        ("zero\0byte", None),
        ("half\ud800", None),
    ],
)
def test_the_catalog_is_asked_in_the_same_way(sqlite_catalog: Catalog, name: str, meant: str | None) -> None:
    with sqlite_catalog.read() as session:
        assert find_network(session, name) == meant


def test_a_checkpoint_is_built_with_the_classes_and_the_size_of_its_own(sqlite_catalog: Catalog) -> None:
    """The name that timm gave up was measured at the wrong size, with the wrong head."""
    with sqlite_catalog.read() as session:
        name = find_network(session, "vit_tiny_patch16_224_in21k")
        assert name is not None
        weights, default = find_backbone(session, name), find_backbone(session, architecture_of(name))
        assert find_backbone(session, "vit_tiny_patch16_224.no_such_tag") is None
    assert weights is not None
    assert default is not None
    assert (weights.num_classes, default.num_classes) == (21843, 1000)
    assert weights.architecture == default.architecture


def test_what_means_nothing_has_near_names() -> None:
    assert "xcit_small_24_p16_384" in close_matches("xcit_small_24_p16_386", SHIPPED.architectures)
