"""What a candidate's row holds beside its case: the network, and the checkpoints that it is deployed with."""

from typing import Any

from sqlalchemy import Label, Select, String, and_, cast, or_
from sqlalchemy.orm import InstrumentedAttribute

from catalog.storage.metric_columns import COUNTS
from catalog.storage.tables import ArchitectureRow, CheckpointRow, ConfigurationRow, WorkloadRow
from catalog.words.vocabulary import Form, Scenario


def text_of(column: InstrumentedAttribute[Any]) -> Label[str]:
    """The text of a column of JSON. Few of the texts differ, and each of those is read once."""
    return cast(column, String).label(column.key)


FACTS: tuple[Any, ...] = (
    WorkloadRow.architecture,
    WorkloadRow.num_classes,
    WorkloadRow.input_size,
    *(expression.label(metric) for metric, expression in COUNTS.items()),
    ArchitectureRow.family,
    text_of(ArchitectureRow.tags),
    CheckpointRow.name.label("checkpoint"),
    CheckpointRow.license,
    CheckpointRow.commercial_use,
    text_of(CheckpointRow.training_data),
    text_of(CheckpointRow.training_methods),
)


def with_facts(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The rows of cases that `statement` selects, one for each checkpoint of the network. It has joined
    `WorkloadRow` and `ConfigurationRow`, and selects FACTS."""
    return (
        statement.join(ArchitectureRow, WorkloadRow.architecture == ArchitectureRow.name)
        .outerjoin(
            CheckpointRow,
            and_(
                CheckpointRow.architecture == WorkloadRow.architecture,
                CheckpointRow.num_classes == WorkloadRow.num_classes,
            ),
        )
        .where(or_(WorkloadRow.form == Form.DEPLOYED, ConfigurationRow.scenario == Scenario.TRAINING))
    )
