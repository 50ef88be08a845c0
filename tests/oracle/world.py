"""What a catalog holds, and the candidates that follow from it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

from catalog.entities.configurations import Configuration
from catalog.entities.measurements import Measurement, MetricValue, Success
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Counts, Workload
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Dataset,
    Form,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)
from tests.oracle.rows import TRAINING, Row

TOP1_ON = {
    Dataset.IMAGENET_VAL: Metric.TOP1,
    Dataset.IMAGENET_REAL: Metric.TOP1_REAL,
    Dataset.IMAGENET_V2: Metric.TOP1_V2,
    Dataset.IMAGENET_SKETCH: Metric.TOP1_SKETCH,
    Dataset.IMAGENET_A: Metric.TOP1_A,
    Dataset.IMAGENET_R: Metric.TOP1_R,
}


@dataclass(frozen=True)
class World:
    """What a catalog holds."""

    architectures: tuple[Architecture, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    accuracies: tuple[Accuracy, ...] = ()
    counted: tuple[CountedWorkload, ...] = ()
    measurements: tuple[Measurement, ...] = ()

    @cached_property
    def architecture(self) -> Mapping[str, Architecture]:
        return {architecture.name: architecture for architecture in self.architectures}

    @cached_property
    def counts(self) -> Mapping[Workload, Counts]:
        """The counts of every workload that could be counted."""
        return {each.workload: each.counts for each in self.counted if each.counts is not None}

    @cached_property
    def checkpoints_of(self) -> Mapping[tuple[str, int | None], list[Checkpoint]]:
        """Checkpoints by architecture and number of classes."""
        sorted_ = defaultdict(list)
        for checkpoint in self.checkpoints:
            sorted_[checkpoint.architecture, checkpoint.num_classes].append(checkpoint)
        return sorted_

    @cached_property
    def evaluated(self) -> Mapping[tuple[str, int], Mapping[str, float]]:
        """The accuracies of every checkpoint at every input size. They are those of one crop: the one that is
        best on ImageNet, and the smallest of several that are equally good."""
        crops: dict[tuple[str, int], dict[tuple[float, str], dict[str, float]]] = {}
        for accuracy in self.accuracies:
            if accuracy.dataset in TOP1_ON and accuracy.precision is Precision.FP32:
                crop = crops.setdefault((accuracy.checkpoint, accuracy.input_size), {}).setdefault(
                    (accuracy.crop_pct, accuracy.interpolation), {}
                )
                crop[TOP1_ON[accuracy.dataset]] = accuracy.top1
                if accuracy.dataset is Dataset.IMAGENET_VAL:
                    crop[Metric.TOP5] = accuracy.top5
        return {
            place: max(
                (crop for _, crop in sorted(of_size.items())), key=lambda crop: crop.get(Metric.TOP1, -1.0)
            )
            for place, of_size in crops.items()
        }


def candidates(world: World, target: str, evidence: Sequence[Provenance] = ()) -> list[Row]:
    """The candidates of the target with the id `target`, sorted by their keys. With `evidence`, measurements
    of another provenance do not count."""
    measured = [
        measurement
        for measurement in world.measurements
        if measurement.target.id == target
        and (not evidence or measurement.provenance in evidence)
        and _is_of_use(measurement)
    ]
    # A head that was measured for its own sake is no row, and gives its numbers to no other.
    cases = [case for case in latest(measured) if any(_rows(world, case, None))]
    trained = _trained(cases)
    runs = {case.id: training_run(case, trained) for case in cases}
    belonging = {run.id for run in runs.values() if run is not None}
    rows = [row for case in cases if case.id not in belonging for row in _rows(world, case, runs[case.id])]
    return sorted(rows, key=lambda row: row.key)


Trained = Mapping[tuple[object, ...], list[Measurement]]


def _trained(cases: Iterable[Measurement]) -> Trained:
    """The training runs that did not fail, by what they share with the cases whose numbers they give."""
    runs = defaultdict(list)
    for run in cases:
        if run.configuration.scenario is Scenario.TRAINING and run.status is Status.OK:
            runs[_shared(run)].append(run)
    return runs


def training_run(case: Measurement, trained: Trained) -> Measurement | None:
    """The training run whose numbers a case of inference has. It trained the same network at the same size,
    on the same device, in the same precision and layout, with as many threads. Of several, it is the fastest,
    and of equally fast ones the first by id of configuration. A failed case has none."""
    if case.status is Status.FAILED or case.configuration.scenario is Scenario.TRAINING:
        return None
    runs = trained.get(_shared(case), [])
    return min(runs, key=lambda run: (-_training_speed(run), run.configuration.id), default=None)


def _shared(case: Measurement) -> tuple[object, ...]:
    """What a case of inference and its training run have in common."""
    workload, configuration = case.workload, case.configuration
    network = workload.architecture, workload.num_classes, workload.input_size
    return (
        *network,
        configuration.device,
        configuration.precision,
        configuration.layout,
        configuration.threads,
    )


def _training_speed(run: Measurement) -> float:
    """Images per second. Minus infinity where unknown."""
    speed = _numbers(run).get(Metric.TRAIN_THROUGHPUT_IPS)
    return -inf if speed is None or speed.value is None else speed.value


def _numbers(measurement: Measurement) -> dict[Metric, MetricValue]:
    """What was measured, where it has a number."""
    values = measurement.outcome.values if isinstance(measurement.outcome, Success) else ()
    return {number.metric: number for number in values if number.value is not None}


def _is_of_use(measurement: Measurement) -> bool:
    """Whether it is of the form that is deployed, or of training."""
    training = measurement.configuration.scenario is Scenario.TRAINING
    return training or measurement.workload.form is Form.DEPLOYED


def latest(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The last measurement of each case, in the order in which they arrived."""
    found: dict[tuple[Workload, Configuration], Measurement] = {}
    for measurement in measurements:
        found[measurement.workload, _asked_for(measurement.configuration)] = measurement
    return list(found.values())


