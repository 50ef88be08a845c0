"""What was observed while networks trained."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, select
from sqlalchemy.orm import aliased

from catalog.border.ranges import OF_METRIC
from catalog.entities.measurements import TrainingRun
from catalog.entities.networks import IMAGE_CHANNELS
from catalog.storage.database import ReadSession, held, held_of_facts
from catalog.storage.tables import ConfigurationRow, MeasurementRow, TargetRow, ValueRow, WorkloadRow
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Layout, Precision, Provenance, Scenario, Status

# The operators that hold the weights of a layer.
_WEIGHTED = ("conv", "linear", "addmm")
_BATCH_NORM = "batch_norm"


@dataclass(frozen=True)
class TrainedLayers:
    """How many layers of a network hold weights (convolutions and linear layers), and how many normalise over
    the batch."""

    weighted: int
    batch_norms: int


@held
def training_runs(session: ReadSession) -> Mapping[str, tuple[TrainingRun, ...]]:
    """The successful training runs on colour images, on every target, by architecture. Those with a large
    batch come first."""
    memory, speed = aliased(ValueRow), aliased(ValueRow)
    query = (
        select(
            WorkloadRow.architecture,
            WorkloadRow.input_size,
            WorkloadRow.activations_m,
            ConfigurationRow.batch_size,
            ConfigurationRow.precision,
            ConfigurationRow.layout,
            TargetRow.id,
            TargetRow.label,
            MeasurementRow.provenance,
            MeasurementRow.source,
            memory.value.label("memory"),
            speed.value.label("speed"),
        )
        .select_from(MeasurementRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(TargetRow, MeasurementRow.target == TargetRow.id)
        .outerjoin(memory, _is(memory, Metric.TRAIN_MEMORY_MB))
        .outerjoin(speed, _is(speed, Metric.TRAIN_THROUGHPUT_IPS))
        .where(
            ConfigurationRow.scenario == Scenario.TRAINING,
            MeasurementRow.status == Status.OK,
            MeasurementRow.withdrawn_at.is_(None),
            WorkloadRow.in_chans == IMAGE_CHANNELS,
        )
    )
    by_architecture: dict[str, list[TrainingRun]] = {}
    for row in session.execute(query):
        run = TrainingRun(
            batch_size=row.batch_size,
            input_size=row.input_size,
            precision=Precision(row.precision),
            layout=Layout(row.layout),
            target=row.id,
            target_label=row.label,
            provenance=Provenance(row.provenance),
            source=row.source,
            train_memory_mb=_plausible(Metric.TRAIN_MEMORY_MB, row.memory),
            train_throughput_ips=_plausible(Metric.TRAIN_THROUGHPUT_IPS, row.speed),
            activations_m=row.activations_m,
        )
        by_architecture.setdefault(row.architecture, []).append(run)
    # Sorted here, because databases differ in how they order text.
    return {
        architecture: tuple(
            sorted(runs, key=lambda run: (-run.batch_size, -run.input_size, run.target_label, run.source))
        )
        for architecture, runs in sorted(by_architecture.items())
    }


@held_of_facts
def trained_layers(session: ReadSession) -> Mapping[str, TrainedLayers]:
    """The layers of the network of each workload, by its id.

    The layers are those of the form that is trained where it was counted, else of the deployed form. A
    workload where neither was counted is absent.
    """
    trained = aliased(WorkloadRow)
    query = (
        select(WorkloadRow.id, trained.operator_calls)
        .select_from(WorkloadRow)
        .join(
            trained,
            and_(
                trained.architecture == WorkloadRow.architecture,
                trained.num_classes == WorkloadRow.num_classes,
                trained.input_size == WorkloadRow.input_size,
                trained.in_chans == WorkloadRow.in_chans,
            ),
        )
        .order_by(case((trained.form == Form.TRAINING, 1), else_=0))  # the last of an id stays
    )
    return {
        id_: TrainedLayers(sum(calls.get(operator, 0) for operator in _WEIGHTED), calls.get(_BATCH_NORM, 0))
        for id_, calls in session.execute(query)
        if calls
    }


def _plausible(metric: Metric, number: float | None) -> float | None:
    """The number, or None where it cannot be: a catalog may hold what entered it before there was a
    border."""
    return number if number is not None and OF_METRIC[metric].holds(number) else None


def _is(value: type[ValueRow], metric: Metric) -> ColumnElement[bool]:
    return and_(value.measurement == MeasurementRow.id, value.metric == metric)
