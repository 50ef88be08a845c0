from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.measurements import Failure, Measurement, MetricValue, Success, Withdrawal
from catalog.entities.networks import (
    Architecture,
    Workload,
)
from catalog.entities.node_profiles import AttributedOperators, NodeProfile, ProfiledNode
from catalog.entities.samples import Beat, Block, Canary, ProcessSample
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import (
    BatchPolicy,
    Device,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
)
from tests.builders import NOON, replace_success, without_reference
from tests.catalog.exchange.lines import (
    HEADER,
    import_lines,
    line_of,
    lines_of,
)

pytestmark = pytest.mark.empty_catalog


# What is seen. The border refuses the rest.
SEEN = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
TEXT = st.text(SEEN, max_size=20)
NUMBER = st.floats(1, 1e6)
WHOLE = st.integers(1, 2**31 - 1)
BEATS = st.builds(
    Beat,
    cpus=st.integers(1, 1024),
    product_ns=NUMBER,
    network_ns=NUMBER,
    hand_off_ns=NUMBER,
    device_ns=st.none() | NUMBER,
)
# The canary of protocols 1 and 2.
CANARIES = st.builds(
    Canary,
    compute_ns=st.lists(WHOLE, max_size=3).map(tuple),
    memory_ns=st.lists(WHOLE, max_size=3).map(tuple),
    quiet_compute_ns=st.none() | NUMBER,
    quiet_memory_ns=st.none() | NUMBER,
)


@st.composite
def samples(draw: st.DrawFn) -> ProcessSample:
    """A sample whose calls are all in its blocks."""
    shares = draw(st.lists(st.integers(1, 3), max_size=3))
    calls = st.lists(WHOLE, min_size=sum(shares), max_size=sum(shares)).map(tuple)
    block = st.builds(
        Block,
        at_s=NUMBER,
        calls=st.just(1),
        before=BEATS,
        after=BEATS,
        foreign_cpus=NUMBER,
        span_ns=st.none() | WHOLE,
    )
    return draw(
        st.builds(
            ProcessSample,
            wall_ns=calls,
            cpu_ns=st.just(()) | calls,
            warm_up_calls=WHOLE,
            warm_up_settled=st.booleans(),
            imported_bytes=st.none() | WHOLE,
            loaded_bytes=st.none() | WHOLE,
            peak_bytes=st.none() | WHOLE,
            foreign_cpus=NUMBER,
            deviation=NUMBER,
            affinity=st.lists(st.integers(0, 1023), max_size=3).map(tuple),
            started_at=TEXT,
            seconds=st.dictionaries(TEXT, NUMBER, max_size=3),
            canary=st.none() | CANARIES,
            blocks=st.just(tuple(replace(draw(block), calls=share) for share in shares)),
            quiet_ns=st.none() | NUMBER,
        )
    )


@st.composite
def metric_values(draw: st.DrawFn, metric: Metric) -> MetricValue:
    """Any number of a case: with an interval, without one, or absent."""
    low, value, high = sorted(draw(st.lists(NUMBER, min_size=3, max_size=3)))
    processes = draw(st.none() | st.integers(2, 1000))
    freedom = draw(st.none() | NUMBER)
    return draw(
        st.sampled_from(
            (
                MetricValue(metric, value, low, high, 0.95, None, processes, freedom),
                MetricValue(metric, value, processes=processes),
            )
        )
    )


OF_CASES = [metric for metric in Metric if metric.subject is Subject.CASE]
ABSENT = st.builds(
    MetricValue, metric=st.just(Metric.DEVICE_MEMORY_MB), value=st.none(), absent_reason=st.none() | TEXT
)
VALUES = (
    st.lists(
        st.sampled_from([metric for metric in OF_CASES if metric is not Metric.DEVICE_MEMORY_MB]),
        min_size=1,
        unique=True,
    )
    .flatmap(lambda metrics: st.tuples(*map(metric_values, metrics), ABSENT))
    .map(lambda values: tuple(sorted(values, key=lambda value: value.metric)))
)
SOME_SAMPLES = st.lists(samples(), max_size=2).map(tuple)
SIDES = st.lists(st.integers(0, 2**31 - 1), max_size=4).map(tuple)
NAMES = st.lists(TEXT, max_size=2).map(tuple)
NODES = st.builds(
    ProfiledNode,
    name=TEXT,
    operator=TEXT,
    inputs=st.lists(SIDES, max_size=2).map(tuple),
    outputs=st.lists(SIDES, max_size=2).map(tuple),
    times_us=st.lists(NUMBER, max_size=3).map(tuple),
    variant=st.none() | TEXT,
    attributes=st.dictionaries(TEXT, SIDES, max_size=2),
    made_of=NAMES,
    reads=NAMES,
    writes=NAMES,
)
OPERATORS = st.builds(
    AttributedOperators,
    kind=NAMES,
    before=NAMES,
    after=NAMES,
    numbers=st.lists(SIDES, max_size=2).map(tuple),
    group=st.lists(st.integers(-1, 9), max_size=2).map(tuple),
    group_ns=st.lists(NUMBER, max_size=2).map(tuple),
    matched=st.floats(0, 1),
)
NODE_PROFILES = st.builds(
    NodeProfile,
    calls_us=st.lists(NUMBER, max_size=3).map(tuple),
    nodes=st.lists(NODES, max_size=2).map(tuple),
    operators=st.none() | OPERATORS,
    absent_reason=st.none() | TEXT,
)
SUCCESSES = st.builds(
    Success,
    values=VALUES,
    doubts=st.lists(st.sampled_from(Doubt), max_size=3).map(tuple),
    samples=SOME_SAMPLES,
    set_aside=SOME_SAMPLES,
    interval_target_met=st.none() | st.booleans(),
    node_profile=st.none() | NODE_PROFILES,
)
FAILURES = st.builds(
    Failure, reason=st.sampled_from(FailureReason), detail=st.none() | TEXT | TEXT.map("{}\n".format)
)


