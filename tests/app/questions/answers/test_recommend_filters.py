"""What each filter of a question lets pass."""

from dataclasses import replace

import pytest

from app.errors import UnknownFamily, UnknownTag, UnknownTrainingData
from app.questions.asking.question import ConfigurationFilter, Question
from app.ranking.budget.budget import Bound, Budget
from catalog.words.vocabulary import BatchPolicy, Precision, Provenance, RuntimeName
from tests.app.conftest import BareCatalogs
from tests.app.worlds import LATENCY, SLUG, ask, names, simple
from tests.builders import make_measurement
from tests.oracle.world import World


def mixed() -> World:
    """One architecture for each thing that a filter may look at."""
    world = simple(
        make_measurement("plain"),
        make_measurement("large", input_size=288),
        make_measurement("openvino", runtime=RuntimeName.OPENVINO),
        make_measurement("bf16", precision=Precision.BF16),
        make_measurement("batched", batch_size=8, batch_policy=BatchPolicy.LARGEST_FITTING),
        make_measurement("threaded", threads=2),
        make_measurement("published", provenance=Provenance.PUBLISHED),
    )
    licenses = {"plain.v1": "MIT", "large.v1": None, "openvino.v1": "Apache-2.0"}
    commercial_use = {"plain.v1": True, "openvino.v1": True, "bf16.v1": False, "batched.v1": None}
    training_data = {
        "plain.v1": ("imagenet-1k",),
        "large.v1": ("imagenet-12k", "imagenet-1k"),
        "openvino.v1": ("laion-2b",),
        "bf16.v1": ("laion-400m", "imagenet-1k"),
    }
    tags = {"plain": ("mobile",), "large": ("mobile", "transformer"), "bf16": ("transformer",)}
    return replace(
        world,
        checkpoints=tuple(
            replace(
                one,
                license=licenses.get(one.name),
                commercial_use=commercial_use.get(one.name),
                training_data=training_data.get(one.name, ()),
            )
            for one in world.checkpoints
        ),
        architectures=tuple(
            replace(one, family=None if one.name == "threaded" else one.family, tags=tags.get(one.name, ()))
            for one in world.architectures
        ),
    )


EVERYBODY = {"plain", "large", "openvino", "bf16", "batched", "threaded", "published"}


@pytest.mark.parametrize(
    ("question", "left"),
    [
        (Question(SLUG), EVERYBODY),
        (Question(SLUG, input_size=(224, 224)), EVERYBODY - {"large"}),
        (Question(SLUG, input_size=(225, 288)), {"large"}),
        (Question(SLUG, input_size=(1, 223)), set()),
        (
            Question(SLUG, configuration=ConfigurationFilter(runtime=(RuntimeName.OPENVINO,))),
            {"openvino"},
        ),
        (
            Question(
                SLUG,
                configuration=ConfigurationFilter(runtime=(RuntimeName.OPENVINO, RuntimeName.ONNXRUNTIME)),
            ),
            EVERYBODY,
        ),
        (Question(SLUG, configuration=ConfigurationFilter(precision=(Precision.BF16,))), {"bf16"}),
        (Question(SLUG, configuration=ConfigurationFilter(batch_size=(8, 16))), {"batched"}),
        (Question(SLUG, configuration=ConfigurationFilter(threads=(2,))), {"threaded"}),
        (Question(SLUG, licenses=("mit",)), {"plain"}),
        (Question(SLUG, licenses=("mit", "apache-2.0")), {"plain", "openvino"}),
        (Question(SLUG, licenses=("MIT", "APACHE-2.0")), {"plain", "openvino"}),
        (Question(SLUG, licenses=("cc-by-nc-4.0",)), set()),
        # What is unknown passes neither question.
        (Question(SLUG, commercial_use=True), {"plain", "openvino"}),
        (Question(SLUG, commercial_use=False), {"bf16"}),
        (Question(SLUG, commercial_use=True, licenses=("mit",)), {"plain"}),
        (Question(SLUG, commercial_use=False, licenses=("mit",)), set()),
        (Question(SLUG, training_data_excluded=("webli",)), {"plain", "large", "openvino", "bf16"}),
        (Question(SLUG, training_data_excluded=("laion",)), {"plain", "large"}),
        (Question(SLUG, training_data_excluded=("laion-2b",)), {"plain", "large", "bf16"}),
        (Question(SLUG, training_data_excluded=("imagenet-1k",)), {"openvino"}),
        (Question(SLUG, training_data_excluded=("imagenet", "laion")), set()),
        (Question(SLUG, training_data_excluded=("laion",), commercial_use=True), {"plain"}),
        (
            Question(SLUG, configuration=ConfigurationFilter(batch_policy=(BatchPolicy.FIXED,))),
            EVERYBODY - {"batched"},
        ),
        (
            Question(SLUG, configuration=ConfigurationFilter(batch_policy=(BatchPolicy.LARGEST_FITTING,))),
            {"batched"},
        ),
        (Question(SLUG, configuration=ConfigurationFilter(batch_policy=tuple(BatchPolicy))), EVERYBODY),
        (Question(SLUG, families_included=("plains", "larges")), {"plain", "large"}),
        (Question(SLUG, families_excluded=("plains", "larges")), EVERYBODY - {"plain", "large"}),
        (Question(SLUG, families_included=("plains",), families_excluded=("plains",)), set()),
        (Question(SLUG, tags_included=("mobile",)), {"plain", "large"}),
        (Question(SLUG, tags_included=("mobile", "transformer")), {"plain", "large", "bf16"}),
        (Question(SLUG, tags_excluded=("transformer",)), EVERYBODY - {"large", "bf16"}),
        (Question(SLUG, tags_included=("mobile",), tags_excluded=("transformer",)), {"plain"}),
        (Question(SLUG, evidence=(Provenance.MEASURED,)), EVERYBODY - {"published"}),
        (Question(SLUG, evidence=(Provenance.PUBLISHED,)), {"published"}),
        (Question(SLUG, evidence=(Provenance.PUBLISHED, Provenance.MEASURED)), EVERYBODY),
    ],
)
def test_a_filter_lets_just_those_pass(
    bare_catalogs: BareCatalogs, question: Question, left: set[str]
) -> None:
    answer = ask(bare_catalogs, mixed(), question)
    assert set(names(answer)) == left
    assert answer.considered == len(left)


