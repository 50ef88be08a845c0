"""What an answer did not look at, as the contract shows it."""

from collections.abc import Sequence
from math import isnan

from app.contract.explanations import (
    ArchitectureCountsView,
    BasisView,
    NotConsideredView,
    PromisingView,
)
from app.presentation.campaigns import campaign_minutes
from app.presentation.candidates import candidate_metrics, candidate_name
from app.presentation.configurations import profile_command
from app.questions.not_considered import ArchitectureCounts, NotConsidered, Promising
from app.questions.recommend import Answer
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
    metrics = candidate_metrics(columns, row)
    return PromisingView(
        architecture=columns.architecture[row],
        checkpoint=columns.checkpoint[row],
        input_size=int(columns.input_size[row]),
        configuration=columns.configuration[row],
        metrics={
            metric: number.model_copy(update={"measured_at": None}) for metric, number in metrics.items()
        },
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
    return [profile_command(names, size, configuration) for (size, configuration), names in groups.items()]


def _sentences(answer: Answer, found: NotConsidered) -> list[str]:
    counts, target = found.counts, answer.target.id
    known = f"{counts.considered} of {counts.known} known architectures were considered"
    sentences = [f"{known}, and {counts.on_target} have a number on {target}."]
    if counts.considered == counts.known:
        return sentences
    if not found.bounded:
        return [
            *sentences,
            "Published speeds of other hardware of its class bound none of the others.",
        ]
    first = "fit" if not answer.recommendations else f"fit and rank before {_winner(answer)}"
    if not found.promising:
        return [
            *sentences,
            f"By bounds from published speeds of other hardware, none of {_counted(found.bounded)} would "
            f"probably {first}.",
        ]
    sources = " and ".join(dict.fromkeys(promising.basis.source for promising in found.promising))
    sentences.append(
        f"By bounds from published speeds of {sources}, {found.promising_count} of {_counted(found.bounded)} "
        f"would probably {first}. None of them was measured here."
    )
    return sentences


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
    what = "the budget"
    if promising.unjudged:
        what = f"the bounds but on {' and '.join(promising.unjudged)}, which is unknown"
    keeps = f", keeps {what}: {promising.probability:.0%}" if answer.fit.by_bound else ""
    return f"{name}: {', '.join(dict.fromkeys(numbers))}{keeps}."


def _number(promising: Promising, metric: Metric) -> str | None:
    """A number of a promising candidate, as an interval where it has one. None where it is unknown."""
    number = candidate_metrics(promising.columns, promising.row).get(metric)
    if number is None:
        return None
    if number.low is None or number.high is None:
        return f"{metric} {metric.show(number.value)} {metric.unit}"
    return f"{metric} {metric.show(number.low)} to {metric.show(number.high)} {metric.unit}"
