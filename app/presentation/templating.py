"""What every template may use, in HTML and in Markdown."""

from collections.abc import Callable, Mapping
from shlex import quote
from typing import Any

from jinja2 import Environment, PackageLoader

from app.presentation import candidates, wording
from app.presentation.outcomes import TITLES
from catalog.entities.naming import in_words
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Dataset, Provenance, Status

_FUNCTIONS: Mapping[str, Any] = {
    function.__name__: function
    for function in (
        in_words,
        quote,
        candidates.accuracy_doubts,
        candidates.origin,
        wording.allowed,
        wording.as_met,
        wording.certainty,
        wording.head_sizes,
        wording.input_of,
        wording.kept,
        wording.doubtful_part,
        wording.in_doubt,
        wording.number,
        wording.other_winners,
        wording.peak_memory,
        wording.quantised_warnings,
        wording.relaxed_bound,
        wording.relaxed_bounds,
        wording.shortfall,
        wording.slowdown,
        wording.speed,
        wording.speed_legend,
        wording.speed_metric,
        wording.top1_lines,
    )
}
_KINDS: Mapping[str, Any] = {kind.__name__: kind for kind in (Dataset, Direction, Metric, Provenance, Status)}


def environment(
    package: str, *, autoescape: bool, finalize: Callable[[Any], Any] | None = None
) -> Environment:
    """The environment of the folder `templates` in `package`. HTML needs `autoescape`. For Markdown,
    `finalize` escapes what an expression gives."""
    templates = Environment(
        loader=PackageLoader(package),
        finalize=finalize,
        autoescape=autoescape,  # noqa: S701 - the caller says whether it is HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update({**_FUNCTIONS, **_KINDS, "OUTCOME_TITLES": TITLES})
    return templates
