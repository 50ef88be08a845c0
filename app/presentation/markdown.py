"""The profile card as Markdown."""

from jinja2 import Environment, PackageLoader

from app.contract.cards import CardView
from app.presentation.wording import allowed, number, peak_memory, quantised_words, speed
from catalog.entities.naming import in_words
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset

_environment = Environment(
    loader=PackageLoader("app.presentation"),
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - Markdown, not HTML
)


_environment.globals["number"] = number
_environment.globals["in_words"] = in_words
_environment.globals["quantised_words"] = quantised_words
_environment.globals["allowed"] = allowed
_environment.globals["speed"] = speed
_environment.globals["peak_memory"] = peak_memory
_environment.globals["Metric"] = Metric
_environment.globals["Dataset"] = Dataset


def card_markdown(card: CardView) -> str:
    """`card` as a Markdown document."""
    return _environment.get_template("card.md").render(card=card)
