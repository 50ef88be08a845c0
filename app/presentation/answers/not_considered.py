"""What an answer did not look at, as the contract shows it."""

from collections.abc import Sequence
from math import isnan

from app.contract.answers.explanations import (
    ArchitectureCountsView,
    BasisView,
    NotConsideredView,
    PromisingView,
)
from app.contract.common.fields import MetricSchema
from app.presentation.answers.candidates import candidate_metrics, candidate_name
from app.presentation.commands.campaigns import campaign_minutes
from app.presentation.commands.configurations import percentile_option, profile_command
from app.presentation.wording.numbers import kept
from app.questions.answers.not_considered import ArchitectureCounts, NotConsidered, Promising
from app.questions.answers.recommend import Answer
from app.ranking.order.objective import speed_metric_of
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.words.metrics import SPEED_METRICS, Metric


def architecture_counts(counts: ArchitectureCounts) -> ArchitectureCountsView:
    """How many architectures are known, on the target, considered and fitting."""
    return ArchitectureCountsView(
        known=counts.known, on_target=counts.on_target, considered=counts.considered, fitting=counts.fitting
    )


def not_considered_view(answer: Answer) -> NotConsideredView:
    """What the answer did not look at, and the commands that measure the promising part of it."""
    found = answer.not_considered
    commands = _commands(found.promising)
    return NotConsideredView(
        count=found.counts.known - found.counts.considered,
        bounded=found.bounded,
        promising_count=found.promising_count,
        promising=[_promising(answer, promising) for promising in found.promising],
        text=" ".join(_sentences(answer, found)),
        commands=commands,
        minutes=campaign_minutes(map(_longest_call_ms, found.promising)) if commands else None,
    )


def _promising(answer: Answer, promising: Promising) -> PromisingView:
    columns, row, basis = promising.columns, promising.row, promising.basis
    return PromisingView(
        architecture=columns.architecture[row],
        checkpoint=columns.checkpoint[row],
        input_size=int(columns.input_size[row]),
        configuration=columns.configuration[row],
        metrics=columns.of_row(_undated, row),
        license=columns.license[row],
        commercial_use=columns.commercial_use[row],
        fit_probability=promising.probability,
        unjudged=list(promising.unjudged),
        text=_in_words(answer, promising),
        basis=BasisView(
            target=basis.source,
            configuration=basis.configuration,
            networks=basis.networks,
            error=basis.error,
        ),
    )


def _undated(columns: CandidateColumns, row: int) -> dict[Metric, MetricSchema]:
    """The numbers of a candidate that nobody measured."""
    return {
        metric: number.model_copy(update={"measured_at": None})
        for metric, number in candidate_metrics(columns, row).items()
    }


def _longest_call_ms(promising: Promising) -> float:
    """The upper end of the interval of the time of a call (ms). 0 where it is unknown."""
    latency = promising.columns.metrics[Metric.LATENCY_MS].high[promising.row]
    return 0.0 if isnan(latency) else float(latency)


def _commands(promising: Sequence[Promising]) -> list[str]:
    """One command for the candidates that share an input size and a configuration."""
    groups: dict[tuple[int, Configuration], list[str]] = {}
    for each in promising:
        key = int(each.columns.input_size[each.row]), each.columns.configuration[each.row]
        groups.setdefault(key, []).append(each.columns.architecture[each.row])
    percentile = percentile_option(metric for each in promising for metric in each.unjudged)
    return [
        f"{profile_command(names, size, configuration)}{percentile}"
        for (size, configuration), names in groups.items()
    ]


def _sentences(answer: Answer, found: NotConsidered) -> list[str]:
    counts, target = found.counts, answer.target.id
    known = f"{counts.considered} of {counts.known} known architectures were considered"
    sentences = [f"{known}, and {counts.on_target} have a number on {target}."]
    if counts.considered == counts.known:
        return sentences
    if not found.bounded:
        return [*sentences, _others(answer, found)]
    if found.dearer:
        sentences.append(_dearer(answer, found.dearer))
    first = _first(answer, found)
    if not found.promising:
        if answer.recommendations or not found.dearer:
            none = f"none of {found.bounded} others" if found.bounded > 1 else "not even the only other"
            sentences.append(
                f"By bounds from published speeds of other hardware, {none} would probably {first}."
            )
        return sentences
    sources = " and ".join(dict.fromkeys(promising.basis.source for promising in found.promising))
    sentences.append(
        f"By bounds from published speeds of {sources}, {found.promising_count} of {_counted(found.bounded)} "
        f"would probably {first}. None of them was measured here."
    )
    return sentences


def _others(answer: Answer, found: NotConsidered) -> str:
    """Why nothing bounds the architectures that were not considered."""
    counts = found.counts
    if counts.on_target < counts.known:
        if found.is_boundable:
            return "The filters left out all others whose speed published runs of other hardware bound."
        return "No published speed of other hardware of its class says how fast the others would be."
    rest = counts.known - counts.considered
    if not answer.filters:  # a question without filters leaves out these alone
        return f"The other {rest} are networks that timm made for its own tests."
    return f"The filters left out the other {rest}."


def _dearer(answer: Answer, dearer: int) -> str:
    """That nothing bounds the cost, and how many would be first at any cost."""
    bound = f"Bound {speed_metric_of(answer.columns)} or another cost to learn which of them to measure."
    if not answer.recommendations:
        return f"Nothing bounds what a network may cost, so none of {dearer} others is named. {bound}"
    are = "other is" if dearer == 1 else "others are"
    return (
        f"Nothing bounds what a network may cost. {dearer} {are} better than {_winner(answer)} and probably "
        f"slower. {bound}"
    )


def _first(answer: Answer, found: NotConsidered) -> str:
    """What promising architectures would probably do."""
    if not answer.recommendations:
        return "fit"
    if found.dearer is not None:
        return f"be better than {_winner(answer)} and not slower"
    return f"fit and rank before {_winner(answer)}"


def _counted(others: int) -> str:
    return f"{others} other{'' if others == 1 else 's'}"


def _winner(answer: Answer) -> str:
    return candidate_name(answer.columns, answer.recommendations[0].row)


def _in_words(answer: Answer, promising: Promising) -> str:
    """A promising candidate with the numbers that decide."""
    columns, row = promising.columns, promising.row
    numbers = [
        shown
        for metric in dict.fromkeys(
            [*answer.objective.metrics, *(bound.metric for bound in answer.fit.by_bound)]
        )
        if (shown := _number(promising, metric))
    ]
    if not any(bound.metric in SPEED_METRICS for bound in answer.fit.by_bound):
        numbers += [shown for metric in SPEED_METRICS[:1] if (shown := _number(promising, metric))]
    name = f"{candidate_name(columns, row)} at {int(columns.input_size[row])} px"
    sentence = f"{name}: {', '.join(dict.fromkeys(numbers))}"
    if not answer.fit.by_bound:
        return f"{sentence}."
    unjudged = " and ".join(promising.unjudged)
    known = ", as far as it can be judged" if unjudged else ""
    unknown = f" Its {unjudged} is unknown." if unjudged else ""
    return f"{sentence}, keeps the budget{known}: {kept(promising.probability)}.{unknown}"


def _number(promising: Promising, metric: Metric) -> str | None:
    """A number of a promising candidate, as an interval where it has one. None where it is unknown."""
    number = candidate_metrics(promising.columns, promising.row).get(metric)
    if number is None:
        return None
    if number.low is None or number.high is None:
        return f"{metric} {metric.show(number.value)} {metric.unit}"
    return f"{metric} {metric.show(number.low)} to {metric.show(number.high)} {metric.unit}"
