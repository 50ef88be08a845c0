"""What the fields of one record must be together."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.border.fault import Fault
from catalog.border.ranges import OF_METRIC
from catalog.border.seen import spans_of
from catalog.entities.configurations import Target
from catalog.entities.identity import architecture_of
from catalog.entities.measurements import Measurement, MetricValue, Success, Withdrawal
from catalog.entities.networks import Accuracy, Checkpoint
from catalog.entities.samples import ProcessSample
from catalog.words.metrics import Subject
from catalog.words.vocabulary import Provenance

# timm was released in February 2019, and nothing that the catalog holds is older.
_BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
# Clocks of two hosts differ, and a record without seconds may be of any zone.
_AHEAD = timedelta(days=1)
# Target ids that mean something else.
_RESERVED = ("local",)


def _of_value(value: MetricValue) -> Iterator[Fault]:
    metric = value.metric
    if metric.subject is not Subject.CASE:
        yield Fault("metric", f"{metric} is no number of a case, so no measurement states it.")
        return
    plausible = OF_METRIC[metric]
    for name, number in (("value", value.value), ("low", value.low), ("high", value.high)):
        if number is not None and not plausible.holds(number):
            yield Fault(name, f"{number:g} {metric.unit} is no {metric}. It can be {plausible}.")
    ends = value.low, value.high, value.level
    if any(end is None for end in ends) and any(end is not None for end in ends):
        yield Fault("", "low, high and level make an interval together. Give all three, or none.")
    elif value.low is not None and value.high is not None:
        if value.value is None or not value.low <= value.value <= value.high:
            yield Fault(
                "", f"low {value.low:g}, value {value.value}, high {value.high:g} are not in this order."
            )
        if value.degrees_of_freedom is None and value.processes == 1:
            yield Fault(
                "processes", "A number of a single process has an interval, and no degrees of freedom."
            )


def _of_accuracy(accuracy: Accuracy) -> Iterator[Fault]:
    if accuracy.top1 > accuracy.top5:
        yield Fault("top5", f"{accuracy.top5:g} is less than top1, which is {accuracy.top1:g}.")


def _of_checkpoint(checkpoint: Checkpoint) -> Iterator[Fault]:
    if architecture_of(checkpoint.name) != checkpoint.architecture:
        yield Fault(
            "name", f"A checkpoint of {checkpoint.architecture} is named {checkpoint.architecture}.TAG."
        )


def _of_target(target: Target) -> Iterator[Fault]:
    if target.id in _RESERVED:
        yield Fault("id", f"{target.id} means the machine that answers.")


def _of_sample(sample: ProcessSample) -> Iterator[Fault]:
    calls = len(sample.wall_ns)
    if sample.blocks and sum(block.calls for block in sample.blocks) != calls:
        yield Fault("blocks", f"They do not have the {calls} calls that wall_ns has.")
    if sample.cpu_ns and len(sample.cpu_ns) != calls:
        yield Fault("cpu_ns", f"It has not the {calls} calls that wall_ns has.")


def _of_withdrawal(withdrawal: Withdrawal) -> Iterator[Fault]:
    yield from _of_time("at", withdrawal.at)
    if not withdrawal.reason.strip():
        yield Fault("reason", "It is empty.")


def _of_measurement(measurement: Measurement) -> Iterator[Fault]:
    yield from _of_time("measured_at", measurement.measured_at)
    if measurement.provenance is Provenance.COUNTED:
        yield Fault("provenance", "What was counted is a fact of a network, and no measurement.")
    if measurement.artefact is not None and measurement.artefact.workload != measurement.workload:
        yield Fault(
            "artefact.workload",
            f"The artefact is of {measurement.artefact.workload.id}, and what was measured is "
            f"{measurement.workload.id}.",
        )
    if isinstance(measurement.outcome, Success):
        yield from _of_success(measurement, measurement.outcome)


def _of_success(measurement: Measurement, success: Success) -> Iterator[Fault]:
    if all(value.value is None for value in success.values):
        yield Fault("outcome.values", "The case is ok, and has no number. A case without numbers has failed.")
    metrics = [value.metric for value in success.values]
    if len(set(metrics)) < len(metrics):
        yield Fault("outcome.values", "A metric occurs twice.")
    spans = spans_of(measurement, success.samples)
    for index, value in enumerate(success.values):
        span = spans.get(value.metric)
        if value.value is not None and span is not None and not span[0] <= value.value <= span[1]:
            yield Fault(
                f"outcome.values.{index}.value",
                f"{value.value:g} is no {value.metric} of its samples, which lie between {span[0]:g} and "
                f"{span[1]:g}.",
            )


def is_past_belief(time: datetime) -> bool:
    """Whether nothing of this time enters a catalog, because it is before all that a catalog can hold. It is
    what a clock says that was never set."""
    return time < _BEGIN


def _of_time(field: str, time: datetime) -> Iterator[Fault]:
    if is_past_belief(time):
        yield Fault(
            field, f"{time:%Y-%m-%d} is before {_BEGIN:%Y}. Set the clock of the machine that measured."
        )
    elif time > datetime.now(UTC) + _AHEAD:
        yield Fault(
            field,
            f"{time:%Y-%m-%d} is in the future. Set the clock of the machine that measured, or of this one.",
        )


RULES: Mapping[type[Any], Callable[[Any], Iterator[Fault]]] = {
    MetricValue: _of_value,
    Accuracy: _of_accuracy,
    Checkpoint: _of_checkpoint,
    Target: _of_target,
    ProcessSample: _of_sample,
    Withdrawal: _of_withdrawal,
    Measurement: _of_measurement,
}
"""The rules of each kind of record."""