@st.composite
def measurements(draw: st.DrawFn, numbers: Iterable[int]) -> Measurement:
    """Any measurement, of an architecture, a target and an artefact that no other one shares."""
    number = next(iter(numbers))
    workload = Workload(
        f"net{number}",
        num_classes=draw(st.integers(0, 10**7)),
        input_size=draw(st.integers(1, 10**5)),
        form=draw(st.sampled_from(Form)),
    )
    artefact = st.builds(
        Artefact,
        workload=st.just(workload),
        format=TEXT,
        precision=st.sampled_from(Precision),
        toolchain=TEXT,
        bytes=WHOLE,
        sha256=st.just(f"{number:064x}"),
        deviation=st.none() | NUMBER,
    )
    return Measurement(
        workload=workload,
        configuration=draw(
            st.builds(
                Configuration,
                runtime=st.sampled_from(RuntimeName),
                precision=st.sampled_from(Precision),
                batch_size=st.integers(1, 10**7),
                threads=st.none() | st.integers(1, 10**6),
                device=st.sampled_from(Device),
                layout=st.sampled_from(Layout),
                compiled=st.booleans(),
                arena=st.none() | st.booleans(),
                scenario=st.sampled_from(Scenario),
                batch_policy=st.sampled_from(BatchPolicy),
            )
        ),
        target=Target(
            f"target{number}",
            draw(st.sampled_from(Device)),
            draw(TEXT),
            draw(st.dictionaries(TEXT, TEXT | WHOLE, max_size=4)),
        ),
        environment=draw(
            st.builds(
                Environment,
                runtime_version=TEXT,
                driver=st.none() | TEXT,
                kernel=st.none() | TEXT,
                governor=st.none() | TEXT,
            )
        ),
        # What was measured here follows from its samples.
        provenance=draw(st.sampled_from((Provenance.PUBLISHED, Provenance.ESTIMATED))),
        protocol=draw(TEXT),
        protocol_version=draw(st.none() | st.integers(0, 10**6)),
        measured_at=draw(st.datetimes(datetime(2019, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        source=draw(TEXT),
        published_table=draw(st.none() | TEXT),
        artefact=draw(st.none() | artefact),
        outcome=draw(SUCCESSES | FAILURES),
        withdrawn=draw(st.none() | st.builds(Withdrawal, reason=TEXT.map("{}!".format), at=st.just(NOON))),
    )


def marked(measurement: Measurement) -> Measurement:
    """What nobody measured is told apart from what ships. An export has it as it came."""
    if not isinstance(measurement.outcome, Success):
        return measurement
    return replace_success(measurement, doubts=(*measurement.outcome.doubts, Doubt.IMPORTED))


def test_any_measurement_survives_being_imported_stored_and_exported(
    catalog: Catalog, sqlite_catalog: Catalog
) -> None:
    @settings(max_examples=30)
    @given(measurements(count()))
    def check(measurement: Measurement) -> None:
        architecture = Architecture(measurement.workload.architecture)
        import_lines(catalog, [HEADER, line_of(architecture), line_of(measurement)])
        with catalog.read() as session:
            query = MeasurementQuery(architecture=architecture.name, withdrawn=True)
            found = find_measurements(session, query, with_samples=True, with_node_profiles=True)
            assert found == [marked(measurement)]

    check()
    exported = lines_of(catalog)
    other = without_reference(sqlite_catalog)
    import_lines(other, exported)
    assert lines_of(other) == exported