def test_what_a_filter_takes_away_is_not_said_to_be_eliminated(bare_catalogs: BareCatalogs) -> None:
    question = Question(SLUG, Budget((Bound(LATENCY, maximum=1),)), licenses=("mit",))
    answer = ask(bare_catalogs, mixed(), question)
    assert answer.elimination.eliminated == {LATENCY: 1}
    assert [answer.columns.architecture[row] for row in answer.near_misses] == ["plain"]


@pytest.mark.parametrize(
    "question",
    [Question(SLUG, families_included=("anets", "bogus")), Question(SLUG, families_excluded=("bogus",))],
    ids=["included", "excluded"],
)
def test_an_unknown_family_is_told_the_known_ones(bare_catalogs: BareCatalogs, question: Question) -> None:
    world = simple(make_measurement("anet"), make_measurement("bnet"))
    with pytest.raises(UnknownFamily) as caught:
        ask(bare_catalogs, world, question)
    assert "'bogus'" in caught.value.message
    assert list(caught.value.allowed) == ["anets", "bnets"]


@pytest.mark.parametrize(
    "question",
    [Question(SLUG, tags_included=("mobile", "bogus")), Question(SLUG, tags_excluded=("bogus",))],
    ids=["included", "excluded"],
)
def test_an_unknown_tag_is_told_the_known_ones(bare_catalogs: BareCatalogs, question: Question) -> None:
    with pytest.raises(UnknownTag) as caught:
        ask(bare_catalogs, mixed(), question)
    assert "'bogus'" in caught.value.message
    assert caught.value.field == "tags"
    assert list(caught.value.allowed) == ["mobile", "transformer"]


@pytest.mark.parametrize("name", ["bogus", "", "lai", "laion-", "LAIONS", "laion-2b-x"])
def test_unknown_training_data_are_told_the_known_ones(bare_catalogs: BareCatalogs, name: str) -> None:
    """A mistyped exclusion that excluded nothing would pass for a clean bill."""
    with pytest.raises(UnknownTrainingData) as caught:
        ask(bare_catalogs, mixed(), Question(SLUG, training_data_excluded=("laion", name)))
    assert repr(name) in caught.value.message
    assert caught.value.field == "training_data.exclude"
    assert "laion-2b" in caught.value.allowed


@pytest.mark.parametrize(
    ("question", "left"),
    [
        (Question(SLUG), {"plain"}),
        (Question(SLUG, tags_included=("mobile",)), {"plain"}),
        (Question(SLUG, tags_included=("mobile", "test-network")), {"plain", "test_toy"}),
        (Question(SLUG, tags_included=("test-network",)), {"test_toy"}),
    ],
)
def test_networks_for_tests_are_candidates_where_their_tag_is_included(
    bare_catalogs: BareCatalogs, question: Question, left: set[str]
) -> None:
    world = simple(make_measurement("plain"), make_measurement("test_toy", 0.1))
    tags = {"plain": ("mobile",), "test_toy": ("mobile", "test-network")}
    tagged = tuple(replace(one, tags=tags[one.name]) for one in world.architectures)
    answer = ask(bare_catalogs, replace(world, architectures=tagged), question)
    assert set(names(answer)) == left
    assert answer.considered == len(left)
