from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import inf, isnan, log, log2, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UnknownArchitecture, UnknownFamily, UnknownTag, UnknownTarget, UnknownTrainingData
from app.questions.names import find_card, find_target
from app.questions.question import ConfigurationFilter, Question
from app.questions.recommend import Answer, recommend
from app.ranking.budget import Bound, Budget
from app.ranking.order import Collapse
from app.ranking.relaxations import Relaxation
from catalog import host
from catalog.entities.configurations import Configuration, Target
from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.storage.database import Catalog
from catalog.storage.facts import (
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements import add_measurements
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import BatchPolicy, Form, Precision, Provenance, RuntimeName, Scenario, Status
from tests.app.conftest import BareCatalogs
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
)

LATENCY, TOP1, MEMORY, SIZE = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB, Metric.SIZE_MB
SLUG = make_target().id

few = settings(max_examples=10, deadline=None)


@dataclass(frozen=True)
class World:
    """What a small catalog holds."""

    architectures: tuple[Architecture, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    accuracies: tuple[Accuracy, ...] = ()
    counted: tuple[CountedWorkload, ...] = ()
    measurements: tuple[Measurement, ...] = ()

    def store(self, catalog: Catalog) -> None:
        with catalog.write() as session:
            save_architectures(session, self.architectures)
            save_checkpoints(session, self.checkpoints)
            save_accuracies(session, self.accuracies)
            save_workloads(session, self.counted)
            add_measurements(session, self.measurements)


def simple(*measurements: Measurement, top1: Sequence[float] = ()) -> World:
    """The measurements, with an architecture and a checkpoint for each name; `top1` by name."""
    names = list(dict.fromkeys(one.workload.architecture for one in measurements))
    return World(
        tuple(make_architecture(name, family=f"{name}s") for name in names),
        tuple(make_checkpoint(f"{name}.v1") for name in names),
        tuple(make_accuracy(f"{name}.v1", top1=one) for name, one in zip(names, top1, strict=False)),
        measurements=measurements,
    )


def ask(catalogs: BareCatalogs, world: World, question: Question | None = None) -> Answer:
    with catalogs() as catalog:
        world.store(catalog)
        return recommend(catalog, question or Question(target=SLUG))


def names(answer: Answer) -> list[str]:
    return [answer.columns.architecture[one.row] for one in answer.recommendations]


# An independent ranker over entities


@dataclass(frozen=True)
class Row:
    """A candidate as the ranker sees it."""

    architecture: str
    family: str | None
    tags: tuple[str, ...]
    checkpoint: str | None
    license: str | None
    commercial_use: bool | None
    training_data: tuple[str, ...]
    input_size: int
    configuration: Configuration
    provenance: Provenance
    measurement: str
    numbers: dict[Metric, MetricValue]

    @property
    def key(self) -> tuple[str, str | None, int, str]:
        return self.architecture, self.checkpoint, self.input_size, self.configuration.id

    def value(self, metric: Metric) -> float | None:
        number = self.numbers.get(metric)
        return number.value if number else None

    def cost(self, metric: Metric) -> float:
        """Lower is better; infinite where unknown."""
        value = self.value(metric)
        if value is None:
            return inf
        return value if metric.direction is Direction.LOWER else -value


def rows_of(world: World, target: str) -> list[Row]:
    """The candidates of `target`, in the order of their names."""
    latest: dict[tuple[str, str], Measurement] = {}
    for one in sorted(world.measurements, key=lambda one: (one.measured_at, one.id)):
        served = one.workload.form is Form.DEPLOYED or one.configuration.scenario is Scenario.TRAINING
        if one.target.id == target and served:
            latest[one.workload.id, one.configuration.id] = one
    architectures = {one.name: one for one in world.architectures}
    found = []
    for one in latest.values():
        matching: list[Checkpoint | None] = [
            checkpoint
            for checkpoint in world.checkpoints
            if checkpoint.architecture == one.workload.architecture
            and checkpoint.num_classes == one.workload.num_classes
        ]
        found += [
            Row(
                one.workload.architecture,
                architectures[one.workload.architecture].family,
                architectures[one.workload.architecture].tags,
                checkpoint.name if checkpoint else None,
                checkpoint.license if checkpoint else None,
                checkpoint.commercial_use if checkpoint else None,
                checkpoint.training_data if checkpoint else (),
                one.workload.input_size,
                one.configuration,
                one.provenance,
                one.id,
                numbers_of(world, one, checkpoint),
            )
            for checkpoint in matching or [None]
        ]
    return sorted(found, key=lambda row: (row.architecture, row.checkpoint or "", *row.key[2:]))


def numbers_of(world: World, one: Measurement, checkpoint: Checkpoint | None) -> dict[Metric, MetricValue]:
    numbers = {value.metric: value for value in one.values if value.value is not None}
    exact: dict[Metric, float] = {}
    if one.artefact is not None:
        exact[SIZE] = one.artefact.bytes / 1e6
    for counted in world.counted:
        if counted.workload == one.workload and counted.counts:
            exact[Metric.GMACS] = counted.counts.gmacs
            exact[Metric.PARAMS_M] = counted.counts.params_m
            if one.artefact is None and one.configuration.runtime is RuntimeName.PYTORCH:
                assert counted.counts.weights_bytes is not None
                exact[SIZE] = counted.counts.weights_bytes / 1e6
    accuracies = [
        accuracy
        for accuracy in world.accuracies
        if checkpoint is not None
        and (accuracy.checkpoint, accuracy.input_size) == (checkpoint.name, one.workload.input_size)
    ]
    if accuracies and one.configuration.precision is not Precision.INT8:
        exact[TOP1] = max(accuracy.top1 for accuracy in accuracies)
        if Metric.GMACS in exact:
            exact[Metric.TOP1_PER_GMAC] = exact[TOP1] / exact[Metric.GMACS]
    return numbers | {metric: MetricValue(metric, value) for metric, value in exact.items()}


def passes(row: Row, question: Question) -> bool:
    low, high = question.input_size or (0, 10**9)
    run, wanted = row.configuration, question.configuration
    return (
        low <= row.input_size <= high
        and run.runtime in (wanted.runtime or [run.runtime])
        and run.precision in (wanted.precision or [run.precision])
        and run.batch_size in (wanted.batch_size or [run.batch_size])
        and run.threads in (wanted.threads or [run.threads])
        and run.batch_policy in (wanted.batch_policy or [run.batch_policy])
        and (not question.licenses or (row.license or "").lower() in question.licenses)
        and (question.commercial_use is None or row.commercial_use is question.commercial_use)
        and (not question.training_data_excluded or free_of(row, question.training_data_excluded))
        and (not question.families_included or row.family in question.families_included)
        and not (question.families_excluded and row.family in question.families_excluded)
        and (not question.tags_included or any(tag in question.tags_included for tag in row.tags))
        and not any(tag in question.tags_excluded for tag in row.tags)
        and (not question.evidence or row.provenance in question.evidence)
    )


def free_of(row: Row, excluded: Sequence[str]) -> bool:
    """Whether the training data are known, and none is or begins with one of `excluded`."""
    return bool(row.training_data) and not any(
        data == name or data.startswith(f"{name}-") for data in row.training_data for name in excluded
    )


def slack(row: Row, bound: Bound) -> float | None:
    """None where the number is unknown."""
    value = row.value(bound.metric)
    if value is None:
        return None
    return min(sign * (value - limit) for limit, sign in bound.sides)


def deviation(row: Row, metric: Metric) -> float:
    """Of the number's logarithm; 0 where it is unknown or has no interval."""
    number = row.numbers.get(metric)
    if number is None or number.low is None or number.high is None or number.level is None:
        return 0.0
    return log(number.high / number.low) / 2 / NormalDist().inv_cdf((1 + number.level) / 2)


def chance(row: Row, bound: Bound) -> float:
    """P(within the bound), log-normal; 0 where the number is unknown."""
    value, spread = row.value(bound.metric), deviation(row, bound.metric)
    if value is None:
        return 0.0
    if not spread:
        return float((slack(row, bound) or 0) >= 0)
    normal = NormalDist(log(value), spread)
    below = 0.0 if bound.minimum is None else normal.cdf(log(bound.minimum))
    above = 0.0 if bound.maximum is None else 1 - normal.cdf(log(bound.maximum))
    return 1 - below - above


def needed(rows: Sequence[Row], budget: Budget) -> Budget:
    """With the probability that each candidate needs where so many noisy measurements were tried."""
    if budget.confidence is None:
        return budget
    noisy = {row.measurement for row in rows for bound in budget.bounds if deviation(row, bound.metric) > 0}
    return replace(budget, confidence=1 - (1 - budget.confidence) / max(1, len(noisy)))


def within(row: Row, bound: Bound, confidence: float | None) -> bool:
    room = slack(row, bound)
    if room is None:
        return False
    return room >= 0 if confidence is None else chance(row, bound) >= confidence


def fits(row: Row, budget: Budget) -> bool:
    joint = 1.0
    for bound in budget.bounds:
        if not within(row, bound, budget.confidence):
            return False
        joint *= chance(row, bound)
    return budget.confidence is None or joint >= budget.confidence


def octaves(row: Row, image: tuple[int, int] | None) -> int:
    """How often the short side of the image doubles to fill the input."""
    return 0 if image is None else round(log2(max(1.0, row.input_size / min(image))))


def ranked(rows: Sequence[Row], question: Question) -> list[Row]:
    """The rows that fit, best first. The question's objective is a metric."""
    objective = question.objective
    assert isinstance(objective, Metric)
    budget = needed(rows, question.budget)
    return sorted(
        (row for row in rows if fits(row, budget)),
        key=lambda row: (
            octaves(row, question.typical_image),
            row.cost(objective),
            row.cost(LATENCY),
            row.architecture,
            row.checkpoint or "",
            *row.key[2:],
        ),
    )


def collapsed(order: Iterable[Row], by: Collapse) -> list[Row]:
    kept: dict[object, Row] = {}
    for row in order:
        name: object = {
            Collapse.ARCHITECTURE: row.architecture,
            Collapse.CHECKPOINT: row.checkpoint or row.architecture,
            Collapse.CONFIGURATION: (row.key, row.measurement),
        }[by]
        kept.setdefault(name, row)
    return list(kept.values())


def ranks(order: Sequence[Row], question: Question) -> list[int]:
    """A row has the rank of the first that its 95 % interval overlaps, with none in between it does not."""
    found: list[int] = []
    leader = 0
    for position, row in enumerate(order):
        if apart(order[leader], row, question):
            leader = position
        found.append(leader + 1)
    return found


def apart(one: Row, other: Row, question: Question) -> bool:
    objective = question.objective
    assert isinstance(objective, Metric)
    if octaves(one, question.typical_image) != octaves(other, question.typical_image):
        return True
    mine, its = one.value(objective), other.value(objective)
    if mine is None or its is None:
        return mine is not its
    if objective is LATENCY:
        mine, its = log(mine), log(its)
    return abs(mine - its) > 1.96 * (error(one, objective) + error(other, objective))


def error(row: Row, objective: Metric) -> float:
    """The standard error of the objective (of its logarithm, where it is a latency)."""
    if objective not in (TOP1, Metric.TOP1_PER_GMAC):
        return deviation(row, objective)
    top1 = (row.value(TOP1) or 0) / 100
    cost = 1.0 if objective is TOP1 else row.value(Metric.GMACS) or 0
    return 100 * sqrt(top1 * (1 - top1) / 50_000) / cost


def rivals(row: Row, order: Sequence[Row], question: Question) -> list[Row]:
    """Who is at least as good in the objective and every bounded metric, and better in one."""
    assert isinstance(question.objective, Metric)
    metrics = {question.objective, *(bound.metric for bound in question.budget.bounds)}
    if any(row.value(metric) is None for metric in metrics):
        return []
    return [
        one
        for one in order
        if all(one.cost(metric) <= row.cost(metric) for metric in metrics)
        and any(one.cost(metric) < row.cost(metric) for metric in metrics)
    ]


# Random catalogs

TARGET = make_target()
ELSEWHERE = make_target("elsewhere-cpu-1c-000000")


TRAINING_DATA = [
    (), ("imagenet-1k",), ("imagenet-12k", "imagenet-1k"), ("laion-2b", "imagenet-1k"), ("laion-400m",),
]  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    architectures, checkpoints, accuracies, counted = [], [], [], []
    measurements: list[Measurement] = []
    for name in ("anet", "bnet", "cnet", "dnet")[: draw(st.integers(1, 4))]:
        architectures.append(
            make_architecture(
                name,
                family=draw(st.sampled_from([None, "family1", "family2"])),
                tags=draw(st.sampled_from([(), (), ("mobile",), ("mobile", "test-network")])),
            )
        )
        for tag in "xyz"[: draw(st.integers(0, 2))]:
            checkpoint = make_checkpoint(
                f"{name}.{tag}",
                num_classes=draw(st.sampled_from([1000, 1000, 1000, 21841, None])),
                license=draw(st.sampled_from([None, "MIT", "Apache-2.0"])),
                commercial_use=draw(st.sampled_from([None, True, True, False])),
                training_data=draw(st.sampled_from(TRAINING_DATA)),
            )
            checkpoints.append(checkpoint)
            accuracies += [
                make_accuracy(checkpoint.name, top1=top1, input_size=size, crop_pct=crop)
                for size in (160, 224)
                for crop in (0.875, 1.0)
                if (top1 := draw(st.sampled_from([None, 70.0, 75.0, 80.0]))) is not None
            ]
        counted += [
            make_counted_workload(name, input_size=size, gmacs=gmacs)
            for size in (160, 224)
            if (gmacs := draw(st.sampled_from([None, 1.0, 2.0]))) is not None
        ]
        measurements += draw(st.lists(measurements_of(name), max_size=4, unique_by=lambda one: one.id))
    return World(
        tuple(architectures), tuple(checkpoints), tuple(accuracies), tuple(counted), tuple(measurements)
    )


def measurements_of(name: str) -> st.SearchStrategy[Measurement]:
    return st.builds(
        make_measurement,
        st.just(name),
        st.sampled_from([5.0, 10.0, 10.0, 20.0, 40.0]),
        peak_memory_mb=st.sampled_from([None, 100.0, 150.0, 200.0]),
        size_bytes=st.sampled_from([None, 10_000_000, 20_000_000, 40_000_000]),
        num_classes=st.sampled_from([1000, 1000, 1000, 21841]),
        input_size=st.sampled_from([160, 224, 224]),
        form=st.sampled_from([Form.DEPLOYED, Form.DEPLOYED, Form.DEPLOYED, Form.TRAINING]),
        runtime=st.sampled_from(list(RuntimeName)),
        scenario=st.sampled_from([*[Scenario.SINGLE_STREAM] * 3, Scenario.TRAINING]),
        batch_policy=st.sampled_from([BatchPolicy.FIXED, BatchPolicy.FIXED, BatchPolicy.LARGEST_FITTING]),
        precision=st.sampled_from([Precision.FP32, Precision.FP32, Precision.BF16, Precision.INT8]),
        threads=st.sampled_from([1, 2]),
        target=st.sampled_from([TARGET, TARGET, TARGET, ELSEWHERE]),
        measured_at=st.sampled_from([NOON, NOON + timedelta(hours=1)]),
        provenance=st.sampled_from([Provenance.MEASURED, Provenance.MEASURED, Provenance.PUBLISHED]),
    )


LIMITS = {
    LATENCY: [4.0, 5.0, 10.0, 15.0, 40.0],
    TOP1: [69.0, 70.0, 75.0, 77.0, 81.0],
    MEMORY: [90.0, 100.0, 150.0, 170.0],
    SIZE: [9.0, 10.0, 20.0, 30.0, 46.1],
    Metric.GMACS: [0.5, 1.0, 2.0],
    Metric.TOP1_PER_GMAC: [40.0, 75.0],
}


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    bounds = []
    for metric in draw(st.permutations(list(LIMITS)))[: draw(st.integers(0, 3))]:
        low, high = sorted(draw(st.tuples(*[st.sampled_from(LIMITS[metric])] * 2)))
        bounds.append(
            draw(st.sampled_from([Bound(metric, low), Bound(metric, None, high), Bound(metric, low, high)]))
        )
    families = sorted({one.family for one in world.architectures if one.family})
    some_families = st.lists(st.sampled_from(families), max_size=1) if families else st.just([])
    tags = sorted({tag for one in world.architectures for tag in one.tags})
    some_tags = st.lists(st.sampled_from(tags), max_size=1) if tags else st.just([])
    return Question(
        target=TARGET.id,
        budget=Budget(tuple(bounds), draw(st.sampled_from([None, None, 0.3, 0.9]))),
        input_size=draw(st.sampled_from([None, None, (224, 224), (160, 200)])),
        configuration=ConfigurationFilter(
            draw(st.sampled_from([(), (), (RuntimeName.OPENVINO,)])),
            draw(st.sampled_from([(), (), (Precision.FP32, Precision.BF16)])),
            (),
            draw(st.sampled_from([(), (), (1,)])),
            draw(st.sampled_from([(), (), *((one,) for one in BatchPolicy)])),
        ),
        licenses=draw(st.sampled_from([(), (), (), ("mit",), ("mit", "apache-2.0")])),
        commercial_use=draw(st.sampled_from([None, None, None, True, False])),
        training_data_excluded=draw(
            st.sampled_from([(), (), (), ("laion",), ("laion-2b", "imagenet-12k"), ("imagenet-1k",)])
        ),
        families_included=tuple(draw(some_families)),
        families_excluded=tuple(draw(some_families)),
        tags_included=tuple(draw(some_tags)),
        tags_excluded=tuple(draw(some_tags)),
        typical_image=draw(st.sampled_from([None, None, (640, 480), (640, 200), (110, 640), (60, 60)])),
        objective=draw(st.sampled_from([TOP1, TOP1, LATENCY, Metric.GMACS, Metric.TOP1_PER_GMAC])),
        collapse=draw(st.sampled_from(Collapse)),
        limit=draw(st.integers(1, 10)),
    )


@st.composite
def worlds_and_questions(draw: st.DrawFn) -> tuple[World, Question]:
    world = draw(worlds())
    if not any(one.target == TARGET for one in world.measurements):
        world = replace(world, measurements=(*world.measurements, make_measurement("anet")))
    return world, draw(questions(world))


def key(answer: Answer, row: int) -> tuple[str, str | None, int, str]:
    columns = answer.columns
    return (
        columns.architecture[row],
        columns.checkpoint[row],
        int(columns.input_size[row]),
        columns.configuration[row].id,
    )


def name_of(answer: Answer, row: int) -> tuple[tuple[str, str | None, int, str], str]:
    return key(answer, row), answer.columns.measurement[row].id


@few
@given(asked=worlds_and_questions())
def test_the_answer_is_that_of_a_plain_search_over_the_entities(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    answer = ask(bare_catalogs, world, question)
    rows = [row for row in rows_of(world, TARGET.id) if passes(row, question)]
    order = ranked(rows, question)
    expected = collapsed(order, question.collapse)
    shown, places = answer.recommendations, ranks(expected, question)
    assert [key(answer, one.row) for one in shown] == [row.key for row in expected[: question.limit]]
    assert [one.rank for one in shown] == places[: question.limit]
    assert [one.shares_rank_with for one in shown] == [places.count(one.rank) - 1 for one in shown]
    by_name = {(row.key, row.measurement): row for row in rows}
    for one in shown:
        wanted = rivals(by_name[name_of(answer, one.row)], order, question)
        assert {name_of(answer, row) for row in one.dominated_by or ()} == {
            (row.key, row.measurement) for row in wanted
        }
    assert answer.fit.budget == needed(rows, question.budget)
    assert answer.elimination.fitting == len(order)
    assert answer.considered == len(rows)
    if question.budget.confidence is not None:
        return  # what each bound eliminated is then a matter of the joint probability
    for bound in question.budget.bounds:
        known = [row for row in rows if row.value(bound.metric) is not None]
        outside = [row for row in known if not within(row, bound, None)]
        others = [other for other in question.budget.bounds if other != bound]
        alone = [row for row in outside if all(within(row, other, None) for other in others)]
        assert answer.elimination.eliminated[bound.metric] == len(outside)
        assert answer.elimination.eliminated_only_by[bound.metric] == len(alone)
        assert answer.elimination.unknown[bound.metric] == len(rows) - len(known)


@few
@given(asked=worlds_and_questions())
def test_the_numbers_of_a_candidate_are_those_of_the_entities(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, _ = asked
    answer = ask(bare_catalogs, world, Question(target=TARGET.id, collapse=Collapse.CONFIGURATION, limit=200))
    rows = {(row.key, row.measurement): row for row in rows_of(world, TARGET.id)}
    found = [(key(answer, row), answer.columns.measurement[row].id) for row in range(answer.considered)]
    assert sorted(found, key=str) == sorted(rows, key=str)
    for position, name in enumerate(found):
        row = rows[name]
        for metric in (LATENCY, MEMORY, SIZE, TOP1, Metric.GMACS, Metric.TOP1_PER_GMAC):
            column, number = answer.columns.metrics[metric], row.numbers.get(metric)
            arrays = [float(array[position]) for array in (column.value, column.low, column.high)]
            wanted = [number.value, number.low, number.high] if number else [None] * 3
            assert [None if isnan(one) else one for one in arrays] == wanted


def relaxed(bound: Bound, by: Relaxation) -> Bound:
    if bound.metric != by.metric:
        return bound
    if by.side == "min":
        return replace(bound, minimum=by.bound)
    return replace(bound, maximum=by.bound)


@few
@given(asked=worlds_and_questions())
def test_a_relaxation_admits_what_it_names_when_it_is_asked_for(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    question = replace(question, collapse=Collapse.CONFIGURATION, limit=200)
    with bare_catalogs() as catalog:
        world.store(catalog)
        answer = recommend(catalog, question)
        budgets = [
            (one.row, tuple(relaxed(bound, one) for bound in question.budget.bounds))
            for one in answer.relaxations
        ]
        together = (answer.joint_relaxation, answer.fewest_relaxation)
        budgets += [(one.row, one.bounds) for one in together if one is not None]
        for row, bounds in budgets:
            again = recommend(catalog, replace(question, budget=Budget(bounds, question.budget.confidence)))
            assert key(answer, row) not in [key(answer, one.row) for one in answer.recommendations]
            assert key(answer, row) in [key(again, one.row) for one in again.recommendations]


@few
@given(asked=worlds_and_questions(), data=st.data())
def test_tightening_a_bound_never_adds_a_candidate(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question], data: st.DataObject
) -> None:
    world, question = asked
    question = replace(question, collapse=Collapse.CONFIGURATION, limit=200)
    tight = [
        Bound(
            bound.metric,
            None if bound.minimum is None else bound.minimum * data.draw(st.sampled_from([1.0, 1.1, 2.0])),
            None if bound.maximum is None else bound.maximum * data.draw(st.sampled_from([1.0, 0.9, 0.5])),
        )
        for bound in question.budget.bounds
    ]
    tighter = replace(question, budget=Budget(tuple(tight), question.budget.confidence))
    with bare_catalogs() as catalog:
        world.store(catalog)
        before, after = recommend(catalog, question), recommend(catalog, tighter)
    assert {key(after, one.row) for one in after.recommendations} <= {
        key(before, one.row) for one in before.recommendations
    }
    assert before.considered == after.considered


def outcome(answer: Answer) -> tuple[object, ...]:
    """All that an answer says, but for the target's name."""
    joint, fewest = answer.joint_relaxation, answer.fewest_relaxation
    return (
        [
            (key(answer, one.row), one.rank, one.shares_rank_with, one.reasons)
            for one in answer.recommendations
        ],
        [[key(answer, row) for row in one.dominated_by or ()] for one in answer.recommendations],
        answer.elimination,
        [key(answer, row) for row in answer.near_misses],
        [(one.metric, one.side, one.bound, key(answer, one.row)) for one in answer.relaxations],
        (joint.factor, joint.bounds, key(answer, joint.row)) if joint else None,
        (fewest.metrics, fewest.bounds, key(answer, fewest.row)) if fewest else None,
        answer.considered,
    )


@few
@given(asked=worlds_and_questions())
def test_renaming_a_target_changes_nothing(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    # Two measurements of a case at one moment are told apart by their id, which holds the target's name.
    cases = {
        (one.workload, one.configuration, one.target.id, one.measured_at): one for one in world.measurements
    }
    world = replace(world, measurements=tuple(cases.values()))
    renamed = replace(
        world,
        measurements=tuple(
            replace(one, target=replace(TARGET, id="renamed")) if one.target == TARGET else one
            for one in world.measurements
        ),
    )
    before = ask(bare_catalogs, world, question)
    after = ask(bare_catalogs, renamed, replace(question, target="renamed"))
    assert outcome(before) == outcome(after)


@few
@given(asked=worlds_and_questions())
def test_a_dominated_architecture_never_changes_the_winner_where_one_more_asks_no_more_of_the_others(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    """Under a confidence it does: of one more candidate, one more may be lucky."""
    world, question = asked
    question = replace(question, budget=Budget(question.budget.bounds), typical_image=None)
    before = ask(bare_catalogs, world, question)
    if not before.recommendations:
        return
    winner = before.recommendations[0].row
    assert isinstance(question.objective, Metric)
    if isnan(before.columns.metrics[question.objective].value[winner]):
        return  # nobody dominates one that lacks the objective
    worse = World(
        (*world.architectures, make_architecture("worst")),
        (*world.checkpoints, make_checkpoint("worst.v1")),
        (*world.accuracies, *(make_accuracy("worst.v1", top1=60, input_size=size) for size in (160, 224))),
        (
            *world.counted,
            *(make_counted_workload("worst", gmacs=9.0, input_size=size) for size in (160, 224)),
        ),
        (
            *world.measurements,
            *(
                make_measurement("worst", 90.0, peak_memory_mb=900, size_bytes=10**9, input_size=size)
                for size in (160, 224)
            ),
        ),
    )
    after = ask(bare_catalogs, worse, question)
    assert key(after, after.recommendations[0].row) == key(before, winner)


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
    assert caught.value.remedy == "Run `archrank profile --preset starter`, or choose another target."
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


# Filters


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
    tags = {"plain": ("mobile",), "large": ("mobile", "test-network"), "bf16": ("test-network",)}
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
        (Question(SLUG, licenses=("gpl-3.0",)), set()),
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
        (Question(SLUG, tags_included=("mobile", "test-network")), {"plain", "large", "bf16"}),
        (Question(SLUG, tags_excluded=("test-network",)), EVERYBODY - {"large", "bf16"}),
        (Question(SLUG, tags_included=("mobile",), tags_excluded=("test-network",)), {"plain"}),
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
    assert list(caught.value.allowed) == ["mobile", "test-network"]


@pytest.mark.parametrize("name", ["bogus", "", "lai", "laion-", "LAION", "laion-2b-x"])
def test_unknown_training_data_are_told_the_known_ones(bare_catalogs: BareCatalogs, name: str) -> None:
    """A mistyped exclusion that excluded nothing would pass for a clean bill."""
    with pytest.raises(UnknownTrainingData) as caught:
        ask(bare_catalogs, mixed(), Question(SLUG, training_data_excluded=("laion", name)))
    assert repr(name) in caught.value.message
    assert caught.value.field == "training_data.exclude"
    assert "laion-2b" in caught.value.allowed


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


@pytest.mark.parametrize(
    ("image", "order"),
    [
        (None, LARGEST_FIRST),
        ((640, 480), LARGEST_FIRST),
        # The longer side does not matter, nor which of both it is; and a little larger is no matter.
        ((4000, 400), LARGEST_FIRST),
        ((400, 4000), LARGEST_FIRST),
        ((250, 250), ["net224", "net160", "net112", "net448"]),
        ((640, 112), ["net112", "net224", "net160", "net448"]),
        # Where every input enlarges them, the smaller ones come first.
        ((14, 14), ["net112", "net224", "net160", "net448"]),
    ],
)
def test_networks_that_enlarge_the_images_by_an_octave_rank_behind(
    bare_catalogs: BareCatalogs, image: tuple[int, int] | None, order: list[str]
) -> None:
    answer = ask(bare_catalogs, sized(*SIZES), Question(SLUG, typical_image=image))
    assert names(answer) == order
    for one in answer.recommendations:
        size = int(answer.columns.input_size[one.row])
        assert one.enlargement == max(1.0, size / min(image)) if image else one.enlargement == 1.0


def test_where_every_input_enlarges_the_images_alike_there_is_no_preference(
    bare_catalogs: BareCatalogs,
) -> None:
    world = sized(192, 224)
    assert names(ask(bare_catalogs, world, Question(SLUG, typical_image=(96, 96)))) == ["net224", "net192"]


# What speaks for a case


def test_the_latest_measurement_of_a_case_speaks_for_it(bare_catalogs: BareCatalogs) -> None:
    world = simple(
        make_measurement("anet", 30, measured_at=NOON + timedelta(days=1)),
        make_measurement("anet", 10, measured_at=NOON),
    )
    answer = ask(bare_catalogs, world)
    assert answer.columns.metrics[LATENCY].value.tolist() == [30]


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
    assert [key(answer, one.row)[:2] for one in answer.recommendations] == [("anet", None)]


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
