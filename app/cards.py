"""The profile card as Markdown."""

from jinja2 import Environment, PackageLoader

from app.schemas import CardView, MetricSchema
from catalog.metrics import Metric

_environment = Environment(
    loader=PackageLoader("app"),
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 - Markdown, not HTML
)


def number(metric: Metric, found: MetricSchema | None) -> str:
    """A number with its unit and interval, as people read it; a dash where it is unknown."""
    if found is None:
        return "-"
    interval = ""
    if found.low is not None and found.high is not None:
        interval = f" ({metric.show(found.low)} to {metric.show(found.high)})"
    return f"{metric.show(found.value)} {metric.unit}{interval}"


_environment.globals["number"] = number
_environment.globals["Metric"] = Metric


def card_markdown(card: CardView) -> str:
    """`card` as a Markdown document."""
    return _environment.get_template("card.md").render(card=card)
