"""What an answer came to: a sentence for each outcome, what to do about it, and what exists instead."""

import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from app.contract.answers.explanations import ExplanationView
from app.presentation.answers.candidates import candidate_name
from app.presentation.commands.configurations import retry_command
from app.presentation.commands.measuring import measuring_command
from app.presentation.commands.remedies import remedy
from app.presentation.wording.budgets import bounds_in_words
from app.presentation.wording.numbers import counted, either
from app.questions.candidates.filter_effects import Blame, FilterEffect
from app.questions.candidates.promise import most_promising
from app.ranking.budget.budget import BudgetFit
from app.ranking.budget.eliminations import Elimination
from app.ranking.budget.relaxations import FewestRelaxation
from app.ranking.budget.stand_ins import stand_ins
from app.ranking.order.objective import Objective
from app.ranking.order.outcome import Outcome
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.entities.identity import architecture_of
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
_CALIBRATE = "archrank calibrate"
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


class Explainable(Protocol):
    """What became of a target's candidates: an answer that ranks them, or a judgement that does not."""

    @property
    def target(self) -> Target:
        """The target of the candidates."""

    @property
    def is_local(self) -> bool:
        """Whether the target is this machine."""

    @property
    def columns(self) -> CandidateColumns:
        """The candidates that passed the filters."""

    @property
    def considered(self) -> int:
        """How many they are."""

    @property
    def fit(self) -> BudgetFit:
        """Their test against the budget."""

    @property
    def elimination(self) -> Elimination:
        """What became of them."""

    @property
    def objective(self) -> Objective:
        """What they are ranked by."""

    @property
    def outcome(self) -> Outcome:
        """What it came to."""

    @property
    def filters(self) -> Sequence[FilterEffect]:
        """What each filter left out."""

    @property
    def blamed(self) -> Sequence[Blame]:
        """The filters that left nothing."""

    @property
    def fewest_relaxation(self) -> FewestRelaxation | None:
        """The fewest bounds to change where nothing fits."""


def explanation(answer: Explainable, name: str | None = None) -> ExplanationView:
    """The outcome of `answer`, explained. With a `name`, its candidates are those of the name."""
    return _EXPLAINED[answer.outcome](answer, f" of {name}" if name else "")


def explanation_of_name(judgement: Explainable, name: str) -> ExplanationView:
    """The outcome of the candidates of one `name`, explained."""
    target = judgement.target.id
    if judgement.outcome is not Outcome.FILTERED_OUT or judgement.blamed:
        return explanation(judgement, name)
    command = f"archrank profile {shlex.quote(architecture_of(name))}"
    if judgement.is_local:
        return ExplanationView(
            text=f"The catalog holds no number of {name} on {target}, which is this machine.",
            remedy=f"Run `{command}`.",
            command=command,
        )
    return ExplanationView(
        text=f"The catalog holds no number of {name} on {target}.",
        remedy=f"Choose another target. If you have that hardware, run `{command}` on it, export the catalog "
        "there with `archrank catalog export FILE`, and import the file here with `archrank catalog import "
        "FILE`.",
        command=command,
    )


def _fits(answer: Explainable, of: str) -> ExplanationView:
    return ExplanationView(text=_count_fitting(answer, of))


def _count_fitting(answer: Explainable, of: str) -> str:
    fitting = answer.elimination.fitting
    architectures = answer.columns.architecture.take(answer.fit.fits).different
    of_how_many = "" if of else f", of {counted(architectures, 'architecture')}"
    candidates = f"{fitting} of {counted(answer.considered, 'candidate')}{of} on {answer.target.id}"
    if not answer.fit.by_bound:
        return f"No budget was given, so {candidates} {'is' if fitting == 1 else 'are'} ranked{of_how_many}."
    return f"{candidates} {'keeps' if fitting == 1 else 'keep'} the budget{of_how_many}."


def _no_knee(answer: Explainable, of: str) -> ExplanationView:
    metrics = list(answer.objective.metrics)
    return ExplanationView(
        text=f"{_count_fitting(answer, of)} No candidate lies beyond the line between the ends of their "
        "frontier, so there is no knee. They are ranked by their balance.",
        remedy=f"Rank by {either(metrics)}, or give each of them a weight.",
        instead={"objective": list(map(str, metrics))},
    )


def _objective_unknown(answer: Explainable, of: str) -> ExplanationView:
    fitting = answer.columns.take(np.flatnonzero(answer.fit.fits))
    lacked = [metric for metric in answer.objective.metrics if np.isnan(fitting.metrics[metric].value).all()]
    others = list(dict.fromkeys(other for metric in lacked for other in stand_ins(metric, fitting)))
    names = " and ".join(lacked or answer.objective.metrics)
    advice = remedy((lacked or answer.objective.metrics)[0], fitting, local=answer.is_local)
    rank_by = f"Rank by {either(others)} instead, which candidates here have. " if others else ""
    return ExplanationView(
        text=f"{_count_fitting(answer, of)} The {names} of none of them is known, so none is the best.",
        remedy=rank_by + advice.text,
        command=advice.command,
        instead={"objective": list(map(str, others))} if others else {},
    )


