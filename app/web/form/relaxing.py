"""One-click ways out: addresses with one thing changed that admit more candidates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.contract.answers.recommendations import RecommendationResponse, RelaxationView
from app.contract.common.fields import BoundSchema
from app.presentation.wording.budgets import relaxed_bound
from app.presentation.wording.numbers import in_doubt
from app.presentation.wording.titles import METRIC_TITLES
from app.ranking.budget.sides import Side
from app.web.form.bounds import BOUNDED
from app.web.form.fields import CONFIDENCE, FIELDS
from app.web.form.reading import ANY
from app.web.form.sharing import address_of
from catalog.words.metrics import Metric

_FIELD_OF = {pair: name for name, pair in BOUNDED.items()}


@dataclass(frozen=True)
class Step:
    """A link: what it changes, and what that brings."""

    title: str
    address: str
    effect: str = ""


def relaxed_addresses(
    answer: RecommendationResponse, asked: Mapping[str, Sequence[str]], chosen: Mapping[str, Sequence[str]]
) -> list[Step]:
    """The changes that the answer proposes: values that exist instead, then other bounds."""
    steps = [_instead(field, values, asked, chosen) for field, values in answer.explanation.instead.items()]
    fewest, joint = answer.fewest_relaxation, answer.joint_relaxation
    if fewest is not None:
        changed = _changes(fewest.budget, fewest.metrics, asked)
        steps.append(_bounds_step(changed, f"{fewest.admits}{in_doubt(fewest.doubts)}", chosen))
    steps += [
        _bounds_step([one], f"{one.admits}{in_doubt(one.doubts)}", chosen) for one in answer.relaxations
    ]
    if joint is not None and len(joint.budget) > 1:
        changed = _changes(joint.budget, list(joint.budget), asked)
        steps.append(_bounds_step(changed, f"{joint.admits}{in_doubt(joint.doubts)}", chosen))
    steps.append(_whatever_the_risk(answer, asked, chosen))
    return list({step.address: step for step in reversed([one for one in steps if one])}.values())[::-1]


def _whatever_the_risk(
    answer: RecommendationResponse, asked: Mapping[str, Sequence[str]], chosen: Mapping[str, Sequence[str]]
) -> Step | None:
    """The link that asks for no confidence, where nothing keeps the budget so surely."""
    least_sure = next((other for other in answer.other_winners if other.confidence is None), None)
    if (
        answer.recommendations
        or CONFIDENCE.name not in asked
        or least_sure is None
        or least_sure.winner is None
    ):
        return None
    return Step(
        "However unsure it is to keep the budget",
        address_of(chosen, **{CONFIDENCE.name: ANY}),
        f"admits {least_sure.winner}",
    )


def _changes(
    budget: Mapping[Metric, BoundSchema], metrics: Iterable[Metric], asked: Mapping[str, Sequence[str]]
) -> list[RelaxationView]:
    """The sides of the bounds of `metrics` that the form has, as in `budget`."""
    return [
        RelaxationView(metric=metric, side=side, bound=limit, admits="")
        for metric in metrics
        for side, limit in ((Side.MIN, budget[metric].min), (Side.MAX, budget[metric].max))
        if limit is not None and _FIELD_OF[metric, side.value] in asked
    ]


def _bounds_step(
    changed: Sequence[RelaxationView], admits: str, chosen: Mapping[str, Sequence[str]]
) -> Step | None:
    if not changed:
        return None
    texts = {_FIELD_OF[one.metric, one.side.value]: relaxed_bound(one).split(" ")[0] for one in changed}
    title = " and ".join(
        f"{METRIC_TITLES[one.metric]} at {'least' if one.side is Side.MIN else 'most'} {relaxed_bound(one)}"
        for one in changed
    )
    return Step(title, address_of(chosen, **texts), f"admits {admits}")


def _instead(
    path: str, values: Sequence[str], asked: Mapping[str, Sequence[str]], chosen: Mapping[str, Sequence[str]]
) -> Step | None:
    """A link that asks for the values that exist, or that leaves the field out."""
    if path.startswith("budget."):
        metric = Metric(path.removeprefix("budget."))
        gone = dict.fromkeys(name for name, (of, _) in BOUNDED.items() if of is metric and name in asked)
        title = METRIC_TITLES[metric].lower()
        others = " or ".join(METRIC_TITLES[Metric(value)].lower() for value in values)
        effect = f"and bound {others} instead" if others else ""
        return Step(f"Without the bound on {title}", address_of(chosen, **gone), effect)
    names = [name for name in asked if name in FIELDS and FIELDS[name].path == path]
    if not names:
        return None
    label = FIELDS[names[0]].label
    if values and FIELDS[names[0]].options:
        return Step(f"{label}: {' or '.join(values)}", address_of(chosen, **{names[0]: list(values)}))
    return Step(f"Without “{label.lower()}”", address_of(chosen, **dict.fromkeys(names)))
