"""Small catalogs, given or drawn by hypothesis, questions to them, and what is read from an answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.questions.answers.recommend import Answer, recommend
from app.questions.asking.question import ConfigurationFilter, Question
from app.ranking.budget.budget import Bound, Budget
from app.ranking.order.collapsing import Collapse
from catalog.entities.measurements import Measurement
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_accuracies, save_architectures, save_checkpoints, save_workloads
from catalog.storage.measurements.adding import add_measurements
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Form, Precision, Provenance, RuntimeName, Scenario
from tests.app.conftest import BareCatalogs
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_target,
    replace_success,
    success_of,
)
from tests.oracle.world import World

LATENCY, TOP1, MEMORY, SIZE = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB, Metric.SIZE_MB
TARGET = make_target()
ELSEWHERE = make_target("elsewhere-cpu-1c-000000")
SLUG = TARGET.id

# Each example stores a catalog of its own, so they are few. Tests refuse many that would show nothing, and a
# busy machine is no fault of theirs.
few = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def store(catalog: Catalog, world: World) -> None:
    """Put all of `world` into the catalog."""
    with catalog.write() as session:
        save_architectures(session, world.architectures)
        save_checkpoints(session, world.checkpoints)
        save_accuracies(session, world.accuracies)
        save_workloads(session, world.counted)
        add_measurements(session, world.measurements)


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
        store(catalog, world)
        return recommend(catalog, question or Question(target=SLUG))


def names(answer: Answer) -> list[str]:
    return [answer.columns.architecture[one.row] for one in answer.recommendations]


def key(answer: Answer, row: int) -> tuple[str, str, int, str]:
    """The candidate in `row`, as the plain ranker names it."""
    columns = answer.columns
    return (
        columns.architecture[row],
        columns.checkpoint[row] or "",
        int(columns.input_size[row]),
        columns.configuration[row].id,
    )


def name_of(answer: Answer, row: int) -> tuple[tuple[str, str, int, str], str]:
    """The candidate in `row`, and its measurement."""
    return key(answer, row), answer.columns.measurement[row].id


# Random catalogs and questions

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
                if (top1 := draw(st.sampled_from([None, 70.0, 75.0, 75.5, 80.0]))) is not None
            ]
        counted += [
            make_counted_workload(name, input_size=size, gmacs=gmacs)
            for size in (160, 224)
            if (gmacs := draw(st.sampled_from([None, 1.0, 2.0]))) is not None
        ]
        measurements += draw(
            st.lists(measurements_of(name), min_size=1, max_size=4, unique_by=lambda one: one.id)
        )
    return World(
        tuple(architectures), tuple(checkpoints), tuple(accuracies), tuple(counted), tuple(measurements)
    )


def measurements_of(name: str) -> st.SearchStrategy[Measurement]:
    return _cases_of(name).map(_as_measured)


def _as_measured(case: Measurement) -> Measurement:
    """Of a case of training, its numbers are those of training."""
    if case.configuration.scenario is not Scenario.TRAINING:
        return case
    names = {LATENCY: Metric.TRAIN_THROUGHPUT_IPS, MEMORY: Metric.TRAIN_MEMORY_MB}
    values = (replace(number, metric=names[number.metric]) for number in success_of(case).values)
    return replace_success(case, values=tuple(sorted(values, key=lambda number: number.metric)))


def _cases_of(name: str) -> st.SearchStrategy[Measurement]:
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
    Metric.TRAIN_THROUGHPUT_IPS: [4.0, 10.0, 15.0],
    Metric.TRAIN_MEMORY_MB: [100.0, 170.0],
    Metric.GMACS: [0.5, 1.0, 2.0],
    Metric.TOP1_PER_GMAC: [40.0, 75.0],
}


def filters_of(world: World) -> dict[str, st.SearchStrategy[Any]]:
    """Values of the filters of a question, by the names of its fields."""
    families = sorted({each.family for each in world.architectures if each.family})
    tags = sorted({tag for each in world.architectures for tag in each.tags})
    of_families, of_tags = (
        st.tuples(st.sampled_from(names)) if names else st.just(()) for names in (families, tags)
    )
    return {
        "input_size": st.sampled_from([(224, 224), (160, 200)]),
        "configuration": st.builds(
            ConfigurationFilter,
            runtime=st.sampled_from([(), (RuntimeName.OPENVINO,), tuple(RuntimeName)[:2]]),
            precision=st.sampled_from([(), (Precision.FP32, Precision.BF16)]),
            threads=st.sampled_from([(), (1,)]),
            scenario=st.sampled_from([(), (), (Scenario.TRAINING,), (Scenario.SINGLE_STREAM,)]),
            batch_policy=st.sampled_from([(), *((policy,) for policy in BatchPolicy)]),
        ),
        "licenses": st.sampled_from([("mit",), ("mit", "apache-2.0")]),
        "commercial_use": st.booleans(),
        "training_data_excluded": st.sampled_from(
            [("laion",), ("laion-2b", "imagenet-12k"), ("imagenet-1k",)]
        ),
        "families_included": of_families,
        "families_excluded": of_families,
        "tags_included": of_tags,
        "tags_excluded": of_tags,
        "evidence": st.sampled_from([(Provenance.MEASURED,), (Provenance.PUBLISHED,)]),
    }


@st.composite
def questions(draw: st.DrawFn, world: World) -> Question:
    """At most two filters and three bounds: of more, hardly anything would be left."""
    bounds = []
    for metric in draw(st.permutations(list(LIMITS)))[: draw(st.sampled_from([0, 1, 1, 2, 3]))]:
        low, high = sorted(draw(st.tuples(*[st.sampled_from(LIMITS[metric])] * 2)))
        bounds.append(
            draw(st.sampled_from([Bound(metric, low), Bound(metric, None, high), Bound(metric, low, high)]))
        )
    filters = filters_of(world)
    chosen = draw(st.lists(st.sampled_from(sorted(filters)), max_size=2, unique=True))
    question = Question(
        target=TARGET.id,
        budget=Budget(tuple(bounds), draw(st.sampled_from([None, None, 0.3, 0.9]))),
        typical_image=draw(st.sampled_from([None, None, (640, 480), (640, 200), (110, 640), (60, 60)])),
        objective=draw(st.sampled_from([TOP1, TOP1, LATENCY, Metric.GMACS, Metric.TOP1_PER_GMAC])),
        collapse=draw(st.sampled_from(Collapse)),
        limit=draw(st.integers(1, 10)),
    )
    return replace(question, **{name: draw(filters[name]) for name in chosen})


@st.composite
def worlds_and_questions(draw: st.DrawFn) -> tuple[World, Question]:
    world = draw(worlds())
    if not any(one.target == TARGET for one in world.measurements):
        world = replace(world, measurements=(*world.measurements, make_measurement("anet")))
    return world, draw(questions(world))
