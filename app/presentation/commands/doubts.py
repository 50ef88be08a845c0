"""Commands that remove doubts. A test runs each (tests/remedies)."""

from collections.abc import Mapping

from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance

# Three times the blocks that `archrank profile` takes at most by itself.
_LONGER = " --max-blocks 200"
# What is added to the command that measures a case again. Other doubts need more than a command.
_OPTIONS: Mapping[Doubt, str] = {
    Doubt.CONTENDED: "",
    Doubt.OFF_CPU: "",
    Doubt.CANARY_MOVED: "",
    Doubt.FEW_QUIET_MOMENTS: _LONGER,
    Doubt.CLOCK_DRIFT: "",
    Doubt.WARM_UP_UNSETTLED: "",
    Doubt.FEW_CALLS: _LONGER,
    Doubt.NO_INTERVAL: _LONGER,
    Doubt.IMPRECISE: _LONGER,
    Doubt.FEW_FOR_PERCENTILE: " --percentile 99",  # the calls for it are enough for every percentile
}
_OF_PUBLISHED = (Doubt.MEAN_OF_CALLS, Doubt.NO_INTERVAL, Doubt.LEARNT_INTERVAL)


def doubt_command(doubt: Doubt, measure: str, provenance: Provenance) -> str | None:
    """The command that measures a case without the doubt. None where no command can.

    `measure` is the command that measures the case. A published number has its doubts for ever. Its network
    can be measured in the same way on the user's own hardware.
    """
    if doubt is Doubt.IMPORTED:
        return "archrank catalog forget-imported-facts"
    if provenance is Provenance.PUBLISHED:
        return measure if doubt in _OF_PUBLISHED else None
    return measure + _OPTIONS[doubt] if doubt in _OPTIONS else None
