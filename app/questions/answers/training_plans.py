"""The training plans of candidates: what the catalog holds of them, handed to the rules."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.training.advice import Advice
from app.training.network import Network
from app.training.plan import training_plan
from app.training.task import TrainingTask
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.reference.speeds.gpu_memory import device_memory_mb
from catalog.storage.database import ReadSession
from catalog.storage.measurements.training_runs import trained_layers, training_runs
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device


def training_plans(
    session: ReadSession, columns: CandidateColumns, rows: Sequence[int], target: Target, task: TrainingTask
) -> list[tuple[Advice, ...]]:
    """The plan to fine-tune the candidate of each row on `target`."""
    runs, layers = training_runs(session), trained_layers(session)
    task = _on(target, task)
    plans: dict[Network, tuple[Advice, ...]] = {}
    networks = []
    for row in rows:
        name, counted = columns.architecture[row], layers.get(columns.measurement[row].workload)
        network = Network(
            name,
            columns.family[row],
            int(columns.input_size[row]),
            _number(columns, Metric.PARAMS_M, row),
            _number(columns, Metric.ACTIVATIONS_M, row),
            counted.weighted if counted else None,
            counted.batch_norms if counted else None,
            columns.training_methods[row],
            runs.get(name, ()),
        )
        networks.append(network)
        if network not in plans:  # many configurations run the same network
            plans[network] = training_plan(network, task)
    return [plans[network] for network in networks]


def _on(target: Target, task: TrainingTask) -> TrainingTask:
    """The task on `target`, whose own memory counts where no other was given."""
    task = replace(task, target=target.id, on_gpu=target.kind is Device.CUDA)
    if task.memory_mb is not None or (own := device_memory_mb(target)) is None:
        return task
    return replace(task, memory_mb=own, memory_of=target.label)


def _number(columns: CandidateColumns, metric: Metric, row: int) -> float | None:
    value = float(columns.metrics[metric].value[row])
    return None if np.isnan(value) else value
