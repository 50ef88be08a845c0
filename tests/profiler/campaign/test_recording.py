from dataclasses import replace

import pytest

from catalog.entities.configurations import Configuration, Environment, Target
from catalog.entities.measurements import Failure
from catalog.entities.networks import Architecture, Workload
from catalog.storage.database import Catalog
from catalog.storage.facts import save_architectures
from catalog.storage.finding_measurements import MeasurementQuery, find_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Provenance, RuntimeName, Status
from profiler.artefacts.cache import ArtefactCache, CachedArtefact, Format
from profiler.campaign.recording import Recorder
from profiler.campaign.rounds import Failed, Measured
from profiler.cases import Case
from profiler.failures import CaseFailed
from profiler.protocol.plan import SamplingPlan
from tests.builders import failure_of, make_sample, success_of
from tests.fakes.campaign import fake_environment

TARGET = Target("fake-2c", Device.CPU, "Fake, 2 CPUs", {"cpus": 2})
CASE = Case(Workload("alpha", 1000, 224), Configuration(RuntimeName.OPENVINO))
OTHER = Case(Workload("beta", 1000, 224), Configuration(RuntimeName.OPENVINO))
SAMPLES = tuple(make_sample(latency) for latency in (10.0, 10.1, 9.9))


@pytest.fixture
def recorder(sqlite_catalog: Catalog) -> Recorder:
    with sqlite_catalog.write() as session:
        save_architectures(session, [Architecture("alpha", "fake")])
    return Recorder(sqlite_catalog, TARGET, SamplingPlan(processes=3, max_processes=3), fake_environment)


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> CachedArtefact:
    cache = ArtefactCache(tmp_path_factory.mktemp("cache"), 1e9)
    return cache.make(CASE.workload, Format.ONNX, lambda path: float(path.write_bytes(b"weights")))


def test_samples_are_pending_in_the_order_taken_until_their_case_ends(
    recorder: Recorder, made: CachedArtefact
) -> None:
    for sample in SAMPLES:
        recorder.add(CASE, sample)
    recorder.add(OTHER, SAMPLES[0])
    assert recorder.pending(CASE) == list(SAMPLES)
    recorder.measured(Measured(CASE, SAMPLES, ()), made.artefact)
    assert recorder.pending(CASE) == []
    assert recorder.pending(OTHER) == [SAMPLES[0]]


def test_a_case_that_fails_keeps_no_pending_samples(recorder: Recorder) -> None:
    recorder.add(CASE, SAMPLES[0])
    recorder.failed(Failed(CASE, CaseFailed(FailureReason.CRASHED, "SIGSEGV"), 2), None)
    assert recorder.pending(CASE) == []


def test_no_more_samples_are_pending_than_a_case_may_take(recorder: Recorder) -> None:
    longer = replace(recorder, plan=replace(recorder.plan, max_processes=2))
    for sample in SAMPLES:
        longer.add(CASE, sample)
    assert longer.pending(CASE) == list(SAMPLES[:2])


@pytest.mark.parametrize("change", ["environment", "protocol", "target"])
def test_samples_under_other_circumstances_are_not_pending(recorder: Recorder, change: str) -> None:
    recorder.add(CASE, SAMPLES[0])
    others = {
        "environment": replace(recorder, environment_of=lambda runtime: Environment("openvino 2.0")),
        "protocol": replace(recorder, plan=replace(recorder.plan, min_calls=31)),
        "target": replace(recorder, target=replace(TARGET, id="another")),
    }
    assert others[change].pending(CASE) == []


def test_a_measurement_has_numbers_doubts_and_all_samples(recorder: Recorder, made: CachedArtefact) -> None:
    aside = (make_sample(30.0, foreign_cpus=1.0),)
    measurement = recorder.measured(Measured(CASE, SAMPLES, aside), made.artefact)
    assert (measurement.status, measurement.provenance) == (Status.OK, Provenance.MEASURED)
    assert measurement.environment == fake_environment(RuntimeName.OPENVINO)
    assert measurement.artefact == made.artefact
    assert (success_of(measurement).samples, success_of(measurement).set_aside) == (SAMPLES, aside)
    latency = success_of(measurement).values[0]
    assert (latency.metric, latency.value) == (Metric.LATENCY_MS, 10.0)
    assert stored(recorder) == [measurement.id]


@pytest.mark.parametrize(("target", "met"), [(0.5, True), (0.001, False)])
def test_whether_the_interval_is_as_narrow_as_it_was_asked_for_is_recorded(
    recorder: Recorder, made: CachedArtefact, target: float, met: bool
) -> None:
    asking = replace(recorder, plan=replace(recorder.plan, interval_target=target))
    measurement = asking.measured(Measured(CASE, SAMPLES, ()), made.artefact)
    assert success_of(measurement).interval_target_met is met
    assert success_of(measurement).doubts == (() if met else (Doubt.IMPRECISE,))


def test_a_failure_has_its_reason_and_no_numbers(recorder: Recorder, made: CachedArtefact) -> None:
    failure = CaseFailed(FailureReason.WRONG_OUTPUT, "the deviation is 0.3")
    measurement = recorder.failed(Failed(CASE, failure, 1), made.artefact)
    assert (measurement.status, failure_of(measurement).reason) == (Status.FAILED, FailureReason.WRONG_OUTPUT)
    assert measurement.outcome == Failure(FailureReason.WRONG_OUTPUT, "the deviation is 0.3")


def stored(recorder: Recorder) -> list[str]:
    """The ids of the target's measurements."""
    with recorder.catalog.read() as session:
        measurements = find_measurements(session, MeasurementQuery(target=TARGET.id), with_samples=True)
    return [measurement.id for measurement in measurements]