def _asked_for(configuration: Configuration) -> Configuration:
    """`configuration` without what is an outcome: the batch size, where the largest that fits was taken."""
    if configuration.batch_policy is BatchPolicy.FIXED:
        return configuration
    return replace(configuration, batch_size=1)


def _rows(world: World, measurement: Measurement, run: Measurement | None) -> list[Row]:
    """A row for each checkpoint with the measured number of classes, or one row without a checkpoint. The
    numbers of training are those of `run`, where there is one."""
    workload = measurement.workload
    architecture = world.architecture[workload.architecture]
    doubts = measurement.outcome.doubts if isinstance(measurement.outcome, Success) else ()
    measured = _numbers(measurement)
    if run is not None:
        measured = {
            metric: number
            for source in (measurement, run)
            for metric, number in _numbers(source).items()
            if (metric in TRAINING) == (source is run)
        }
    # A head of other classes that was measured comes with no weights.
    other_head = (
        measurement.provenance is Provenance.MEASURED
        and architecture.num_classes is not None
        and architecture.num_classes != workload.num_classes
    )
    matching: Sequence[Checkpoint | None] = world.checkpoints_of.get(
        (workload.architecture, workload.num_classes), () if other_head else (None,)
    )
    return [
        Row(
            architecture=architecture.name,
            family=architecture.family,
            tags=architecture.tags,
            checkpoint=checkpoint.name if checkpoint else None,
            license=checkpoint.license if checkpoint else None,
            commercial_use=checkpoint.commercial_use if checkpoint else None,
            training_data=checkpoint.training_data if checkpoint else (),
            input_size=workload.input_size,
            configuration=measurement.configuration,
            provenance=measurement.provenance,
            doubts=doubts,
            measurement=measurement.id,
            training=(run or measurement).id,
            training_provenance=(run or measurement).provenance,
            training_configuration=None if run is None else run.configuration,
            failed=measurement.status is Status.FAILED,
            values=_measured_values(measured) | _exact_values(world, measurement, checkpoint),
            measured=measured,
        )
        for checkpoint in matching
    ]


def _measured_values(measured: Mapping[Metric, MetricValue]) -> dict[str, float]:
    return {metric: number.value for metric, number in measured.items() if number.value is not None}


def _exact_values(world: World, measurement: Measurement, checkpoint: Checkpoint | None) -> dict[str, float]:
    """What was counted, and the accuracies of the checkpoint, which int8 would change."""
    exact = _counted(world, measurement)
    if checkpoint is not None and measurement.configuration.precision is not Precision.INT8:
        exact |= world.evaluated.get((checkpoint.name, measurement.workload.input_size), {})
    for ratio, cost in ((Metric.TOP1_PER_GMAC, Metric.GMACS), (Metric.TOP1_PER_MPARAM, Metric.PARAMS_M)):
        if Metric.TOP1 in exact and cost in exact:
            exact[ratio] = exact[Metric.TOP1] / exact[cost]
    return exact


def _counted(world: World, measurement: Measurement) -> dict[str, float]:
    """What was counted of the workload, and the size of what is deployed: of the artefact, or of the weights
    where PyTorch loads the checkpoint itself."""
    counts, size = world.counts.get(measurement.workload), None
    if measurement.artefact is not None:
        size = measurement.artefact.bytes
    elif counts is not None and measurement.configuration.runtime is RuntimeName.PYTORCH:
        size = counts.weights_bytes
    found: dict[str, float] = {} if size is None else {Metric.SIZE_MB: size / 1e6}
    if counts is not None:
        found |= {
            Metric.PARAMS_M: counts.params_m,
            Metric.GMACS: counts.gmacs,
            Metric.GFLOPS: 2 * counts.gmacs,
            Metric.ACTIVATIONS_M: counts.activations_m,
        }
    return found
