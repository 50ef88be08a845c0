"""The profile card as Markdown."""

from app.contract.cards import CardView
from app.presentation.templating import environment

_templates = environment("app.presentation", autoescape=False)


def card_markdown(card: CardView) -> str:
    """`card` as a Markdown document."""
    return _templates.get_template("card.md").render(card=card)
