import pytest

from catalog.entities.networks import Architecture, Checkpoint, Stage
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint, backbone
from catalog.reference.texts.families import families

STAGES = tuple(Stage(stride, 16 * stride) for stride in (2, 4, 8, 16, 32))


def described(name: str = "toynet", family: str = "toynets", **facts: object) -> Architecture:
    known = {"default_tag": "v1", "num_classes": 1000, "native_size": 224, **facts}
    return TimmArchitecture(name, family, **known).architecture()  # type: ignore[arg-type]


def test_an_architecture_keeps_what_timm_says_of_it() -> None:
    found = described(num_classes=0, native_size=518, fixed_input=True, stages=STAGES[:2])
    assert found == Architecture(
        "toynet",
        "toynets",
        default_tag="v1",
        fixed_input=True,
        native_size=518,
        num_classes=0,
        stages=STAGES[:2],
    )


def test_an_architecture_has_year_paper_and_tags_of_its_family() -> None:
    found = described("resnet50", "resnet")
    family = families()["resnet"]
    assert (found.year, found.paper) == (family.year, family.paper)
    assert found.tags == ("resnet", "convolutional")


def test_the_most_specific_family_gives_year_paper_and_tags() -> None:
    found = described("resnext50_32x4d", "resnet")
    family = families()["resnext"]
    assert (found.year, found.paper) == (family.year, family.paper)
    assert found.year != families()["resnet"].year
    assert found.tags == ("resnext", "convolutional")


def test_the_tag_of_a_module_holds_no_other_family_that_timm_keeps_there() -> None:
    assert described("mobilenetv4_conv_small", "mobilenetv3").tags == ("mobilenet_v4", "convolutional")
    assert described("mobilenetv3_large_100", "mobilenetv3").tags == ("mobilenetv3", "convolutional")


def test_an_architecture_of_no_known_family_has_neither_year_nor_tags() -> None:
    found = described()
    assert (found.year, found.paper, found.tags) == (None, None, ())


@pytest.mark.parametrize(("reparameterised", "tags"), [(True, ("reparameterised",)), (False, ()), (None, ())])
def test_a_network_that_folds_its_branches_is_tagged(
    reparameterised: bool | None,
    tags: tuple[str, ...],
) -> None:
    assert described(reparameterised=reparameterised).tags == tags


@pytest.mark.parametrize(
    ("stages", "tags"),
    [
        (STAGES, ("feature-pyramid",)),
        (STAGES[2:], ("feature-pyramid",)),
        (STAGES[:4], ()),
        (STAGES[3:], ()),
        ((Stage(16, 768),) * 12, ()),
        ((), ()),
    ],
    ids=["all", "from stride 8", "without stride 32", "without stride 8", "one scale", "none"],
)
def test_a_network_with_the_usual_strides_is_tagged(stages: tuple[Stage, ...], tags: tuple[str, ...]) -> None:
    assert described(stages=stages).tags == tags


@pytest.mark.parametrize(("name", "tags"), [("test_vit", ("test-network",)), ("latest_vit", ())])
def test_timms_test_networks_are_tagged(name: str, tags: tuple[str, ...]) -> None:
    assert described(name).tags == tags


def test_a_checkpoint_has_its_licence_read_and_its_training_parsed() -> None:
    found = TimmCheckpoint(
        "resnet50.fb_swsl_ig1b_ft_in1k", 1000, 224, "cc-by-nc-4.0", "timm/resnet50.fb_swsl_ig1b_ft_in1k"
    ).checkpoint()
    assert found == Checkpoint(
        "resnet50.fb_swsl_ig1b_ft_in1k",
        "resnet50",
        num_classes=1000,
        license="CC-BY-NC-4.0",
        commercial_use=False,
        training_data=("instagram-1b", "imagenet-1k"),
        native_size=224,
        training_methods=("weakly-supervised", "semi-supervised", "fine-tuned"),
        hub_id="timm/resnet50.fb_swsl_ig1b_ft_in1k",
    )


@pytest.mark.parametrize("name", [None, "unknown"])
def test_a_checkpoint_without_licence_has_none(name: str | None) -> None:
    found = TimmCheckpoint("toynet.v1", 1000, 224, name).checkpoint()
    assert (found.license, found.commercial_use, found.hub_id) == (None, None, None)


def test_a_backbone_is_an_architecture_with_its_checkpoints() -> None:
    architecture = TimmArchitecture("toynet", "toynets", "v2", 21841, 288)
    checkpoints = [TimmCheckpoint("toynet.v1", 1000, 224), TimmCheckpoint("toynet.v2", 21841, 288)]
    found = backbone(architecture, checkpoints)
    assert found.architecture == architecture.architecture()
    assert found.checkpoints == tuple(one.checkpoint() for one in checkpoints)
    assert (found.num_classes, found.input_size) == (21841, 288)
