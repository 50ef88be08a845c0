"""The profile card as Markdown. What it says of a network is text: nothing in it is markup."""

import re
from typing import Any

from app.contract.cards import CardView
from app.presentation.templating import environment
from catalog.words.texts import visible

# What begins or ends markup within a line, in CommonMark and in tables of GitHub. An underscore within a word
# is none, and names have many.
_MARKUP = re.compile(r"[\\`*\[\]<>|]|(?<!\w)_|_(?!\w)")


def plain(value: Any) -> Any:
    """A text with a backslash before what would be markup, on one line. All else stays as it is."""
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", visible(value)) if isinstance(value, str) else value


_templates = environment("app.presentation", autoescape=False, finalize=plain)


def card_markdown(card: CardView) -> str:
    """`card` as a Markdown document."""
    return _templates.get_template("card.md").render(card=card)
