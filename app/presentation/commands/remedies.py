"""How a user gets a number that is unknown. A test runs each command (tests/remedies)."""

import shlex
from dataclasses import dataclass, replace

import numpy as np

from app.presentation.commands.configurations import percentile_option, profile_command
from app.ranking.budget.floors import NOT_BELOW_LATENCY
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import RATIO_COSTS, Metric, Subject
from catalog.words.vocabulary import BatchPolicy, Device, Precision, Scenario

_LATENCIES = (Metric.LATENCY_MS, *NOT_BELOW_LATENCY)
_OF_TRAINING = (Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB)
# A command with more names is hard to read. What it leaves out is measured by the same command.
_MOST_NAMES = 5


@dataclass(frozen=True)
class Remedy:
    """What to do, in sentences, and the `command` that does it. None where no command can."""

    text: str
    command: str | None = None


def remedy(metric: Metric, lacking: CandidateColumns, *, local: bool) -> Remedy:
    """How to get the number of `metric`, which the candidates `lacking` lack. There is at least one, and the
    first is most worth a measurement.

    `local`: they are of this machine.
    """
    if metric in RATIO_COSTS and not np.isnan(lacking.metrics[Metric.TOP1].value).all():
        return remedy(RATIO_COSTS[metric], lacking, local=local)
    if metric.subject is Subject.CHECKPOINT:
        return _accuracy(metric, lacking)
    case = _first_case(lacking)
    if metric is Metric.DEVICE_MEMORY_MB and lacking.configuration[case.row].device is Device.CPU:
        return Remedy("A processor has no memory of its own. Bound peak_memory_mb.")
    others = f" {case.others} more networks lack it." if case.others else ""
    command = _command(lacking, case, metric)
    if metric.subject is Subject.WORKLOAD:
        return Remedy(
            f"That input size was not counted. Where torch is installed, run `{command}`.{others}", command
        )
    if local:
        return Remedy(f"Not measured on this machine. Run `{command}`.{others}", command)
    return Remedy(
        f"The source does not state the number. Run `{command}` on that hardware.{others} Export the catalog "
        "there with `archrank catalog export FILE`, and import the file here with `archrank catalog import "
        "FILE`. The hardware becomes a target of its own, which `archrank targets` lists.",
        command,
    )


def _accuracy(metric: Metric, lacking: CandidateColumns) -> Remedy:
    """Nothing that archrank runs gives an accuracy."""
    if all(run.precision is Precision.INT8 for run in lacking.configuration):
        return Remedy(
            "No accuracy of an int8 file is published, and archrank evaluates none. Evaluate the file on "
            "your own labelled images, or ask for another precision."
        )
    evaluated = _evaluated_elsewhere(metric, lacking)
    if not len(evaluated):
        return Remedy(
            "No accuracy of the checkpoint is published at any input size, and archrank evaluates none. "
            "Evaluate it on your own labelled images, or ask without the number."
        )
    command = f"archrank card {shlex.quote(lacking.architecture[int(evaluated[0])])}"
    never = lacking.architecture.different - lacking.architecture.take(evaluated).different
    more = f"{never} more architecture{'s' if never > 1 else ''}"
    others = f" No accuracy of {more} is published at any size." if never else ""
    return Remedy(
        "No accuracy of the checkpoint is published at that input size, and archrank evaluates none. Ask for "
        f"a size at which one is published. `{command}` lists them.{others}",
        command,
    )


def _evaluated_elsewhere(metric: Metric, lacking: CandidateColumns) -> Ints:
    """The rows whose checkpoint has the accuracy at another input size. All where nobody looked it up."""
    return np.flatnonzero(lacking.derived(_is_evaluated, Metric.TOP1 if metric in RATIO_COSTS else metric))


def _is_evaluated(columns: CandidateColumns, metric: Metric) -> Floats:
    if columns.evaluated is None:
        return np.ones(len(columns))
    names = columns.evaluated.get(metric, frozenset())
    return columns.checkpoint.mask(lambda name: name in names).astype(np.float64)


@dataclass(frozen=True)
class _Case:
    """The first `row`, whose input size and configuration others share.

    `names` has the first of their architectures. So many `others` lack the number too.
    """

    row: int
    names: tuple[str, ...]
    others: int


def _first_case(lacking: CandidateColumns) -> _Case:
    alike = (lacking.configuration.codes == lacking.configuration.codes[0]) & (
        lacking.input_size == lacking.input_size[0]
    )
    names = tuple(dict.fromkeys(lacking.architecture.take(np.flatnonzero(alike))))[:_MOST_NAMES]
    return _Case(0, names, lacking.architecture.different - len(names))


def _command(lacking: CandidateColumns, case: _Case, metric: Metric) -> str:
    """The command that gets the number of the case. The case is measured, so it is measured again."""
    configuration, size = lacking.configuration[case.row], int(lacking.input_size[case.row])
    if metric in _LATENCIES and configuration.batch_policy is BatchPolicy.LARGEST_FITTING:
        # The latency of a thousand images answers no question about one.
        configuration = replace(configuration, batch_size=1, batch_policy=BatchPolicy.FIXED)
    is_training = configuration.scenario is Scenario.TRAINING
    default = f"archrank profile {shlex.join(case.names)}{_on(configuration.device)}"
    if metric in _OF_TRAINING and not is_training:
        command = f"{default} --train --input-size {size}"
    elif metric not in _OF_TRAINING and metric.subject is Subject.CASE and is_training:
        command = f"{default} --input-size {size}"
    else:
        command = profile_command(case.names, size, configuration)
    return f"{command}{percentile_option([metric])} --force"


def _on(device: Device) -> str:
    return "" if device is Device.CPU else f" --device {device}"
