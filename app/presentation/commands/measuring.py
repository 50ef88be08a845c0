"""The command that measures what the filters of a question ask for, and this machine does not have."""

import shlex
from collections.abc import Mapping, Sequence

from app.questions.candidates.filter_effects import Blame, FilterEffect
from catalog import host
from catalog.words.vocabulary import Precision, RuntimeName

_INPUT_SIZE, _PRECISION = "input_size", "configuration.precision"
_RUNTIME, _BATCH_SIZE = "configuration.runtime", "configuration.batch_size"
_THREADS = "configuration.threads"
# The filters that an option of `archrank profile` fulfils.
_OPTIONS: Mapping[str, str] = {
    _RUNTIME: "--runtime",
    _PRECISION: "--precision",
    _BATCH_SIZE: "--batch-size",
    _THREADS: "--threads",
    _INPUT_SIZE: "--input-size",
}
# The filters that an option of `archrank calibrate` fulfils, which measures a few networks and estimates all.
_OF_CALIBRATION = (_RUNTIME, _THREADS)
# What every processor computes.
_PRECISIONS = (Precision.FP32, Precision.INT8)


def measuring_command(filters: Sequence[FilterEffect], blamed: Sequence[Blame]) -> str | None:
    """The command that measures networks on this machine in the way that the filters ask for.

    None where it would not help: a filter to blame does not choose how a network is run, or some option might
    not work on this machine.
    """
    asked = {
        effect.field: tuple(dict.fromkeys(effect.asked))
        for effect in filters
        if effect.field == _INPUT_SIZE or effect.field.startswith("configuration.")
    }
    if not blamed or asked.keys() - _OPTIONS.keys() or {blame.field for blame in blamed} - asked.keys():
        return None
    if len(asked.get(_INPUT_SIZE, ())) > 1:  # a range has no size of its own
        return None
    first = {field: values[0] for field, values in asked.items()}
    if not _can_be_run(first):
        return None
    options = "".join(f" {_OPTIONS[field]} {value}" for field, value in first.items())
    if _THREADS in first and not first.keys() - set(_OF_CALIBRATION):
        return f"archrank calibrate{options}"
    return f"archrank profile {shlex.join(blamed[0].architectures)}{options}"


def _can_be_run(asked: Mapping[str, str]) -> bool:
    """Whether this machine runs a network with these values of filters."""
    precision = asked.get(_PRECISION, Precision.FP32)
    is_quantised = precision == Precision.INT8
    return (
        precision in _PRECISIONS
        and not (is_quantised and asked.get(_RUNTIME) == RuntimeName.PYTORCH)
        and int(asked.get(_THREADS, 1)) <= host.usable_cpus()
    )
