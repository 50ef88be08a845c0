"""The names of a question are resolved before anything of it is computed."""

import pytest

from app.errors import (
    UnknownArchitecture,
    UnknownFamily,
    UnknownLicense,
    UnknownName,
    UnknownTag,
    UnknownTarget,
    UnknownTrainingData,
)
from app.questions.answers.recommend import recommend
from app.questions.asking.names import (
    find_candidates,
    find_card,
    find_family,
    find_tag,
    find_targets,
    resolve,
)
from app.questions.asking.question import Question
from app.questions.candidates.held_candidates import CandidateCache
from catalog import host
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures, save_checkpoints
from tests.builders import TARGET_ID, make_measurement, make_target, store_measurements


def test_a_resolved_question_has_the_names_of_the_catalog(
    sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "local_target", lambda: make_target(TARGET_ID))
    store_measurements(sqlite_catalog, make_measurement("resnet50"))
    question = Question(
        host.LOCAL,
        licenses=("apache-2.0", "MIT", "fastvit-license"),
        training_data_excluded=("dfn", "coco", "dfn-2b"),
    )
    with sqlite_catalog.read() as session:
        target, resolved = resolve(session, question)
    assert target.id == resolved.target == TARGET_ID
    assert resolved.licenses == ("Apache-2.0", "MIT", "apple-ascl")
    assert resolved.training_data_excluded == ("dfn-2b", "dfn-5b", "coco")


def test_to_resolve_a_resolved_question_changes_nothing(sqlite_catalog: Catalog) -> None:
    store_measurements(sqlite_catalog, make_measurement("resnet50"))
    question = Question(TARGET_ID, licenses=("mit",), training_data_excluded=("laion",))
    with sqlite_catalog.read() as session:
        _, resolved = resolve(session, question)
        assert resolve(session, resolved)[1] == resolved


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (Question("bogus"), UnknownTarget),
        (Question(TARGET_ID, families_included=("bogus",)), UnknownFamily),
        (Question(TARGET_ID, tags_excluded=("bogus",)), UnknownTag),
        (Question(TARGET_ID, training_data_excluded=("bogus",)), UnknownTrainingData),
        (Question(TARGET_ID, licenses=("MIT", "bogus")), UnknownLicense),
    ],
)
def test_an_unknown_name_is_refused_before_candidates_are_read(
    sqlite_catalog: Catalog, question: Question, error: type[UnknownName]
) -> None:
    store_measurements(sqlite_catalog, make_measurement("resnet50"))
    candidates = CandidateCache()
    with pytest.raises(error):
        recommend(sqlite_catalog, question, candidates)
    assert not candidates._held


def test_names_that_are_given_twice_are_asked_for_once(sqlite_catalog: Catalog) -> None:
    elsewhere = make_target("elsewhere")
    store_measurements(sqlite_catalog, make_measurement("resnet50", target=elsewhere))
    with sqlite_catalog.read() as session:
        assert find_targets(session, ["elsewhere", "elsewhere"], "targets") == [elsewhere]
        assert elsewhere in find_targets(session, [], "targets")
        asked = find_candidates(session, ["resnet50", "resnet18", "resnet50"], "candidate")
        assert asked == ("resnet50", "resnet18")


FAMILIES_OF_NETWORKS = {
    "mobilenetv3_large_100": "mobilenetv3",
    "mobilenetv4_conv_small": "mobilenetv3",
    "resnext50_32x4d": "resnet",
    "volo_d1_224": "volo",
    "efficientnet_b7": "efficientnet",
    "tf_efficientnet_b7": "efficientnet",
    "nest_base": "nest",
    "nest_base_jx": "nest",
}


@pytest.fixture
def networks(sqlite_catalog: Catalog) -> Catalog:
    with sqlite_catalog.write() as session:
        save_architectures(
            session,
            [
                TimmArchitecture(name, module, None, 1000, 224).architecture()
                for name, module in FAMILIES_OF_NETWORKS.items()
            ],
        )
        save_checkpoints(
            session,
            [
                TimmCheckpoint(name, 1000, 224).checkpoint()
                for name in ("tf_efficientnet_b7.x", "nest_base_jx.x")
            ],
        )
    return sqlite_catalog


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("mobilenetv3", "mobilenetv3"),
        ("mobilenet_v4", "mobilenet_v4"),
        ("MobileNetV4", "mobilenet_v4"),
        ("resnext", "resnext"),
        ("ResNeXt", "resnext"),
        ("resnet", "resnet"),
    ],
)
def test_a_family_is_named_as_its_page_or_as_timm_names_it(networks: Catalog, name: str, family: str) -> None:
    with networks.read() as session:
        assert find_family(session, name, "families") == family


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("mobilenetv33", "Close matches: mobilenetv3"),
        ("Yolo", "timm has no YOLO"),
        ("qqqq", "Known: "),
    ],
)
def test_an_unknown_family_is_answered_with_near_names(networks: Catalog, name: str, remedy: str) -> None:
    with networks.read() as session, pytest.raises(UnknownFamily) as caught:
        find_family(session, name, "families")
    assert remedy in (caught.value.remedy or "")
    assert set(caught.value.allowed) >= {"mobilenetv3", "mobilenet_v4", "resnext", "volo"}


def test_an_unknown_tag_is_answered_with_near_names(networks: Catalog) -> None:
    with networks.read() as session, pytest.raises(UnknownTag) as caught:
        find_tag(session, "MobilNetV3", "tags")
    assert (caught.value.remedy or "").startswith("Close matches: mobilenetv3")


@pytest.mark.parametrize(
    ("name", "family", "networks_of_it"),
    [
        ("yolo", "yolo", ()),
        ("YOLOv8n", "yolo", ()),
        ("Faster R-CNN", "faster_rcnn", ()),
        ("resnext", "resnext", ("resnext50_32x4d",)),
        ("vollo", None, ("volo_d1_224",)),
    ],
)
def test_the_name_of_a_family_leads_to_its_page_and_not_to_what_is_spelt_alike(
    networks: Catalog, name: str, family: str | None, networks_of_it: tuple[str, ...]
) -> None:
    with networks.read() as session, pytest.raises(UnknownArchitecture) as caught:
        find_card(session, name)
    assert caught.value.family == family
    assert caught.value.allowed == networks_of_it
    assert family is None or f"/families/{family}" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("efficientnet_b7", "tf_efficientnet_b7"),
        ("nest_base", "nest_base_jx"),
        ("tf_efficientnet_b7", None),
        ("volo_d1_224", None),
    ],
)
def test_a_network_without_weights_points_to_the_name_that_has_them(
    networks: Catalog, name: str, twin: str | None
) -> None:
    with networks.read() as session:
        assert find_card(session, name).pretrained_twin == twin


def test_a_tag_that_is_a_training_method_leads_to_its_option(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.read() as session, pytest.raises(UnknownTag) as raised:
        find_tag(session, "Self-supervised", "tags.include")
    assert "`training_methods`, which is `--method` and `--without-method`" in str(raised.value.remedy)


def test_an_unknown_target_leads_to_those_that_are_spelt_alike(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.read() as session, pytest.raises(UnknownTarget) as raised:
        find_targets(session, ["rtx3090"], "targets")
    assert str(raised.value.remedy).startswith("Close matches: rtx-3090")


def test_an_unknown_target_leads_to_the_commands_that_add_one(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.read() as session, pytest.raises(UnknownTarget) as raised:
        find_targets(session, ["raspberry-pi-5"], "targets")
    for command in ("archrank targets", "archrank calibrate", "archrank catalog import FILE"):
        assert f"`{command}`" in str(raised.value.remedy)
