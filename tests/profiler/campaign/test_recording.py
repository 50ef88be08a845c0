from dataclasses import replace

import pytest

from catalog.entities.configurations import Configuration, Environment, Target
from catalog.entities.measurements import Failure
from catalog.entities.networks import Architecture, Workload
from catalog.statistics.between_campaigns import Spread
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Provenance, RuntimeName, Status
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.campaign.recording import Recorder
from profiler.campaign.rounds import Failed, Measured
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.summary import metric_values
from tests.builders import failure_of, make_sample, success_of
from tests.fakes.campaign import fake_environment, make_visit, started_at
from tests.profiler.campaign.bench import PLAN

TARGET = Target("fake-2c", Device.CPU, "Fake, 2 CPUs", {"cpus": 2})
CASE = Case(Workload("alpha", 1000, 224), Configuration(RuntimeName.OPENVINO))
OTHER = Case(Workload("beta", 1000, 224), Configuration(RuntimeName.OPENVINO))
VISITS = tuple(
    make_visit(latency, process) for latency, process in ((10.0, 0), (10.1, 0), (9.9, 1), (10.0, 0))
)
SAMPLES = tuple(
    make_sample(latency, started_at=started_at(process)) for process, latency in enumerate((10.0, 10.1, 9.9))
)


@pytest.fixture
def recorder(sqlite_catalog: Catalog) -> Recorder:
    with sqlite_catalog.write() as session:
        save_architectures(session, [Architecture("alpha", "fake")])
    return Recorder(sqlite_catalog, TARGET, PLAN, fake_environment)


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> CachedArtefact:
    cache = ArtefactCache(tmp_path_factory.mktemp("cache"), 1e9)
    return cache.make(CASE.workload, Format.ONNX, lambda path: float(path.write_bytes(b"weights")))


def test_visits_are_pending_in_the_order_made_until_their_case_ends(
    recorder: Recorder, made: CachedArtefact
) -> None:
    for visit in VISITS:
        recorder.add(CASE, visit)
    recorder.add(OTHER, VISITS[0])
    assert recorder.pending(CASE) == list(VISITS)
    recorder.measured(Measured(CASE, SAMPLES), made.artefact)
    assert recorder.pending(CASE) == []
    assert recorder.pending(OTHER) == [VISITS[0]]


def test_a_case_that_fails_keeps_no_pending_visits(recorder: Recorder) -> None:
    recorder.add(CASE, VISITS[0])
    recorder.failed(Failed(CASE, CaseFailed(FailureReason.CRASHED, "SIGSEGV")), None)
    assert recorder.pending(CASE) == []


def test_no_more_visits_are_pending_than_a_case_may_have(recorder: Recorder) -> None:
    shorter = replace(recorder, plan=replace(PLAN, max_blocks=2))
    for visit in VISITS:
        shorter.add(CASE, visit)
    assert shorter.pending(CASE) == list(VISITS[:2])


@pytest.mark.parametrize("change", ["environment", "protocol", "target"])
def test_visits_under_other_circumstances_are_not_pending(recorder: Recorder, change: str) -> None:
    recorder.add(CASE, VISITS[0])
    others = {
        "environment": replace(recorder, environment_of=lambda runtime: Environment("openvino 2.0")),
        "protocol": replace(recorder, plan=replace(PLAN, block_s=7.0)),
        "target": replace(recorder, target=replace(TARGET, id="another")),
    }
    assert others[change].pending(CASE) == []


def test_a_measurement_has_numbers_and_all_samples(recorder: Recorder, made: CachedArtefact) -> None:
    measurement = recorder.measured(Measured(CASE, SAMPLES), made.artefact)
    assert (measurement.status, measurement.provenance) == (Status.OK, Provenance.MEASURED)
    assert measurement.environment == fake_environment(RuntimeName.OPENVINO)
    assert measurement.artefact == made.artefact
    assert measurement.protocol == PLAN.protocol
    assert success_of(measurement).samples == SAMPLES
    assert success_of(measurement).values == metric_values(SAMPLES, CASE.configuration)
    latency = success_of(measurement).values[0]
    assert latency.metric is Metric.LATENCY_MS
    assert latency.value is not None
    assert 9.8 < latency.value < 10.2
    assert stored(recorder) == [measurement.id]


@pytest.mark.parametrize(("target", "met"), [(0.5, True), (0.001, False)])
def test_whether_the_interval_is_as_narrow_as_it_was_asked_for_is_recorded(
    recorder: Recorder, made: CachedArtefact, target: float, met: bool
) -> None:
    asking = replace(recorder, plan=replace(PLAN, interval_target=target))
    measurement = asking.measured(Measured(CASE, SAMPLES), made.artefact)
    assert success_of(measurement).interval_target_met is met
    assert success_of(measurement).doubts == (() if met else (Doubt.IMPRECISE,))


def test_what_campaigns_part_by_is_in_the_interval_and_in_its_doubt(
    recorder: Recorder, made: CachedArtefact
) -> None:
    steady = recorder.measured(Measured(CASE, SAMPLES), made.artefact)
    parting = replace(recorder, campaigns=Spread(0.2, 8)).measured(Measured(CASE, SAMPLES), made.artefact)
    (narrow, wide) = (success_of(one).values[0] for one in (steady, parting))
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < 0.9 * narrow.low
    assert [success_of(one).interval_target_met for one in (steady, parting)] == [True, False]
    assert Doubt.IMPRECISE in success_of(parting).doubts


def test_a_failure_has_its_reason_and_no_numbers(recorder: Recorder, made: CachedArtefact) -> None:
    failure = CaseFailed(FailureReason.WRONG_OUTPUT, "the deviation is 0.3")
    measurement = recorder.failed(Failed(CASE, failure), made.artefact)
    assert (measurement.status, failure_of(measurement).reason) == (Status.FAILED, FailureReason.WRONG_OUTPUT)
    assert measurement.outcome == Failure(FailureReason.WRONG_OUTPUT, "the deviation is 0.3")


def stored(recorder: Recorder) -> list[str]:
    """The ids of the target's measurements."""
    with recorder.catalog.read() as session:
        measurements = find_measurements(session, MeasurementQuery(target=TARGET.id), with_samples=True)
    return [measurement.id for measurement in measurements]
