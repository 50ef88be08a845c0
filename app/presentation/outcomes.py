"""What an answer came to: a sentence for each outcome, what to do about it, and what exists instead."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from app.contract.explanations import ExplanationView
from app.presentation.candidates import candidate_name
from app.presentation.configurations import retry_command
from app.presentation.remedies import remedy
from app.presentation.wording import bounds_in_words
from app.questions.filter_effects import Blame
from app.questions.recommend import Answer
from app.ranking.outcome import Outcome
from app.ranking.stand_ins import stand_ins
from catalog.candidates import CandidateColumns
from catalog.words.metrics import Metric

TITLES: Mapping[Outcome, str] = {
    Outcome.FITS: "Candidates keep the budget",
    Outcome.NO_KNEE: "The frontier has no knee",
    Outcome.OBJECTIVE_UNKNOWN: "What to rank by is unknown",
    Outcome.FILTERED_OUT: "Nothing passes the filters",
    Outcome.ALL_FAILED: "Every measurement failed",
    Outcome.ALL_UNKNOWN: "What the budget bounds is unknown",
    Outcome.ALL_EXCEED: "Nothing fits this budget",
}
"""What each outcome is called where a heading is needed."""

# A command with more names is hard to read.
_MOST_NAMES = 5
_PROFILE = "archrank profile --preset starter"
_WORDS = {
    "input_size": "input size",
    "license.allow": "licence",
    "license.commercial_use": "commercial use",
    "training_data.exclude": "training data other than",
    "training_methods.include": "training method",
    "training_methods.exclude": "training methods other than",
    "families.include": "family",
    "families.exclude": "families other than",
    "tags.include": "tag",
    "tags.exclude": "tags other than",
    "evidence": "evidence",
}


def explanation(answer: Answer) -> ExplanationView:
    """The outcome of `answer`, explained."""
    return _EXPLAINED[answer.outcome](answer)


def _fits(answer: Answer) -> ExplanationView:
    return ExplanationView(text=_count_fitting(answer))


def _count_fitting(answer: Answer) -> str:
    architectures = answer.not_considered.counts.fitting
    return (
        f"{answer.elimination.fitting} of {_counted(answer.considered, 'candidate')} on {answer.target.id} "
        f"keep the budget, of {_counted(architectures, 'architecture')}."
    )


def _no_knee(answer: Answer) -> ExplanationView:
    metrics = list(answer.objective.metrics)
    return ExplanationView(
        text=f"{_count_fitting(answer)} No candidate lies beyond the line between the ends of their "
        "frontier, so there is no knee. They are ranked by their balance.",
        remedy=f"Rank by {_either(metrics)}, or give each of them a weight.",
        instead={"objective": list(map(str, metrics))},
    )


def _objective_unknown(answer: Answer) -> ExplanationView:
    fitting = answer.columns.take(np.flatnonzero(answer.fit.fits))
    lacked = [metric for metric in answer.objective.metrics if np.isnan(fitting.metrics[metric].value).all()]
    others = list(dict.fromkeys(other for metric in lacked for other in stand_ins(metric, fitting)))
    names = " and ".join(lacked or answer.objective.metrics)
    advice = remedy((lacked or answer.objective.metrics)[0], fitting, local=answer.is_local)
    rank_by = f"Rank by {_either(others)} instead, which candidates here have. " if others else ""
    return ExplanationView(
        text=f"{_count_fitting(answer)} The {names} of none of them is known, so none of them is the best.",
        remedy=rank_by + advice.text,
        command=advice.command,
        instead={"objective": list(map(str, others))} if others else {},
    )


def _filtered_out(answer: Answer) -> ExplanationView:
    target = answer.target.id
    if not answer.blamed:
        return ExplanationView(
            text=f"The catalog holds no candidate on {target}.",
            remedy=f"Choose another target{f', or run `{_PROFILE}`' if answer.is_local else ''}.",
            command=_PROFILE if answer.is_local else None,
        )
    asked = " and ".join(_filter_in_words(blame) for blame in answer.blamed)
    others = " that passes the other filters" if len(answer.filters) > len(answer.blamed) else ""
    have = [
        f"{_field_in_words(blame.field)} {_either(blame.instead)}" for blame in answer.blamed if blame.instead
    ]
    there = f" Candidates there have {' with '.join(have)}." if have else ""
    todo = [
        f"ask for {_field_in_words(blame.field)} {_either(blame.instead)}"
        if blame.instead
        else f"leave out {_filter_in_words(blame)}"
        for blame in answer.blamed
    ]
    return ExplanationView(
        text=f"No candidate on {target}{others} has {asked}.{there}",
        remedy=_sentence(" and ".join(todo)),
        instead={blame.field: list(blame.instead) for blame in answer.blamed},
    )


def _all_unknown(answer: Answer) -> ExplanationView:
    usable = answer.columns.take(np.flatnonzero(answer.columns.usable))
    unknown = answer.elimination.unknown
    lacked = [metric for metric, count in unknown.items() if count == len(usable)]
    named = lacked or [metric for metric, count in unknown.items() if count]
    counts = " and ".join(
        f"the {metric} of {'each' if metric in lacked else unknown[metric]} of them" for metric in named
    )
    bounded = {bound.metric for bound in answer.fit.by_bound}
    instead = {
        f"budget.{metric}": [str(other) for other in stand_ins(metric, usable) if other not in bounded]
        for metric in lacked
    }
    swaps = [
        f"bound {_either(others)} instead of {path.removeprefix('budget.')}"
        for path, others in instead.items()
        if others
    ]
    advice = remedy(named[0], lacking(answer, named[0]), local=answer.is_local)
    return ExplanationView(
        text=f"None of {_counted(answer.considered, 'candidate')} on {answer.target.id} can be judged: "
        f"{counts} {'is' if len(named) == 1 else 'are'} unknown.",
        remedy=" ".join(filter(None, [_sentence(" and ".join(swaps)) if swaps else "", advice.text])),
        command=advice.command,
        instead=instead,
    )


def _all_failed(answer: Answer) -> ExplanationView:
    columns = answer.columns
    reasons = Counter(facts.failure for facts in columns.measurement if facts.failure is not None)
    reason, _ = reasons.most_common(1)[0]
    rows = np.flatnonzero(columns.measurement.mask(lambda facts: facts.failure is reason))
    row = int(rows[0])
    case = (columns.configuration.codes == columns.configuration.codes[row]) & (
        columns.input_size == columns.input_size[row]
    )
    names = list(dict.fromkeys(columns.architecture.take(rows[case[rows]])))[:_MOST_NAMES]
    command = retry_command(names, int(columns.input_size[row]), columns.configuration[row], reason)
    counts = ", ".join(f"{failure} ({count})" for failure, count in reasons.most_common())
    return ExplanationView(
        text=f"Each measurement of {_counted(len(columns), 'candidate')} on {answer.target.id} failed: "
        f"{counts}. {reason.meaning}",
        remedy=reason.remedy if command is None else f"{reason.remedy} Run `{command}`.",
        command=command,
    )


def _all_exceed(answer: Answer) -> ExplanationView:
    undecided, failed = answer.elimination.undecided, answer.elimination.failed
    text = f"None of {_counted(answer.considered, 'candidate')} on {answer.target.id} keeps the budget."
    if undecided:
        text += f" Of {undecided}, nothing that is known breaks it, and a bounded number is unknown."
    if failed:
        text += f" The measurement of {failed} failed."
    fewest = answer.fewest_relaxation
    if fewest is None:
        return ExplanationView(
            text=text, remedy="Bound something else: no change of these bounds admits a candidate."
        )
    changed = [bound for bound in fewest.bounds if bound.metric in fewest.metrics]
    return ExplanationView(
        text=text,
        remedy=f"Allow {bounds_in_words(changed)}. That admits {candidate_name(answer.columns, fewest.row)}.",
    )


_EXPLAINED: Mapping[Outcome, Callable[[Answer], ExplanationView]] = {
    Outcome.FITS: _fits,
    Outcome.NO_KNEE: _no_knee,
    Outcome.OBJECTIVE_UNKNOWN: _objective_unknown,
    Outcome.FILTERED_OUT: _filtered_out,
    Outcome.ALL_FAILED: _all_failed,
    Outcome.ALL_UNKNOWN: _all_unknown,
    Outcome.ALL_EXCEED: _all_exceed,
}


def lacking(answer: Answer, metric: Metric) -> CandidateColumns:
    """The candidates whose measurement did not fail, and that lack the number."""
    columns = answer.columns
    return columns.take(np.flatnonzero(columns.usable & np.isnan(columns.metrics[metric].value)))


def _field_in_words(field: str) -> str:
    return _WORDS.get(field, field.rpartition(".")[2].replace("_", " "))


def _filter_in_words(blame: Blame) -> str:
    asked = list(dict.fromkeys(blame.asked))
    joined = " to ".join(asked) if blame.field == "input_size" else _either(asked)
    return f"{_field_in_words(blame.field)} {joined}"


def _either(names: Iterable[str]) -> str:
    """Names, between commas and a last `or`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else str(last)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
