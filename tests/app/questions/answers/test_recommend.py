from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import UnknownArchitecture, UnknownTarget
from app.questions.answers.recommend import recommend
from app.questions.asking.names import find_card, find_target
from app.questions.asking.question import Question
from app.ranking.budget.budget import Bound, Budget
from app.ranking.order.objective import Scheme
from app.ranking.order.outcome import Outcome
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_targets
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, Provenance, Status
from tests.app.conftest import BareCatalogs
from tests.app.worlds import LATENCY, SLUG, TARGET, TOP1, ask, key, names, simple
from tests.builders import NOON, make_accuracy, make_measurement, make_target
from tests.oracle.world import World

# Targets


def test_local_is_this_machine(bare_catalogs: BareCatalogs, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = make_target("here"), make_target("there")
    monkeypatch.setattr(host, "local_target", lambda: here)
    world = simple(
        make_measurement("anet", 10, target=here),
        make_measurement("bnet", 20, target=there),
    )
    answer = ask(bare_catalogs, world, Question())
    assert answer.target.id == "here"
    assert names(answer) == ["anet"]


def test_an_unprofiled_machine_is_told_how_to_profile_it(
    bare_catalogs: BareCatalogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "local_target", lambda: make_target("here"))
    with pytest.raises(UnknownTarget) as caught:
        ask(bare_catalogs, simple(make_measurement(target=make_target("there"))), Question())
    assert caught.value.message == "This machine has not been profiled."
    assert caught.value.remedy is not None
    assert caught.value.remedy.startswith("Run `archrank calibrate`")
    assert caught.value.field == "target"
    assert list(caught.value.allowed) == ["there"]


def test_an_unknown_target_is_told_the_known_ones(
    bare_catalogs: BareCatalogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = make_target("here"), make_target("there")
    monkeypatch.setattr(host, "local_target", lambda: here)
    world = simple(make_measurement(target=here), make_measurement(target=there))
    with pytest.raises(UnknownTarget) as caught:
        ask(bare_catalogs, world, Question(target="nowhere"))
    assert list(caught.value.allowed) == ["here", "there", "local"]


def test_a_target_without_measurements_has_no_candidates(bare_catalogs: BareCatalogs) -> None:
    with bare_catalogs() as catalog:
        with catalog.write() as session:
            save_targets(session, [TARGET])
        answer = recommend(
            catalog, Question(TARGET.id, Budget((Bound(LATENCY, maximum=50), Bound(TOP1, minimum=75))))
        )
    assert (answer.considered, answer.recommendations, answer.near_misses) == (0, (), ())
    assert (answer.relaxations, answer.joint_relaxation, answer.fewest_relaxation) == ((), None, None)


def test_other_targets_measurements_do_not_count(bare_catalogs: BareCatalogs) -> None:
    other = Target("zz", TARGET.kind, "other", {})
    world = simple(make_measurement("anet", 10), make_measurement("bnet", 1, target=other))
    assert names(ask(bare_catalogs, world)) == ["anet"]


def test_a_target_whose_name_no_database_can_hold_is_an_unknown_one(catalog: Catalog) -> None:
    """PostgreSQL holds no NUL, and nothing a lone surrogate."""
    for name in ("x\0", "\ud800"):
        with catalog.read() as session, pytest.raises(UnknownTarget):
            find_target(session, name)


# The user's images


def sized(*sizes: int) -> World:
    """Architectures of these input sizes, the larger ones more accurate."""
    world = simple(*(make_measurement(f"net{size}", input_size=size) for size in sizes))
    return replace(
        world,
        accuracies=tuple(
            make_accuracy(f"net{size}.v1", top1=70 + size / 50, input_size=size) for size in sizes
        ),
    )


SIZES = (112, 160, 224, 448)
LARGEST_FIRST = ["net448", "net224", "net160", "net112"]


@pytest.mark.parametrize("image", [None, (640, 480), (250, 250), (640, 112), (14, 14)])
def test_the_objective_decides_whatever_the_size_of_the_images(
    bare_catalogs: BareCatalogs, image: tuple[int, int] | None
) -> None:
    answer = ask(bare_catalogs, sized(*SIZES), Question(SLUG, typical_image=image))
    assert names(answer) == LARGEST_FIRST
    for one in answer.recommendations:
        size = int(answer.columns.input_size[one.row])
        assert one.enlargement == (max(1.0, size / min(image)) if image else 1.0)
        assert one.shrinkage == (max(1.0, min(image) / size) if image else 1.0)


@pytest.mark.parametrize(
    ("image", "order"),
    [
        (None, ["net448", "net112", "net160", "net224"]),
        ((640, 480), ["net448", "net224", "net112", "net160"]),
        ((640, 112), ["net112", "net160", "net224", "net448"]),
        # A little larger is no matter: then speed decides.
        ((150, 999), ["net112", "net160", "net224", "net448"]),
    ],
)
def test_of_equals_those_near_to_the_images_come_first(
    bare_catalogs: BareCatalogs, image: tuple[int, int] | None, order: list[str]
) -> None:
    """The largest input is the fastest, and the others get slower with their size."""
    world = simple(
        *(
            make_measurement(f"net{size}", latency, input_size=size)
            for size, latency in zip(SIZES, (20.0, 30.0, 40.0, 10.0), strict=True)
        )
    )
    accuracies = tuple(make_accuracy(f"net{size}.v1", top1=75, input_size=size) for size in SIZES)
    world = replace(world, accuracies=accuracies)
    assert names(ask(bare_catalogs, world, Question(SLUG, typical_image=image))) == order


def test_the_published_accuracy_of_every_size_is_shown_where_the_images_are(
    bare_catalogs: BareCatalogs,
) -> None:
    world = simple(make_measurement("anet", input_size=224), make_measurement("bnet"))
    world = replace(
        world,
        accuracies=(
            make_accuracy("anet.v1", top1=75, input_size=224),
            make_accuracy("anet.v1", top1=77, input_size=288),
            make_accuracy("anet.v1", top1=78, input_size=288, crop_pct=1.0),
        ),
    )
    answer = ask(bare_catalogs, world, Question(SLUG, typical_image=(640, 480)))
    assert [one.top1_by_size for one in answer.recommendations] == [{224: 75, 288: 78}, {}]
    assert [one.top1_by_size for one in ask(bare_catalogs, world).recommendations] == [{}, {}]


# What speaks for a case


def test_the_measurement_of_a_case_that_arrived_last_represents_it(bare_catalogs: BareCatalogs) -> None:
    world = simple(
        make_measurement("anet", 30, measured_at=NOON + timedelta(days=1)),
        make_measurement("anet", 10, measured_at=NOON),
    )
    answer = ask(bare_catalogs, world)
    assert answer.columns.metrics[LATENCY].value.tolist() == [10]


def test_a_case_whose_evidence_is_allowed_is_not_hidden_by_a_later_one_whose_is_not(
    bare_catalogs: BareCatalogs,
) -> None:
    later = NOON + timedelta(days=1)
    world = simple(
        make_measurement("anet", 30),
        make_measurement("anet", 10, measured_at=later, provenance=Provenance.ESTIMATED),
    )
    answer = ask(bare_catalogs, world, Question(SLUG, evidence=(Provenance.MEASURED,)))
    assert answer.columns.metrics[LATENCY].value.tolist() == [30]


def failed(name: str) -> Measurement:
    return make_measurement(name, status=Status.FAILED)


@pytest.mark.parametrize(
    "budget",
    [Budget((Bound(LATENCY, maximum=50),)), Budget(), Budget((Bound(TOP1, minimum=60),))],
    ids=["latency", "empty", "accuracy"],
)
def test_a_case_that_failed_is_never_recommended(bare_catalogs: BareCatalogs, budget: Budget) -> None:
    world = simple(make_measurement("anet"), failed("bnet"), top1=(70, 90))
    assert names(ask(bare_catalogs, world, Question(SLUG, budget))) == ["anet"]


def test_no_relaxation_and_no_near_miss_names_a_case_that_failed(bare_catalogs: BareCatalogs) -> None:
    world = simple(make_measurement("anet"), failed("bnet"), top1=(70, 90))
    answer = ask(bare_catalogs, world, Question(SLUG, Budget((Bound(TOP1, minimum=95),))))
    assert answer.joint_relaxation is not None
    rows = [*answer.near_misses, answer.joint_relaxation.row, *(one.row for one in answer.relaxations)]
    assert {answer.columns.architecture[row] for row in rows} == {"anet"}


def test_accuracy_joins_only_at_its_own_input_size(bare_catalogs: BareCatalogs) -> None:
    world = simple(make_measurement("anet", input_size=288), make_measurement("bnet"), top1=(80, 70))
    answer = ask(bare_catalogs, world, Question(SLUG, Budget((Bound(TOP1, minimum=60),))))
    assert names(answer) == ["bnet"]
    assert answer.elimination.unknown == {TOP1: 1}


def test_accuracy_is_unknown_in_int8_and_carried_over_to_bf16_with_a_doubt(
    bare_catalogs: BareCatalogs,
) -> None:
    world = simple(
        make_measurement("anet", precision=Precision.INT8),
        make_measurement("bnet", precision=Precision.BF16),
        top1=(80, 70),
    )
    answer = ask(bare_catalogs, world, Question(SLUG, Budget((Bound(TOP1, minimum=60),))))
    assert names(answer) == ["bnet"]
    row = answer.recommendations[0].row
    assert answer.columns.doubts(TOP1, row) == ("accuracy_transferred",)
    assert answer.elimination.unknown == {TOP1: 1}


def test_an_architecture_without_checkpoint_is_a_candidate_without_accuracy(
    bare_catalogs: BareCatalogs,
) -> None:
    world = replace(simple(make_measurement("anet")), checkpoints=())
    answer = ask(bare_catalogs, world)
    assert [key(answer, one.row)[:2] for one in answer.recommendations] == [("anet", "")]


# Cards


def test_an_unknown_architecture_is_told_close_matches(sqlite_catalog: Catalog) -> None:
    with sqlite_catalog.read() as session, pytest.raises(UnknownArchitecture) as caught:
        find_card(session, "resnet5O")
    assert "resnet50" in caught.value.allowed
    assert caught.value.remedy is not None
    assert "resnet50" in caught.value.remedy


@pytest.mark.parametrize("name", ["", "\0", "resnet50\0", "qqqqqqqqqqqqqqqq", "x" * 10_000])
def test_a_name_like_no_other_has_no_close_match(sqlite_catalog: Catalog, name: str) -> None:
    with sqlite_catalog.read() as session, pytest.raises(UnknownArchitecture):
        find_card(session, name)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(SLUG), Outcome.FITS),
        (Question(SLUG, Budget((Bound(LATENCY, maximum=1),))), Outcome.ALL_EXCEED),
        (Question(SLUG, Budget((Bound(Metric.LATENCY_P99_MS, maximum=1),))), Outcome.ALL_UNKNOWN),
        (Question(SLUG, input_size=(1, 2)), Outcome.FILTERED_OUT),
        (Question(SLUG, objective=Metric.TOP1_SKETCH), Outcome.OBJECTIVE_UNKNOWN),
        (Question(SLUG, objective=Scheme.KNEE), Outcome.NO_KNEE),
    ],
)
def test_what_an_answer_came_to_is_told_in_one_word(
    bare_catalogs: BareCatalogs, question: Question, expected: Outcome
) -> None:
    world = simple(make_measurement("fast", 10.0), make_measurement("slow", 40.0), top1=[70, 80])
    answer = ask(bare_catalogs, world, question)
    assert answer.outcome is expected
    assert bool(answer.recommendations) is bool(answer.elimination.fitting)
    if expected is Outcome.OBJECTIVE_UNKNOWN:
        assert {one.rank for one in answer.recommendations} == {1}
        assert not any("the first, " in words for one in answer.recommendations for words in one.reasons)


def test_that_everything_failed_is_told_in_one_word(bare_catalogs: BareCatalogs) -> None:
    failed = make_measurement("anet", status=Status.FAILED, reason=FailureReason.OUT_OF_MEMORY, values=())
    assert ask(bare_catalogs, simple(failed)).outcome is Outcome.ALL_FAILED
