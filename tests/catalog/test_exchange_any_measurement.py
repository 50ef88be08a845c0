from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.measurements import Failure, Measurement, MetricValue, Success
from catalog.entities.networks import (
    Architecture,
    Workload,
)
from catalog.entities.samples import Beat, Block, Canary, ProcessSample
from catalog.exchange import import_lines
from catalog.storage.database import Catalog
from catalog.storage.finding_measurements import MeasurementQuery, find_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
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
from tests.builders import (
    without_reference,
)
from tests.catalog.exchange_lines import (
    HEADER,
    line_of,
    lines_of,
)


@pytest.fixture
def catalog(catalog: Catalog) -> Catalog:
    """A catalog without the thousands of lines that the reference tables come to."""
    return without_reference(catalog)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # not -0.0
WHOLE = st.integers(0, 2**62)
BEATS = st.builds(
    Beat,
    cpus=WHOLE,
    product_ns=NUMBER,
    network_ns=NUMBER,
    hand_off_ns=NUMBER,
    device_ns=st.none() | NUMBER,
)
BLOCKS = st.builds(
    Block,
    at_s=NUMBER,
    calls=WHOLE,
    before=BEATS,
    after=BEATS,
    foreign_cpus=NUMBER,
    span_ns=st.none() | WHOLE,
)
# The canary of protocols 1 and 2.
CANARIES = st.builds(
    Canary,
    compute_ns=st.lists(WHOLE, max_size=3).map(tuple),
    memory_ns=st.lists(WHOLE, max_size=3).map(tuple),
    quiet_compute_ns=st.none() | NUMBER,
    quiet_memory_ns=st.none() | NUMBER,
)
SAMPLES = st.builds(
    ProcessSample,
    wall_ns=st.lists(WHOLE, max_size=5).map(tuple),
    cpu_ns=st.lists(WHOLE, max_size=5).map(tuple),
    warm_up_calls=WHOLE,
    warm_up_settled=st.booleans(),
    imported_bytes=WHOLE,
    loaded_bytes=WHOLE,
    peak_bytes=WHOLE,
    foreign_cpus=NUMBER,
    deviation=NUMBER,
    affinity=st.lists(WHOLE, max_size=3).map(tuple),
    started_at=TEXT,
    seconds=st.dictionaries(TEXT, NUMBER, max_size=3),
    canary=st.none() | CANARIES,
    blocks=st.lists(BLOCKS, max_size=3).map(tuple),
    quiet_ns=st.none() | NUMBER,
)
VALUES = st.lists(
    st.builds(
        MetricValue,
        metric=st.sampled_from(Metric),
        value=st.none() | NUMBER,
        low=st.none() | NUMBER,
        high=st.none() | NUMBER,
        level=st.none() | NUMBER,
        absent_reason=st.none() | TEXT,
        processes=st.none() | st.integers(0, 2**31 - 1),
        degrees_of_freedom=st.none() | NUMBER,
    ),
    unique_by=lambda value: value.metric,
    max_size=4,
).map(lambda values: tuple(sorted(values, key=lambda value: value.metric)))
SOME_SAMPLES = st.lists(SAMPLES, max_size=2).map(tuple)
SUCCESSES = st.builds(
    Success,
    values=VALUES,
    doubts=st.lists(st.sampled_from(Doubt), max_size=3).map(tuple),
    samples=SOME_SAMPLES,
    set_aside=SOME_SAMPLES,
    interval_target_met=st.none() | st.booleans(),
)
FAILURES = st.builds(Failure, reason=st.sampled_from(FailureReason), detail=st.none() | TEXT)


@st.composite
def measurements(draw: st.DrawFn, numbers: Iterable[int]) -> Measurement:
    """Any measurement, of an architecture, a target and an artefact that no other one shares."""
    number = next(iter(numbers))
    workload = Workload(
        f"net{number}",
        num_classes=draw(st.integers(1, 2**31 - 1)),
        input_size=draw(st.integers(1, 2**31 - 1)),
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
                batch_size=st.integers(1, 2**31 - 1),
                threads=st.none() | st.integers(1, 2**31 - 1),
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
        provenance=draw(st.sampled_from(Provenance)),
        protocol=draw(TEXT),
        protocol_version=draw(st.none() | st.integers(0, 2**31 - 1)),
        measured_at=draw(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        source=draw(TEXT),
        published_table=draw(st.none() | TEXT),
        artefact=draw(st.none() | artefact),
        outcome=draw(SUCCESSES | FAILURES),
    )


def test_any_measurement_survives_being_imported_stored_and_exported(
    catalog: Catalog, sqlite_catalog: Catalog
) -> None:
    @settings(max_examples=30)
    @given(measurements(count()))
    def check(measurement: Measurement) -> None:
        architecture = Architecture(measurement.workload.architecture)
        import_lines(catalog, [HEADER, line_of(architecture), line_of(measurement)])
        with catalog.read() as session:
            query = MeasurementQuery(architecture=architecture.name)
            assert find_measurements(session, query, with_samples=True) == [measurement]

    check()
    exported = lines_of(catalog)
    other = without_reference(sqlite_catalog)
    import_lines(other, exported)
    assert lines_of(other) == exported
