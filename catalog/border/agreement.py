"""Whether a measurement ran as its configuration says it did.

What is uploaded is held to it. Of what a catalog holds already, and of published tables, it is not asked: an
export of them can be imported.
"""

from collections.abc import Iterator
from itertools import chain

from catalog.border.fault import Fault
from catalog.entities.measurements import Measurement, Success
from catalog.words.metrics import TRAINING_METRICS, Metric
from catalog.words.vocabulary import Precision, RuntimeName, Scenario

# What is measured of a training run and of inference alike.
_OF_ANY_RUN = (Metric.SLOWDOWN,)


def contradiction_in(measurement: Measurement) -> Fault | None:
    """The first field of a measurement that does not agree with another. None where all agree."""
    faults = chain(_in_configuration(measurement), _in_artefact(measurement), _in_values(measurement))
    return next(faults, None)


def _in_configuration(measurement: Measurement) -> Iterator[Fault]:
    run, kind = measurement.configuration, measurement.target.kind
    if run.device is not kind:
        yield _fault("device", f"It is {run.device}, and the target is of the kind {kind}.")
    if run.compiled and run.runtime is not RuntimeName.PYTORCH:
        yield _fault("compiled", f"Only PyTorch has torch.compile, and the runtime is {run.runtime}.")
    if run.arena is not None and run.runtime is not RuntimeName.ONNXRUNTIME:
        yield _fault("arena", f"Only ONNX Runtime has an arena, and the runtime is {run.runtime}.")
    if run.scenario is Scenario.TRAINING and run.runtime is not RuntimeName.PYTORCH:
        yield _fault("scenario", f"Only PyTorch trains, and the runtime is {run.runtime}.")
    if (run.clients > 1) is not (run.scenario is Scenario.CONCURRENT):
        yield _fault("clients", f"It is {run.clients}, and the scenario is {run.scenario}.")


def _in_artefact(measurement: Measurement) -> Iterator[Fault]:
    run, artefact = measurement.configuration, measurement.artefact
    if artefact is None:
        return
    # PyTorch quantises in memory. In other precisions, weights are cast from fp32 when they are loaded.
    is_int8 = run.precision is Precision.INT8 and run.runtime is not RuntimeName.PYTORCH
    if (artefact.precision is Precision.INT8) is not is_int8:
        yield Fault(
            "artefact.precision",
            f"It is {artefact.precision}, and the configuration is {run.runtime} in {run.precision}.",
        )


def _in_values(measurement: Measurement) -> Iterator[Fault]:
    if not isinstance(measurement.outcome, Success):
        return
    scenario = measurement.configuration.scenario
    for index, value in enumerate(measurement.outcome.values):
        if value.metric not in _OF_ANY_RUN and (
            (value.metric in TRAINING_METRICS) is not (scenario is Scenario.TRAINING)
        ):
            yield Fault(
                f"outcome.values.{index}.metric",
                f"{value.metric} is no number of a case whose scenario is {scenario}.",
            )


def _fault(field: str, complaint: str) -> Fault:
    return Fault(f"configuration.{field}", complaint)
