"""Commands of the terminal for what an answer shows."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from catalog.entities.configurations import Configuration
from catalog.entities.naming import options_of
from catalog.entities.networks import IMAGE_CHANNELS
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Device, Precision, RuntimeName

_ONE_IMAGE: Mapping[str, Any] = {"batch_size": 1, "batch_policy": BatchPolicy.FIXED}
_IN_FP32: Mapping[str, Any] = {"precision": Precision.FP32}
_IN_PYTORCH: Mapping[str, Any] = {"runtime": RuntimeName.PYTORCH, "arena": None}
# What a case is changed to where it failed for a reason. A reason that is not here needs more than a command.
_CHANGES: Mapping[FailureReason, Mapping[str, Any]] = {
    FailureReason.OUT_OF_MEMORY: _ONE_IMAGE,
    FailureReason.TIMED_OUT: {},
    FailureReason.UNSUPPORTED_INPUT_SIZE: {},
    FailureReason.UNSUPPORTED_PRECISION: _IN_FP32,
    FailureReason.UNSUPPORTED_COMPILATION: {"compiled": False},
    FailureReason.UNSUPPORTED_DEVICE: {"device": Device.CPU},
    FailureReason.UNSUPPORTED_EXPORT: _IN_PYTORCH,
    FailureReason.EXPORT_MISMATCH: _IN_PYTORCH,
    FailureReason.NON_FINITE_OUTPUT: _IN_FP32,
    FailureReason.WRONG_OUTPUT: _IN_FP32,
    FailureReason.RUNTIME_ERROR: _IN_PYTORCH,
}
# Another attempt at the same case may succeed.
_WORTH_REPEATING = (
    FailureReason.OUT_OF_MEMORY,
    FailureReason.TIMED_OUT,
    FailureReason.UNSUPPORTED_INPUT_SIZE,
)
_PERCENTILES: Mapping[Metric, int] = {
    Metric.LATENCY_P90_MS: 90,
    Metric.LATENCY_P95_MS: 95,
    Metric.LATENCY_P99_MS: 99,
}
# Ten times the time limit that `archrank profile` has by itself.
_PATIENT = " --timeout 3000"


def profile_command(
    architectures: Iterable[str], input_size: int | None, configuration: Configuration
) -> str:
    """The command that measures architectures in a configuration, quoted for a POSIX shell.

    Without an input size, each architecture has its native one.
    """
    size = "" if input_size is None else f" --input-size {input_size}"
    return f"archrank profile {shlex.join(architectures)}{options_of(configuration)}{size}"


def percentile_option(metrics: Iterable[Metric]) -> str:
    """The option that gives the percentiles among the metrics, with a space before. Empty without any.

    Calls that are enough for a percentile are enough for smaller ones.
    """
    percentiles = [_PERCENTILES[metric] for metric in metrics if metric in _PERCENTILES]
    return f" --percentile {max(percentiles)}" if percentiles else ""


def reproduce_command(name: str, input_size: int, configuration: Configuration, *, again: bool = True) -> str:
    """The command that measures a case of an architecture or a checkpoint: `again`, or where it was never
    measured."""
    return f"{profile_command([name], input_size, configuration)}{' --force' if again else ''}"


def head_options(num_classes: int, in_chans: int, default_classes: int) -> str:
    """The options that measure a network with these classes and channels, with a space before each. Empty
    where the network has them by itself."""
    classes = "" if num_classes == default_classes else f" --num-classes {num_classes}"
    channels = "" if in_chans == IMAGE_CHANNELS else f" --in-chans {in_chans}"
    return classes + channels


def retry_command(
    architectures: Iterable[str], input_size: int, configuration: Configuration, reason: FailureReason
) -> str | None:
    """The command that measures cases that failed, in a way that avoids the reason. None where none can."""
    if reason not in _CHANGES:
        return None
    changed = replace(configuration, **_CHANGES[reason])
    if changed == configuration and reason not in _WORTH_REPEATING:
        return None
    size = None if reason is FailureReason.UNSUPPORTED_INPUT_SIZE else input_size
    patience = _PATIENT if reason is FailureReason.TIMED_OUT else ""
    return f"{profile_command(architectures, size, changed)}{patience} --retry-failed"