def _filtered_out(answer: Explainable, of: str) -> ExplanationView:
    target = answer.target.id
    if not answer.blamed:
        return ExplanationView(
            text=f"The catalog holds no candidate on {target}.",
            remedy=f"Choose another target{f', or run `{_CALIBRATE}`' if answer.is_local else ''}.",
            command=_CALIBRATE if answer.is_local else None,
        )
    asked = " and ".join(_filter_in_words(blame) for blame in answer.blamed)
    others = " that passes the other filters" if len(answer.filters) > len(answer.blamed) else ""
    have = [
        f"{_field_in_words(blame.field)} {either(blame.instead)}" for blame in answer.blamed if blame.instead
    ]
    there = f" Candidates there have {' with '.join(have)}." if have else ""
    todo = [
        f"ask for {_field_in_words(blame.field)} {either(blame.instead)}"
        if blame.instead
        else f"leave out {_filter_in_words(blame)}"
        for blame in answer.blamed
    ]
    command = measuring_command(answer.filters, answer.blamed) if answer.is_local else None
    measure = f" Or measure it on this machine: run `{command}`." if command else ""
    return ExplanationView(
        text=f"No candidate{of} on {target}{others} has {asked}.{there}",
        remedy=f"{_sentence(' and '.join(todo))}{measure}",
        command=command,
        instead={blame.field: list(blame.instead) for blame in answer.blamed},
    )


def _all_unknown(answer: Explainable, of: str) -> ExplanationView:
    usable = answer.columns.take(np.flatnonzero(answer.columns.usable))
    unknown = answer.elimination.unknown
    lacked = [metric for metric, count in unknown.items() if count == len(usable)]
    named = lacked or [metric for metric, count in unknown.items() if count]
    counts = " and ".join(
        f"the {metric} of {'each' if metric in lacked else unknown[metric]} of them" for metric in named
    )
    instead, swaps = _instead_of(answer, usable, lacked)
    advice = remedy(named[0], lacking(answer, named[0]), local=answer.is_local)
    return ExplanationView(
        text=f"None of {counted(answer.considered, 'candidate')}{of} on {answer.target.id} can be judged: "
        f"{counts} {'is' if len(named) == 1 else 'are'} unknown.",
        remedy=f"{swaps}{advice.text}",
        command=advice.command,
        instead=instead,
    )


def _instead_of(
    answer: Explainable, usable: CandidateColumns, lacked: Sequence[Metric]
) -> tuple[dict[str, list[str]], str]:
    """What can be bounded instead of the metrics that all usable candidates lack: by field, and in words."""
    bounded = {bound.metric for bound in answer.fit.by_bound}
    instead = {
        f"budget.{metric}": [str(other) for other in stand_ins(metric, usable) if other not in bounded]
        for metric in lacked
    }
    swaps = [
        f"bound {either(others)} instead of {path.removeprefix('budget.')}"
        for path, others in instead.items()
        if others
    ]
    return instead, f"{_sentence(' and '.join(swaps))} " if swaps else ""


def _all_failed(answer: Explainable, of: str) -> ExplanationView:
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
        text=f"Each measurement of {counted(len(columns), 'candidate')}{of} on {answer.target.id} failed: "
        f"{counts}. {reason.meaning}",
        remedy=reason.remedy if command is None else f"{reason.remedy} Run `{command}`.",
        command=command,
    )


def _all_exceed(answer: Explainable, of: str) -> ExplanationView:
    undecided, failed = answer.elimination.undecided, answer.elimination.failed
    text = f"None of {counted(answer.considered, 'candidate')}{of} on {answer.target.id} keeps the budget."
    if undecided == 1:
        text += " 1 of them breaks no bound that can be judged, and lacks a bounded number."
    elif undecided:
        text += f" {undecided} of them break no bound that can be judged, and lack a bounded number."
    if failed:
        text += f" The measurement of {failed} failed."
    fewest = answer.fewest_relaxation
    if fewest is None:
        return _unreachable(answer, text)
    changed = [bound for bound in fewest.bounds if bound.metric in fewest.metrics]
    return ExplanationView(
        text=text,
        remedy=f"Allow {bounds_in_words(changed)}. That admits {candidate_name(answer.columns, fewest.row)}.",
    )


def _unreachable(answer: Explainable, text: str) -> ExplanationView:
    """The explanation where no change of the bounds admits a candidate, because each lacks a number."""
    usable = answer.columns.take(np.flatnonzero(answer.columns.usable))
    lacked = [
        bound.metric for bound in answer.fit.by_bound if np.isnan(usable.metrics[bound.metric].value).all()
    ]
    if not lacked:
        return ExplanationView(
            text=text, remedy="Bound something else: no change of these bounds admits a candidate."
        )
    instead, swaps = _instead_of(answer, usable, lacked)
    advice = remedy(lacked[0], lacking(answer, lacked[0]), local=answer.is_local)
    return ExplanationView(
        text=f"{text} The {' and '.join(lacked)} of none of them is known.",
        remedy=f"{swaps}{advice.text}",
        command=advice.command,
        instead=instead,
    )


_EXPLAINED: Mapping[Outcome, Callable[[Explainable, str], ExplanationView]] = {
    Outcome.FITS: _fits,
    Outcome.NO_KNEE: _no_knee,
    Outcome.OBJECTIVE_UNKNOWN: _objective_unknown,
    Outcome.FILTERED_OUT: _filtered_out,
    Outcome.ALL_FAILED: _all_failed,
    Outcome.ALL_UNKNOWN: _all_unknown,
    Outcome.ALL_EXCEED: _all_exceed,
}


def lacking(answer: Explainable, metric: Metric) -> CandidateColumns:
    """The candidates whose measurement did not fail, and that lack the number. The likeliest winner comes
    first."""
    columns = answer.columns
    rows = np.flatnonzero(columns.usable & np.isnan(columns.metrics[metric].value))
    return columns.take(most_promising(columns, answer.fit, answer.objective, rows))


def _field_in_words(field: str) -> str:
    return _WORDS.get(field, field.rpartition(".")[2].replace("_", " "))


def _filter_in_words(blame: Blame) -> str:
    asked = list(dict.fromkeys(blame.asked))
    joined = " to ".join(asked) if blame.field == "input_size" else either(asked)
    return f"{_field_in_words(blame.field)} {joined}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
