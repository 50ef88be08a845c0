"""The one schema of what may enter a catalog."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest

from catalog.border.checking import checks_of, fault_of, refuse_implausible
from catalog.border.ranges import OF_METRIC
from catalog.entities.measurements import Measurement, MetricValue, Withdrawal
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload
from catalog.entities.samples import CpuClock, DeviceReading
from catalog.errors import RecordRefused
from catalog.reference.speeds import published
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Provenance, Scenario, Status
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_artefact,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    make_target,
    make_workload,
    replace_success,
)
from tests.reference_tables import WHOLE

KINDS = (Architecture, Checkpoint, Accuracy, CountedWorkload, Measurement)
MEASURED = make_measurement("toynet", samples=(make_sample(), make_sample()))


def parts_of(kind: type[Any]) -> Iterator[type[Any]]:
    """The dataclasses that a record of `kind` is made of."""
    yield kind
    for annotation in get_type_hints(kind).values():
        for member in (annotation, *get_args(annotation)):
            for inner in (member, *get_args(member)):
                if isinstance(inner, type) and is_dataclass(inner):
                    yield from parts_of(inner)


@pytest.mark.parametrize("kind", sorted({part for kind in KINDS for part in parts_of(kind)}, key=str))
def test_every_number_and_every_text_of_a_record_is_tested(kind: Any) -> None:
    tested = {name for name, _ in checks_of(kind)}
    hints = get_type_hints(kind)
    for field in fields(kind):
        members = {hints[field.name], *get_args(hints[field.name])}
        assert field.name in tested or not members & {int, float, str}, field.name


def test_every_metric_has_a_plausible_range() -> None:
    assert set(OF_METRIC) == set(Metric)
    assert all(plausible.least < plausible.most for plausible in OF_METRIC.values())


def test_what_ships_is_plausible() -> None:
    records: list[Any] = [described.architecture() for described in WHOLE.architectures()]
    records += [described.checkpoint() for described in WHOLE.checkpoints()]
    workloads = WHOLE.workloads()
    records += workloads
    records += [accuracy for of_file in WHOLE.accuracies().values() for accuracy in of_file]
    index = published.WorkloadIndex.of(workloads, WHOLE.aliases())
    for source, rows in WHOLE.speeds().items():
        records += published.measurements(source, rows, index)
    assert [(record, fault) for record in records if (fault := fault_of(record)) is not None] == []


@pytest.mark.parametrize(
    "record",
    [
        MEASURED,
        make_measurement("toynet", status=Status.FAILED),
        make_measurement("toynet", status=Status.FAILED, detail="two\nlines\tand a tab"),
        make_measurement("toynet", measured_at=datetime.now(UTC) + timedelta(hours=20)),
        make_accuracy(top1=0.0, top5=0.0),
        make_accuracy(top1=100.0, top5=100.0),
        make_checkpoint("toynet.V_2+x-1"),
        make_target(label="Intel® Core™ größer", identity={"cpus": 4, "vendor": "4"}),
    ],
)
def test_what_can_be_has_no_fault(record: Any) -> None:
    assert fault_of(record) is None


def number(**changes: Any) -> Measurement:
    """A measurement whose only number is a latency with these changes."""
    value = MetricValue(Metric.LATENCY_MS, 10.0, 9.8, 10.3, 0.95)
    return replace_success(make_measurement("toynet"), values=(replace(value, **changes),))


IMPOSSIBLE: dict[str, tuple[Any, str, str]] = {
    "a level in percent": (number(level=95.0), "outcome.values.0.level", "0 to 1, both excluded"),
    "a level of 1": (number(level=1.0), "outcome.values.0.level", "both excluded"),
    "a level of 0": (number(level=0.0), "outcome.values.0.level", "both excluded"),
    "no latency": (
        number(value=0.0, low=None, high=None, level=None),
        "outcome.values.0.value",
        "0 ms is no",
    ),
    "a negative latency": (number(value=-5.0), "outcome.values.0.value", "-5 ms is no latency_ms"),
    "a tiny latency": (number(value=1e-300), "outcome.values.0.value", "1e-300 ms"),
    "an endless latency": (number(value=1e308), "outcome.values.0", "1e"),
    "low above high": (number(low=11.0), "outcome.values.0", "not in this order"),
    "a value outside of its interval": (number(value=10.4), "outcome.values.0", "not in this order"),
    "half an interval": (number(high=None), "outcome.values.0", "Give all three, or none"),
    "an interval without a level": (number(level=None), "outcome.values.0", "Give all three, or none"),
    "an interval of no value": (number(value=None), "outcome.values.0", "not in this order"),
    "a low of 0": (number(low=0.0), "outcome.values.0.low", "0 ms"),
    "negative processes": (number(processes=-3), "outcome.values.0.processes", "-3 is not plausible"),
    "no processes": (number(processes=0), "outcome.values.0.processes", "0 is not plausible"),
    "an interval of one process": (
        number(processes=1),
        "outcome.values.0.processes",
        "no degrees of freedom",
    ),
    "no degrees of freedom": (number(degrees_of_freedom=0.0), "outcome.values.0.degrees_of_freedom", "0"),
    "a fact of a checkpoint": (
        replace_success(MEASURED, values=(MetricValue(Metric.TOP1, 99.9),)),
        "outcome.values.0.metric",
        "top1 is no number of a case",
    ),
    "a fact of a network": (
        replace_success(MEASURED, values=(MetricValue(Metric.GMACS, 0.1),)),
        "outcome.values.0.metric",
        "gmacs is no number of a case",
    ),
    "a size of a file": (
        replace_success(MEASURED, values=(MetricValue(Metric.SIZE_MB, 0.1),)),
        "outcome.values.0.metric",
        "size_mb is no number of a case",
    ),
    "a success without numbers": (replace_success(MEASURED, values=()), "outcome.values", "has no number"),
    "a success of absent numbers": (
        replace_success(MEASURED, values=(MetricValue(Metric.LATENCY_MS, None, absent_reason="none"),)),
        "outcome.values",
        "has no number",
    ),
    "a metric twice": (
        replace_success(MEASURED, values=(MetricValue(Metric.LATENCY_MS, 10.0),) * 2),
        "outcome.values",
        "occurs twice",
    ),
    "the year 2999": (
        replace(MEASURED, measured_at=datetime(2999, 1, 1, tzinfo=UTC)),
        "measured_at",
        "2999-01-01 is in the future",
    ),
    "two days ahead": (
        replace(MEASURED, measured_at=datetime.now(UTC) + timedelta(days=2)),
        "measured_at",
        "in the future",
    ),
    "before timm": (
        replace(MEASURED, measured_at=datetime(1970, 1, 1, tzinfo=UTC)),
        "measured_at",
        "1970-01-01 is before 2019",
    ),
    "another workload's artefact": (
        replace(MEASURED, artefact=make_artefact(make_workload("othernet"))),
        "artefact.workload",
        "The artefact is of othernet-deployed-1000-224",
    ),
    "an artefact of no bytes": (
        replace(MEASURED, artefact=make_artefact(MEASURED.workload, size_bytes=0)),
        "artefact.bytes",
        "0 is not plausible",
    ),
    "a counted measurement": (replace(MEASURED, provenance=Provenance.COUNTED), "provenance", "a fact"),
    "no input": (make_measurement("toynet", input_size=0), "workload.input_size", "0 is not plausible"),
    "a huge batch": (make_measurement("toynet", batch_size=10**12), "configuration.batch_size", "1e+12"),
    "a number without end": (
        make_measurement("toynet", batch_size=10**400),
        "configuration.batch_size",
        "A number of 401 digits",
    ),
    "accuracies of 150 %": (make_accuracy(top1=150.0, top5=150.0), "top1", "It can be 0 to 100"),
    "a negative accuracy": (make_accuracy(top1=-1.0), "top1", "-1 is not plausible"),
    "top1 above top5": (make_accuracy(top1=90.0, top5=80.0), "top5", "less than top1"),
    "a network without MACs": (make_counted_workload(gmacs=0.0), "counts.gmacs", "0 is not plausible"),
    "negative parameters": (make_counted_workload(params_m=-1.0), "counts.params_m", "-1"),
    "negative MACs of an operator": (
        make_counted_workload(operators={"conv": -1.0}),
        "counts.operators.conv",
        "-1",
    ),
    "a year of no computers": (make_architecture(year=20), "year", "20 is not plausible"),
    "a checkpoint of another network": (
        replace(make_checkpoint(), architecture="othernet"),
        "name",
        "is named othernet.TAG",
    ),
    "the alias of this machine": (make_target("local"), "id", "the machine that answers"),
    "a call of no time": (
        replace_success(MEASURED, samples=(replace(make_sample(), wall_ns=(0,) * 30),)),
        "outcome.samples.0.wall_ns.0",
        "0 is not plausible",
    ),
    "blocks of other calls": (
        replace_success(MEASURED, samples=(replace(make_sample(), wall_ns=(10_000_000,) * 31),)),
        "outcome.samples.0.blocks",
        "31 calls",
    ),
    "a withdrawal without a reason": (
        replace(MEASURED, withdrawn=Withdrawal(" ", NOON)),
        "withdrawn.reason",
        "empty",
    ),
}


@pytest.mark.parametrize(("record", "field", "complaint"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_named_with_its_field(record: Any, field: str, complaint: str) -> None:
    fault = fault_of(record)
    assert fault is not None
    assert fault.field.startswith(field)
    assert complaint in fault.complaint
    assert fault.complaint.endswith(".")
    with pytest.raises(RecordRefused, match="cannot be stored"):
        refuse_implausible([MEASURED, record])


# Names and texts


EVIL = {
    "a shell's command": "net; $(touch x)",
    "an escape": "net\x1b[31m",
    "a line break": "net\nwork",
    "a mark of direction": "net\u202egnp",
    "a space": "my net",
    "an option": "--force",
    "markup": "net|`x`",
    "a path": "../net",
    "nothing": "",
    "too long": "n" * 201,
}


@pytest.mark.parametrize("name", EVIL.values(), ids=EVIL)
def test_a_name_consists_of_what_means_nothing_elsewhere(name: str) -> None:
    for record, field in (
        (make_architecture(name), "name"),
        (replace(make_checkpoint(), name=f"toynet.{name}"), "name"),
        (make_target(name), "id"),
        (make_counted_workload(name), "workload.architecture"),
    ):
        if field == "name" and isinstance(record, Checkpoint) and name in ("--force", "", "../net"):
            continue  # a tag may begin with anything that a tag may hold
        fault = fault_of(record)
        assert fault is not None
        assert fault.field == field


@pytest.mark.parametrize("text", ["a\x1b[2J", "two\nlines", "\u202egnp", "\x9b31m", "\ufeff"])
def test_other_texts_are_one_line_of_what_is_seen(text: str) -> None:
    for record, field in (
        (make_target(label=text), "label"),
        (make_target(identity={"model": text}), "identity.model"),
        (make_target(identity={text: "x"}), "identity"),
        (make_measurement("toynet", source=text), "source"),
        (make_checkpoint(license=text), "license"),
        (make_architecture(tags=("a", text)), "tags.1"),
    ):
        fault = fault_of(record)
        assert fault is not None
        assert fault.field == field


# Numbers and their samples


def test_a_number_lies_between_the_least_and_the_most_of_its_samples() -> None:
    for latency, plausible in ((9.9, False), (10.0, True), (11.0, True), (12.0, True), (12.1, False)):
        measurement = make_measurement(
            "toynet", latency, samples=(make_sample(10.0), make_sample(12.0)), peak_memory_mb=None
        )
        fault = fault_of(measurement)
        assert (fault is None) is plausible
        assert fault is None or fault.field == "outcome.values.0.value"


@pytest.mark.parametrize(
    ("metric", "right", "wrong"),
    [
        (Metric.THROUGHPUT_IPS, 400.0, 100.0),
        (Metric.PEAK_MEMORY_MB, 120.0, 60.0),
        (Metric.SLOWDOWN, 1.25, 1.0),
        (Metric.LATENCY_MET_MS, 10.0, 8.0),
        (Metric.LATENCY_P90_MS, 10.0, 20.0),
    ],
)
def test_every_metric_follows_from_its_samples(metric: Metric, right: float, wrong: float) -> None:
    samples = (make_sample(10.0, slowdown=1.25),)
    for value, plausible in ((right, True), (wrong, False)):
        measurement = make_measurement("toynet", batch_size=4, samples=samples, peak_memory_mb=None)
        measurement = replace_success(measurement, values=(MetricValue(metric, value),))
        assert (fault_of(measurement) is None) is plausible


@pytest.mark.parametrize(
    ("slowdown", "plausible"), [(1.2, False), (1.25, True), (3.0, True), (3.75, True), (3.8, False)]
)
def test_a_slowdown_may_be_of_the_calls_where_some_went_before_other_processes(
    slowdown: float, plausible: bool
) -> None:
    sample = make_sample(10.0, calls=4, blocks=2, slowdown=1.25)
    met, ahead = sample.blocks[0], replace(sample.blocks[1], real_time=True)
    sample = replace(sample, wall_ns=(30_000_000,) * 2 + (10_000_000,) * 2, blocks=(met, ahead))
    measurement = make_measurement("toynet", samples=(sample,), peak_memory_mb=None)
    measurement = replace_success(measurement, values=(MetricValue(Metric.SLOWDOWN, slowdown),))
    assert (fault_of(measurement) is None) is plausible


def test_answers_of_clients_follow_from_the_time_that_their_calls_took_together() -> None:
    samples = (make_sample(10.0, span_ms=75.0),)  # 30 calls in 75 ms
    measurement = make_measurement("toynet", scenario=Scenario.CONCURRENT, samples=samples)
    for value, plausible in ((400.0, True), (100.0, False)):
        changed = replace_success(measurement, values=(MetricValue(Metric.THROUGHPUT_IPS, value),))
        assert (fault_of(changed) is None) is plausible


def test_the_memory_of_a_device_follows_from_what_the_driver_counted() -> None:
    sample = replace(
        make_sample(), device=DeviceReading(used_bytes=500_000_000), clocks=(CpuClock(2000.0, 3),)
    )
    measurement = make_measurement("toynet", device=Device.CUDA, protocol_version=3, samples=(sample,))
    for value, plausible in ((500.0, True), (100.0, False)):
        changed = replace_success(measurement, values=(MetricValue(Metric.DEVICE_MEMORY_MB, value),))
        assert (fault_of(changed) is None) is plausible
    older = replace_success(
        replace(measurement, protocol_version=2), values=(MetricValue(Metric.DEVICE_MEMORY_MB, 100.0),)
    )
    assert fault_of(older) is None


def test_published_numbers_and_failures_have_no_samples_to_follow_from() -> None:
    assert fault_of(make_measurement("toynet", 3.0, provenance=Provenance.PUBLISHED)) is None
    assert fault_of(make_measurement("toynet", status=Status.FAILED, reason=FailureReason.CRASHED)) is None
