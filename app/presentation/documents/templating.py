"""What every template may use, in HTML and in Markdown."""

from collections.abc import Callable, Mapping
from shlex import quote
from typing import Any

from jinja2 import Environment, PackageLoader

from app.presentation.answers import candidates
from app.presentation.answers.outcomes import TITLES
from app.presentation.cards import accuracy_rows
from app.presentation.wording import budgets, cards, numbers, own_networks
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
        accuracy_rows.accuracy_rows,
        accuracy_rows.test_sets_of,
        own_networks.input_in_words,
        own_networks.input_of,
        own_networks.own_sizes,
        cards.allowed,
        budgets.certainty,
        numbers.kept,
        budgets.doubtful_part,
        numbers.in_doubt,
        numbers.number,
        numbers.number_of_origin,
        budgets.other_winners,
        budgets.required_of_each,
        cards.preprocessing_in_words,
        cards.quantised_warnings,
        cards.refusals,
        budgets.relaxed_bound,
        budgets.relaxed_bounds,
        budgets.shortfall,
        numbers.run_of_all,
        cards.slowdown_summary,
        numbers.peak_memory_metric,
        cards.speed_doubts,
        cards.speed_legend,
        numbers.speed_metric,
        budgets.top1_lines,
        budgets.widened,
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
    templates.globals.update(
        {**_FUNCTIONS, **_KINDS, "OUTCOME_TITLES": TITLES, "TEST_SETS": accuracy_rows.TEST_SETS}
    )
    return templates
