"""What every template may use, in HTML and in Markdown."""

from collections.abc import Callable, Mapping
from shlex import quote
from typing import Any

from jinja2 import Environment, PackageLoader

from app.presentation import candidates, wording
from catalog.entities.naming import in_words
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Dataset, Provenance, Status

_GLOBALS: Mapping[str, Any] = {
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
    )
} | {kind.__name__: kind for kind in (Dataset, Direction, Metric, Provenance, Status)}


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
    templates.globals.update(_GLOBALS)
    return templates
