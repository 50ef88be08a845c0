"""What was observed while networks trained."""

from collections.abc import Iterable, Mapping

from sqlalchemy import and_, case, select
from sqlalchemy.orm import aliased

from catalog.entities.measurements import TrainingRun
from catalog.storage.database import ReadSession
from catalog.storage.tables import ConfigurationRow, MeasurementRow, TargetRow, ValueRow, WorkloadRow
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Layout, Precision, Provenance, Scenario, Status

# The operators that hold the weights of a layer.
_WEIGHTED = ("conv", "linear", "addmm")


def training_runs(
    session: ReadSession, architectures: Iterable[str]
) -> Mapping[str, tuple[TrainingRun, ...]]:
    """The successful training runs of the architectures, on every target, those with a large batch first.
    Architectures without any are absent."""
    query = (
        select(
            WorkloadRow.architecture,
            WorkloadRow.input_size,
            ConfigurationRow.batch_size,
            ConfigurationRow.precision,
            ConfigurationRow.layout,
            TargetRow.id,
            TargetRow.label,
            MeasurementRow.provenance,
            MeasurementRow.source,
            ValueRow.value,
        )
        .select_from(MeasurementRow)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
        .join(TargetRow, MeasurementRow.target == TargetRow.id)
        .outerjoin(
            ValueRow,
            and_(ValueRow.measurement == MeasurementRow.id, ValueRow.metric == Metric.TRAIN_MEMORY_MB),
        )
        .where(
            ConfigurationRow.scenario == Scenario.TRAINING,
            MeasurementRow.status == Status.OK,
            WorkloadRow.architecture.in_(list(architectures)),
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
            train_memory_mb=row.value,
        )
        by_architecture.setdefault(row.architecture, []).append(run)
    # Sorted here, because databases differ in how they order text.
    return {
        architecture: tuple(
            sorted(runs, key=lambda run: (-run.batch_size, -run.input_size, run.target_label, run.source))
        )
        for architecture, runs in sorted(by_architecture.items())
    }


def weight_layers(session: ReadSession, measurements: Iterable[str]) -> Mapping[str, int]:
    """How many layers with weights (convolutions and linear layers) the network of each measurement has.

    `measurements` are ids. The layers are those of the form that is trained where it was counted, else of the
    deployed form. A measurement where neither was counted is absent.
    """
    trained = aliased(WorkloadRow)
    query = (
        select(MeasurementRow.id, trained.operator_calls)
        .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
        .join(
            trained,
            and_(
                trained.architecture == WorkloadRow.architecture,
                trained.num_classes == WorkloadRow.num_classes,
                trained.input_size == WorkloadRow.input_size,
            ),
        )
        .where(MeasurementRow.id.in_(list(measurements)))
        .order_by(case((trained.form == Form.TRAINING, 1), else_=0))  # the last of an id stays
    )
    return {
        id_: sum(calls.get(operator, 0) for operator in _WEIGHTED)
        for id_, calls in session.execute(query)
        if calls
    }
