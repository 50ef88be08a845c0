"""Answers as Markdown. What they say of a network is text: nothing in it is markup."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from app.contract.answers.recommendations import RecommendationResponse
from app.presentation.answers.winner import headline, steps, winner_of
from app.presentation.documents.front_matter import front_matter
from catalog.words.metrics import Metric
from catalog.words.texts import visible

if TYPE_CHECKING:
    from app.contract.answers.comparisons import CompareResponse, FrontierResponse
    from app.contract.evidence.targets import TargetCardView, TargetPage
    from app.contract.networks.cards import CardView

if TYPE_CHECKING:
    from jinja2 import Environment

# What begins or ends markup within a line, in CommonMark and in tables of GitHub. An underscore within a word
# is none, and names have many.
_MARKUP = re.compile(r"[\\`*\[\]<>|]|(?<!\w)_|_(?!\w)")


class _Code(str):
    """A text that is set as code, in which nothing is markup."""

    __slots__ = ()


def plain(value: Any) -> Any:
    """A text with a backslash before what would be markup, on one line. All else stays as it is."""
    if isinstance(value, _Code) or not isinstance(value, str):
        return value
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", visible(value))


def verbatim(code: str) -> _Code:
    """Code within a line, as it is, but for what is not seen and for a backtick, which would end it."""
    return _Code(visible(code).replace("`", "'"))


def program(code: str) -> _Code:
    """Code on lines of its own, as it is, but for what is not seen and for backticks."""
    return _Code(visible(code, kept="\n").replace("`", "'"))


@cache
def _templates() -> "Environment":
    """The templates of this package. Whoever asks for another form than Markdown loads none."""
    from app.presentation.documents.templating import environment  # noqa: PLC0415 - loads Jinja

    templates = environment("app.presentation.documents", autoescape=False, finalize=plain)
    templates.globals.update(verbatim=verbatim, program=program)
    return templates


def card_markdown(card: "CardView") -> str:
    """`card` as a Markdown document, with the metadata of a model card."""
    return front_matter(card) + _templates().get_template("card.md").render(card=card)


def recommendation_markdown(response: RecommendationResponse) -> str:
    """What to deploy, and the ranked rows."""
    winner = winner_of(response)
    return (
        _templates()
        .get_template("recommendations.md")
        .render(
            answer=response,
            headline=None if winner is None else headline(winner),
            steps=[] if winner is None else steps(winner),
        )
    )


def compare_markdown(response: "CompareResponse") -> str:
    """The candidates side by side: a column each."""
    known = {metric for item in response.items if item.candidate for metric in item.candidate.metrics}
    return (
        _templates()
        .get_template("comparison.md")
        .render(answer=response, metrics=[metric for metric in Metric if metric in known])
    )


def frontier_markdown(response: "FrontierResponse") -> str:
    """The rows of the frontier."""
    return _templates().get_template("frontier.md").render(answer=response)


def targets_markdown(page: "TargetPage") -> str:
    """The targets."""
    return _templates().get_template("targets.md").render(targets=page.items)


def target_markdown(card: "TargetCardView") -> str:
    """What is known of one target."""
    return _templates().get_template("target.md").render(card=card)
