from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Architecture, Backbone
from catalog.entities.samples import PendingSample
from catalog.storage import facts
from catalog.storage.cards import find_backbone, find_card
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.everything import everything
from catalog.storage.facts import (
    counted_workloads,
    find_targets,
    save_accuracies,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements import (
    MeasurementQuery,
    add_measurements,
    find_measurements,
    last_measured,
    recent_samples,
)
from catalog.storage.names import architecture_names, families
from catalog.storage.pending import add_pending, drop_pending, pending_samples
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Precision, Provenance, RuntimeName, Status
from tests.builders import (
    NOON,
    TARGET_ID,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_environment,
    make_measurement,
    make_sample,
    make_target,
    make_workload,
    store_measurements,
    success_of,
    without_reference,
)

SECOND = timedelta(seconds=1)
CASE = PendingSample("a workload", "a configuration", "a target", "an environment", "a protocol")
OTHER_TARGET = make_target("other-cpu-4c-123456", label="Other CPU, 4 CPUs", identity={"cpus": 4})


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """Holds nothing but what the test stores."""
    return without_reference(catalog)


def save_architectures(catalog: Catalog, *architectures: Architecture) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, architectures)


# Architectures


def test_the_names_of_architectures_are_sorted(catalog: Catalog) -> None:
    save_architectures(catalog, *(Architecture(name) for name in ("toynet_b", "toynet", "toynet10", "a")))
    with catalog.read() as session:
        assert architecture_names(session) == ["a", "toynet", "toynet10", "toynet_b"]


def test_families_are_named_once_and_sorted(catalog: Catalog) -> None:
    save_architectures(
        catalog,
        make_architecture("a", family="zeta"),
        make_architecture("b", family="alpha"),
        make_architecture("c", family="zeta"),
        make_architecture("d", family=None),
    )
    with catalog.read() as session:
        assert families(session) == ["alpha", "zeta"]


# Cards and backbones


def test_a_card_holds_all_that_is_known_of_one_architecture(catalog: Catalog) -> None:
    counted = make_counted_workload()
    measurements = [
        make_measurement("toynet"),
        make_measurement("toynet", target=OTHER_TARGET, measured_at=NOON - SECOND),
    ]
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture(), make_architecture("othernet")])
        save_checkpoints(
            session,
            [make_checkpoint("toynet.v2"), make_checkpoint("toynet.v1"), make_checkpoint("othernet.v1")],
        )
        save_accuracies(
            session,
            [
                make_accuracy("toynet.v1", input_size=288),
                make_accuracy("toynet.v1", input_size=224),
                make_accuracy("othernet.v1"),
            ],
        )
        save_workloads(session, [counted, make_counted_workload("othernet")])
        add_measurements(session, [*measurements, make_measurement("othernet")])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.architecture == make_architecture()
    assert card.workloads == (counted,)
    assert card.artefacts == (measurements[0].artefact,)
    assert card.checkpoints == (make_checkpoint("toynet.v1"), make_checkpoint("toynet.v2"))
    assert card.accuracies == (make_accuracy("toynet.v1"), make_accuracy("toynet.v1", input_size=288))
    assert card.measurements == tuple(measurements)


def test_an_architecture_of_which_only_the_name_is_known_has_an_empty_card(catalog: Catalog) -> None:
    save_architectures(catalog, Architecture("toynet"))
    with catalog.read() as session:
        card = find_card(session, "toynet")
    assert card is not None
    assert (card.workloads, card.artefacts, card.checkpoints) == ((), (), ())
    assert (card.accuracies, card.measurements) == ((), ())
    assert card.default_workload is None


def test_an_unknown_architecture_has_no_card(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert find_card(session, "no such architecture") is None


def test_a_card_has_the_counts_of_the_default_workload(catalog: Catalog) -> None:
    default = make_counted_workload(input_size=256)
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture(native_size=256)])
        save_workloads(
            session,
            [
                make_counted_workload(input_size=224, gmacs=1.0),
                default,
                make_counted_workload(input_size=256, gmacs=3.0, form=Form.TRAINING),
                make_counted_workload(input_size=256, gmacs=4.0, num_classes=21841),
            ],
        )
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.default_workload == default


@pytest.mark.parametrize(
    "architecture",
    [
        make_architecture(native_size=None),
        make_architecture(num_classes=None),
        make_architecture(native_size=256),
    ],
    ids=["no native size", "no classes", "not counted at its native size"],
)
def test_a_card_without_the_default_workload_has_none(catalog: Catalog, architecture: Architecture) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, [architecture])
        save_workloads(session, [make_counted_workload()])
    with catalog.read() as reading:
        card = find_card(reading, "toynet")
    assert card is not None
    assert card.default_workload is None


