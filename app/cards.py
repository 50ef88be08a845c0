"""The profile card as Markdown."""

from math import ceil, floor

from jinja2 import Environment, PackageLoader

from app.schemas import CandidateView, CardView, ConfigurationView, MetricSchema, RelaxationView
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


def run_words(run: ConfigurationView) -> str:
    """A configuration in words."""
    threads = f"{run.threads} thread{'s' if run.threads != 1 else ''}"
    return f"{run.runtime} {run.precision}, {threads}, batch {run.batch_size}"


def shortfall(miss: CandidateView) -> str:
    """How a near miss stands outside the budget."""
    outside = [
        f"{metric} off by {metric.show(-slack)} {metric.unit}"
        for metric, slack in miss.slack.items()
        if slack < 0
    ]
    if outside or miss.fit_probability is None:
        return ", ".join(outside)
    return f"within every bound, but only with probability {miss.fit_probability:.2f}"


def relaxed_bound(one: RelaxationView) -> str:
    """A relaxation's bound with its unit, rounded outwards: what is shown still admits."""
    scale = 10**one.metric.decimals
    rounded = (floor if one.side == "min" else ceil)(one.bound * scale) / scale
    return f"{one.metric.show(rounded)} {one.metric.unit}"


_environment.globals["number"] = number
_environment.globals["run_words"] = run_words
_environment.globals["Metric"] = Metric


def card_markdown(card: CardView) -> str:
    """`card` as a Markdown document."""
    return _environment.get_template("card.md").render(card=card)
