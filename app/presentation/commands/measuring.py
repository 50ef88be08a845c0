"""The command that measures what the filters of a question ask for, and the target does not have."""

import shlex
from collections.abc import Mapping, Sequence

from app.questions.filter_effects import Blame, FilterEffect
from catalog.words.vocabulary import Precision, RuntimeName

_INPUT_SIZE, _PRECISION = "input_size", "configuration.precision"
_RUNTIME, _BATCH_SIZE = "configuration.runtime", "configuration.batch_size"
# The filters that an option of `archrank profile` fulfils on every machine.
_OPTIONS: Mapping[str, str] = {
    _RUNTIME: "--runtime",
    _PRECISION: "--precision",
    _BATCH_SIZE: "--batch-size",
    _INPUT_SIZE: "--input-size",
}
# What every processor computes.
_PRECISIONS = (Precision.FP32, Precision.INT8)


def measuring_command(filters: Sequence[FilterEffect], blamed: Sequence[Blame]) -> str | None:
    """The command that measures networks of this machine in the way that the filters ask for.

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
    if first.get(_PRECISION, Precision.FP32) not in _PRECISIONS:
        return None
    if first.get(_PRECISION) == Precision.INT8 and first.get(_RUNTIME) == RuntimeName.PYTORCH:
        return None
    options = "".join(f" {_OPTIONS[field]} {value}" for field, value in first.items())
    return f"archrank profile {shlex.join(blamed[0].architectures)}{options}"