def test_a_backbone_is_an_architecture_at_its_native_size_without_checkpoints(catalog: Catalog) -> None:
    architecture = make_architecture(num_classes=21841, native_size=288, tags=("toynets",))
    with catalog.write() as session:
        facts.save_architectures(session, [architecture])
        save_checkpoints(session, [make_checkpoint()])
    with catalog.read() as reading:
        assert find_backbone(reading, "toynet") == Backbone(architecture, (), 21841, 288)


@pytest.mark.parametrize(
    "architecture",
    [
        make_architecture(family=None),
        make_architecture(num_classes=None),
        make_architecture(native_size=None),
    ],
    ids=["no family", "no classes", "no native size"],
)
def test_a_backbone_that_is_not_described_in_full_is_not_found(
    catalog: Catalog, architecture: Architecture
) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, [architecture])
        save_checkpoints(session, [make_checkpoint()])
    with catalog.read() as reading:
        assert find_backbone(reading, "toynet") is None


def test_an_unknown_backbone_is_not_found(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert find_backbone(session, "no such architecture") is None


# Targets


def test_targets_are_listed_by_id(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_targets(session, [make_target(), OTHER_TARGET])
    with catalog.read() as reading:
        assert find_targets(reading) == [OTHER_TARGET, make_target()]


def test_a_new_catalog_has_no_targets(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert find_targets(session) == []


# Measurements


def find(catalog: Catalog, query: MeasurementQuery) -> list[Measurement]:
    with catalog.read() as session:
        return find_measurements(session, query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (MeasurementQuery(), [3, 2, 1, 0]),
        (MeasurementQuery(architecture="othernet"), [1]),
        (MeasurementQuery(target=OTHER_TARGET.id), [2]),
        (MeasurementQuery(runtime=RuntimeName.PYTORCH), [2, 1]),
        (MeasurementQuery(status=Status.FAILED), [3]),
        (MeasurementQuery(architecture="toynet", runtime=RuntimeName.PYTORCH), [2]),
        (MeasurementQuery(architecture="othernet", status=Status.FAILED), []),
        (MeasurementQuery(architecture="no such architecture"), []),
    ],
    ids=["none", "architecture", "target", "runtime", "status", "two", "contradicting", "unknown"],
)
def test_filters_narrow_the_measurements_newest_first(
    catalog: Catalog, query: MeasurementQuery, expected: list[int]
) -> None:
    measurements = [
        make_measurement("toynet"),
        make_measurement("othernet", runtime=RuntimeName.PYTORCH, measured_at=NOON + SECOND),
        make_measurement(
            "toynet", runtime=RuntimeName.PYTORCH, target=OTHER_TARGET, measured_at=NOON + 2 * SECOND
        ),
        make_measurement("toynet", status=Status.FAILED, measured_at=NOON + 3 * SECOND),
    ]
    store_measurements(catalog, *measurements)
    assert find(catalog, query) == [measurements[position] for position in expected]


def test_samples_come_only_when_asked_for(catalog: Catalog) -> None:
    samples = (make_sample(), make_sample(foreign_cpus=0.25))
    store_measurements(catalog, make_measurement("toynet", samples=samples))
    with catalog.read() as session:
        (without,) = find_measurements(session, MeasurementQuery())
        (with_samples,) = find_measurements(session, MeasurementQuery(), with_samples=True)
    assert success_of(without).samples == ()
    assert success_of(with_samples).samples == samples


def test_the_values_of_a_measurement_are_its_own(catalog: Catalog) -> None:
    store_measurements(
        catalog, *(make_measurement("toynet", 1.0 + threads, threads=threads) for threads in range(1, 9))
    )
    for measurement in find(catalog, MeasurementQuery()):
        latencies = [
            value.value for value in success_of(measurement).values if value.metric is Metric.LATENCY_MS
        ]
        assert latencies == [1.0 + measurement.configuration.stated_threads]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_of_measurements_cover_each_once_even_at_equal_times(catalog: Catalog, limit: int) -> None:
    measurements = [
        make_measurement("toynet", threads=threads, measured_at=NOON + (threads // 4) * SECOND)
        for threads in range(1, 13)
    ]
    store_measurements(catalog, *measurements)
    pages: list[Measurement] = []
    with catalog.read() as session:
        after: tuple[datetime, str] | None = None
        while page := find_measurements(session, MeasurementQuery(), after=after, limit=limit):
            assert len(page) <= limit
            pages += page
            assert len(pages) <= len(measurements), "a page came twice"
            after = (page[-1].measured_at, page[-1].id)
    assert pages == sorted(measurements, key=lambda one: (one.measured_at, one.id), reverse=True)


def test_pages_are_filtered_too(catalog: Catalog) -> None:
    first, second, third = (
        make_measurement("toynet", measured_at=NOON + second * SECOND) for second in range(3)
    )
    store_measurements(catalog, first, second, third, make_measurement("othernet"))
    with catalog.read() as session:
        page = find_measurements(
            session, MeasurementQuery(architecture="toynet"), after=(third.measured_at, third.id), limit=1
        )
    assert page == [second]


def test_a_page_may_begin_at_a_time_of_another_zone(catalog: Catalog) -> None:
    first, second = (make_measurement("toynet", measured_at=NOON + hour * 3600 * SECOND) for hour in range(2))
    store_measurements(catalog, first, second)
    elsewhere = second.measured_at.astimezone(timezone(timedelta(hours=-5)))
    with catalog.read() as session:
        assert find_measurements(session, MeasurementQuery(), after=(elsewhere, second.id)) == [first]


# Cases


def finished(session: ReadSession) -> dict[tuple[str, str], Status]:
    return {one.key: one.status for one in last_measured(session, TARGET_ID)}


def test_the_latest_outcome_of_a_case_counts(catalog: Catalog) -> None:
    case = (make_workload().id, make_measurement("toynet").configuration.id)
    for day, status in enumerate((Status.OK, Status.FAILED, Status.OK)):
        store_measurements(
            catalog, make_measurement("toynet", status=status, measured_at=NOON + timedelta(days=day))
        )
        with catalog.read() as session:
            assert finished(session) == {case: status}


def test_an_outcome_added_late_does_not_overrule_a_newer_one(catalog: Catalog) -> None:
    store_measurements(catalog, make_measurement("toynet"))
    store_measurements(catalog, make_measurement("toynet", status=Status.FAILED, measured_at=NOON - SECOND))
    with catalog.read() as session:
        assert set(finished(session).values()) == {Status.OK}


def test_one_of_the_outcomes_of_one_instant_counts_whatever_the_order_of_storing(catalog: Catalog) -> None:
    runs = sorted((make_measurement("toynet", source=f"run {run}").id, f"run {run}") for run in range(5))
    (_, last), *others = reversed(runs)
    store_measurements(catalog, make_measurement("toynet", source=last, status=Status.FAILED))
    for _, source in others:
        store_measurements(catalog, make_measurement("toynet", source=source))
    with catalog.read() as session:
        assert set(finished(session).values()) == {Status.FAILED}


def test_cases_differ_by_workload_and_by_configuration(catalog: Catalog) -> None:
    measurements = [
        make_measurement("toynet"),
        make_measurement("toynet", threads=2),
        make_measurement("toynet", input_size=256),
        make_measurement("toynet", form=Form.TRAINING),
        make_measurement("toynet", precision=Precision.INT8, status=Status.FAILED),
    ]
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        assert finished(session) == {
            (one.workload.id, one.configuration.id): one.status for one in measurements
        }


def test_a_new_environment_is_no_new_case(catalog: Catalog) -> None:
    store_measurements(
        catalog,
        make_measurement("toynet", environment=make_environment("1.0")),
        make_measurement("toynet", environment=make_environment("2.0")),
    )
    with catalog.read() as session:
        (last,) = last_measured(session, TARGET_ID)
    assert last.environment in {make_environment(version).id for version in ("1.0", "2.0")}
    assert last.protocol_version == 1


def test_only_what_was_measured_on_the_target_itself_is_finished(catalog: Catalog) -> None:
    store_measurements(
        catalog,
        make_measurement("toynet", provenance=Provenance.PUBLISHED),
        make_measurement("toynet", target=OTHER_TARGET),
    )
    with catalog.read() as session:
        assert last_measured(session, TARGET_ID) == []


def test_a_workload_is_counted_once_it_has_counts_or_a_failure(catalog: Catalog) -> None:
    counted = make_counted_workload(input_size=224)
    failed = make_counted_workload(input_size=256, count_failure="no such operator")
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture()])
        save_workloads(session, [counted, failed])
        add_measurements(session, [make_measurement("toynet", input_size=288)])
    ids = [make_workload(input_size=size).id for size in (224, 256, 288, 320)]
    with catalog.read() as reading:
        assert counted_workloads(reading, ids) == {ids[0], ids[1]}
        assert counted_workloads(reading, ids[1:]) == {ids[1]}
        assert counted_workloads(reading, []) == set()


def test_many_workloads_can_be_asked_about_at_once(catalog: Catalog) -> None:
    with catalog.read() as session:
        assert counted_workloads(session, (f"toynet-deployed-1000-{size}" for size in range(5000))) == set()


# Pending samples


def test_pending_samples_come_back_in_the_order_taken(catalog: Catalog) -> None:
    samples = [make_sample(peak_mb=number) for number in (3, 1, 2)]
    for sample in samples:
        with catalog.write() as session:
            add_pending(session, [replace(CASE, sample=sample)])
    with catalog.read() as reading:
        assert pending_samples(reading, CASE) == samples


@pytest.mark.parametrize(
    "other",
    [
        replace(CASE, workload="other"),
        replace(CASE, configuration="other"),
        replace(CASE, target="other"),
        replace(CASE, environment="other"),
        replace(CASE, protocol="other"),
    ],
    ids=["workload", "configuration", "target", "environment", "protocol"],
)
def test_a_pending_sample_belongs_to_one_case_alone(catalog: Catalog, other: PendingSample) -> None:
    with catalog.write() as session:
        add_pending(session, [replace(CASE, sample=make_sample())])
    with catalog.read() as reading:
        assert pending_samples(reading, other) == []


def test_dropping_a_case_forgets_its_pending_samples_of_every_environment_and_protocol(
    catalog: Catalog,
) -> None:
    others = [
        replace(CASE, workload="other"),
        replace(CASE, configuration="other"),
        replace(CASE, target="other"),
    ]
    same = [CASE, replace(CASE, environment="other"), replace(CASE, protocol="other")]
    with catalog.write() as session:
        add_pending(session, [replace(case, sample=make_sample()) for case in (*others, *same)])
        drop_pending(session, CASE)
    with catalog.read() as reading:
        assert [len(pending_samples(reading, case)) for case in others] == [1, 1, 1]
        assert [len(pending_samples(reading, case)) for case in same] == [0, 0, 0]


def test_everything_leaves_out_pending_samples(catalog: Catalog) -> None:
    with catalog.read() as reading:
        before = list(everything(reading))
    with catalog.write() as session:
        add_pending(session, [replace(CASE, sample=make_sample())])
    with catalog.read() as reading:
        assert list(everything(reading)) == before


# Everything


def test_everything_names_what_is_referred_to_before_what_refers(catalog: Catalog) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, [make_architecture()])
        save_checkpoints(session, [make_checkpoint()])
        save_accuracies(session, [make_accuracy()])
        save_workloads(session, [make_counted_workload()])
        add_measurements(session, [make_measurement("toynet")])
    with catalog.read() as reading:
        kinds = list(dict.fromkeys(type(record).__name__ for record in everything(reading)))
    assert kinds == ["Architecture", "Checkpoint", "Accuracy", "Target", "CountedWorkload", "Measurement"]


def test_everything_holds_each_measurement_once_across_its_pages(catalog: Catalog) -> None:
    measurements = [
        make_measurement("toynet", measured_at=NOON + number * SECOND, samples=(make_sample(),))
        for number in range(450)
    ]
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        found = [record for record in everything(session) if isinstance(record, Measurement)]
    assert found == sorted(measurements, key=lambda measurement: measurement.id)


def test_everything_holds_targets_that_were_not_measured(catalog: Catalog) -> None:
    with catalog.write() as session:
        save_targets(session, [OTHER_TARGET])
    with catalog.read() as reading:
        assert [record for record in everything(reading) if isinstance(record, Target)] == [OTHER_TARGET]


# Samples


def test_the_newest_samples_come_last_and_of_no_more_measurements_than_asked_for(catalog: Catalog) -> None:
    hours = [
        make_measurement(
            "toynet", measured_at=NOON + timedelta(hours=hour), samples=(make_sample(peak_mb=hour + 1),)
        )
        for hour in range(4)
    ]
    published = make_measurement("toynet", provenance=Provenance.PUBLISHED, samples=(make_sample(),))
    store_measurements(catalog, *reversed(hours), published)
    with catalog.read() as session:
        found = recent_samples(session, TARGET_ID, 3)
    assert [sample.peak_bytes for sample in found] == [2_000_000, 3_000_000, 4_000_000]
