"""Entities with sensible defaults, so that a test names only what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from catalog.entities.configurations import Artefact, Configuration, Environment, Target
from catalog.entities.measurements import Failure, Measurement, MetricValue, Outcome, Success
from catalog.entities.networks import (
    Accuracy,
    Architecture,
    Checkpoint,
    CountedWorkload,
    Counts,
    Stage,
    Workload,
)
from catalog.entities.samples import Beat, Block, ProcessSample
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.tables import CatalogState, Table
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Dataset,
    Device,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TARGET_ID = "test-cpu-2c-abcdef"
# What the canary takes on the quiet machine of these samples.
QUIET_NS = 1_000_000.0


def make_architecture(
    name: str = "toynet",
    *,
    family: str | None = "toynets",
    year: int | None = 2020,
    paper: str | None = None,
    default_tag: str | None = "v1",
    fixed_input: bool | None = False,
    native_size: int | None = 224,
    num_classes: int | None = 1000,
    tags: tuple[str, ...] = (),
    stages: tuple[Stage, ...] = (),
) -> Architecture:
    return Architecture(
        name, family, year, paper, default_tag, fixed_input, native_size, num_classes, tags, stages
    )


def make_checkpoint(
    name: str = "toynet.v1",
    *,
    num_classes: int | None = 1000,
    license: str | None = "apache-2.0",  # noqa: A002 - the field's name
    commercial_use: bool | None = True,
    training_data: tuple[str, ...] = ("imagenet-1k",),
    native_size: int | None = 224,
    training_methods: tuple[str, ...] = ("supervised",),
    hub_id: str | None = None,
) -> Checkpoint:
    """The architecture is what stands before the tag in `name`."""
    return Checkpoint(
        name,
        name.partition(".")[0],
        num_classes,
        license,
        commercial_use,
        training_data,
        native_size,
        training_methods,
        hub_id,
    )


def make_accuracy(
    checkpoint: str = "toynet.v1",
    *,
    top1: float = 75.0,
    top5: float | None = None,
    input_size: int = 224,
    crop_pct: float = 0.875,
    interpolation: str = "bicubic",
    dataset: Dataset = Dataset.IMAGENET_VAL,
    source: str = "a test",
    precision: Precision = Precision.FP32,
) -> Accuracy:
    """`top5` follows `top1` where it is not given."""
    return Accuracy(
        checkpoint,
        dataset,
        input_size,
        crop_pct,
        interpolation,
        top1,
        (top1 + 100) / 2 if top5 is None else top5,
        source,
        precision,
    )


def make_workload(
    architecture: str = "toynet",
    *,
    num_classes: int = 1000,
    input_size: int = 224,
    form: Form = Form.DEPLOYED,
    in_chans: int = 3,
) -> Workload:
    return Workload(architecture, num_classes, input_size, form, in_chans)


def make_counted_workload(
    architecture: str = "toynet",
    *,
    params_m: float = 11.5,
    gmacs: float = 1.8,
    activations_m: float = 2.5,
    operators: Mapping[str, float] | None = None,
    operator_calls: Mapping[str, int] | None = None,
    weights_bytes: int | None = 46_100_000,
    count_failure: str | None = None,
    source: str | None = "a counter",
    num_classes: int = 1000,
    input_size: int = 224,
    form: Form = Form.DEPLOYED,
) -> CountedWorkload:
    """Counted, unless `count_failure` says why not."""
    workload = make_workload(architecture, num_classes=num_classes, input_size=input_size, form=form)
    if count_failure is not None:
        return CountedWorkload(workload, None, count_failure, source)
    counts = Counts(
        params_m,
        gmacs,
        activations_m,
        operators or {"conv": gmacs},
        operator_calls or {"conv": 20, "relu": 17},
        weights_bytes,
    )
    return CountedWorkload(workload, counts, source=source)


def make_target(
    id: str = TARGET_ID,  # noqa: A002 - the field's name
    *,
    kind: Device = Device.CPU,
    label: str = "Test CPU, 2 CPUs",
    identity: Mapping[str, str | int] | None = None,
) -> Target:
    return Target(id, kind, label, identity or {"model_name": "Test CPU", "cpus": 2})


def make_environment(
    runtime_version: str = "1.24.0",
    *,
    driver: str | None = None,
    kernel: str | None = "6.1.0",
    governor: str | None = None,
) -> Environment:
    return Environment(runtime_version, driver, kernel, governor)


def make_artefact(
    workload: Workload | None = None,
    *,
    format: str = "onnx",  # noqa: A002 - the field's name
    precision: Precision = Precision.FP32,
    toolchain: str = "torch 2.15.0, opset 18",
    size_bytes: int = 46_800_000,
    sha256: str | None = None,
    deviation: float | None = 1e-6,
) -> Artefact:
    """Artefacts of different sizes have different hashes, unless `sha256` is given."""
    return Artefact(
        workload or make_workload(),
        format,
        precision,
        toolchain,
        size_bytes,
        sha256 or f"{size_bytes:064x}",
        deviation,
    )


def make_beat(slowdown: float = 1.0, *, cpus: int = 1, on_device: bool = False) -> Beat:
    """A beat of the canary, `slowdown` times as long as on the quiet machine."""
    ns = QUIET_NS * slowdown
    return Beat(cpus, ns, ns, ns, ns if on_device else None)


def make_sample(
    latency_ms: float = 10.0,
    *,
    calls: int = 30,
    blocks: int = 5,
    peak_mb: float = 120.0,
    foreign_cpus: float = 0.0,
    settled: bool = True,
    slowdown: float = 1.0,
    span_ms: float | None = None,
    started_at: str = "2026-01-01T12:00:00+00:00",
) -> ProcessSample:
    """A sample whose calls all took `latency_ms`, all but a microsecond of it on the CPU.

    The calls are shared out among the blocks as evenly as can be, and no block is without a call. Beside each
    block the canary took `slowdown` times its quiet level. `span_ms` is what all calls took together, where
    they overlap. Samples that start at the same time are visits to one process.
    """
    nanoseconds = round(latency_ms * 1e6)
    shares = [calls // blocks + (index < calls % blocks) for index in range(min(blocks, calls))]
    beat = make_beat(slowdown)
    spans = [None if span_ms is None else round(span_ms * 1e6 * share / calls) for share in shares]
    return ProcessSample(
        wall_ns=(nanoseconds,) * calls,
        cpu_ns=(nanoseconds - 1000,) * calls if span_ms is None else (),
        warm_up_calls=6,
        warm_up_settled=settled,
        imported_bytes=40_000_000,
        loaded_bytes=80_000_000,
        peak_bytes=round(peak_mb * 1e6),
        foreign_cpus=foreign_cpus,
        deviation=1e-6,
        affinity=(0,),
        started_at=started_at,
        seconds={"import": 0.125, "load": 0.25, "sample": 0.5},
        span_ns=None if span_ms is None else round(span_ms * 1e6),
        blocks=tuple(
            Block(2.0 * index, share, beat, beat, foreign_cpus, span)
            for index, (share, span) in enumerate(zip(shares, spans, strict=True))
        ),
        quiet_ns=QUIET_NS,
    )


def make_measurement(
    architecture: str = "resnet18",
    latency_ms: float = 10.0,
    low: float | None = None,
    high: float | None = None,
    *,
    peak_memory_mb: float | None = 120.0,
    size_bytes: int | None = 46_800_000,
    num_classes: int = 1000,
    input_size: int = 224,
    form: Form = Form.DEPLOYED,
    in_chans: int = 3,
    runtime: RuntimeName = RuntimeName.ONNXRUNTIME,
    precision: Precision = Precision.FP32,
    batch_size: int = 1,
    threads: int | None = 1,
    device: Device = Device.CPU,
    layout: Layout = Layout.NCHW,
    compiled: bool = False,
    arena: bool | None = None,
    scenario: Scenario = Scenario.SINGLE_STREAM,
    batch_policy: BatchPolicy = BatchPolicy.FIXED,
    target: Target | None = None,
    environment: Environment | None = None,
    measured_at: datetime = NOON,
    status: Status = Status.OK,
    reason: FailureReason = FailureReason.RUNTIME_ERROR,
    detail: str | None = "the runtime said no",
    doubts: tuple[Doubt, ...] = (),
    provenance: Provenance = Provenance.MEASURED,
    protocol: str = "1",
    protocol_version: int | None = 1,
    source: str = "a test",
    published_table: str | None = None,
    values: tuple[MetricValue, ...] = (),
    samples: tuple[ProcessSample, ...] = (),
    set_aside: tuple[ProcessSample, ...] = (),
    interval_target_met: bool | None = None,
) -> Measurement:
    """A measurement whose interval is [low, high], by default 2 % below and 3 % above `latency_ms`.

    Where `status` is failed, it has `reason` and `detail`, and neither numbers nor an artefact. `values` are
    added to the latency and the peak memory, in the order in which the catalog gives them back (by
    metric). `peak_memory_mb` or `size_bytes` None leaves that number out.
    """
    workload = make_workload(
        architecture, num_classes=num_classes, input_size=input_size, form=form, in_chans=in_chans
    )
    configuration = Configuration(
        runtime,
        precision=precision,
        batch_size=batch_size,
        threads=threads,
        device=device,
        layout=layout,
        compiled=compiled,
        arena=arena,
        scenario=scenario,
        batch_policy=batch_policy,
    )
    ok = status is Status.OK
    numbers = list(values)
    outcome: Outcome
    if ok:
        low = latency_ms * 0.98 if low is None else low
        high = latency_ms * 1.03 if high is None else high
        numbers.append(MetricValue(Metric.LATENCY_MS, latency_ms, low, high, 0.95))
        if peak_memory_mb is not None:
            numbers.append(MetricValue(Metric.PEAK_MEMORY_MB, peak_memory_mb))
        in_order = tuple(sorted(numbers, key=lambda number: number.metric))
        outcome = Success(in_order, doubts, samples, set_aside, interval_target_met)
    else:
        outcome = Failure(reason, detail)
    return Measurement(
        workload=workload,
        configuration=configuration,
        target=target or make_target(),
        environment=environment or make_environment(),
        provenance=provenance,
        protocol=protocol,
        protocol_version=protocol_version,
        measured_at=measured_at,
        source=source,
        published_table=published_table,
        outcome=outcome,
        artefact=(
            make_artefact(workload, precision=precision, size_bytes=size_bytes)
            if ok and size_bytes is not None
            else None
        ),
    )


def success_of(measurement: Measurement) -> Success:
    """The outcome of a measurement that has numbers."""
    assert isinstance(measurement.outcome, Success)
    return measurement.outcome


def replace_success(measurement: Measurement, **changes: Any) -> Measurement:
    """The measurement with these fields of its success changed."""
    return replace(measurement, outcome=replace(success_of(measurement), **changes))


def failure_of(measurement: Measurement) -> Failure:
    """The outcome of a measurement that failed."""
    assert isinstance(measurement.outcome, Failure)
    return measurement.outcome


def store_measurements(catalog: Catalog, *measurements: Measurement) -> int:
    """Add the measurements in one commit, with their architectures; returns how many were new."""
    names = sorted({measurement.workload.architecture for measurement in measurements})
    with catalog.write() as session:
        save_architectures(session, [Architecture(name) for name in names])
        return add_measurements(session, measurements)


def without_reference(catalog: Catalog) -> Catalog:
    """The catalog, emptied of the reference tables' rows; it will not load them again by itself."""
    with catalog.write() as session:
        for table in reversed(Table.metadata.sorted_tables):
            if table.name != CatalogState.__tablename__:
                session.execute(table.delete())
    return catalog
