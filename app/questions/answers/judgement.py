"""What became of the candidates of one name or of one target, where nothing is ranked."""

from dataclasses import dataclass

from app.questions.asking.names import ResolvedQuestion
from app.questions.candidates.filter_effects import Blame, FilterEffect, Filters
from app.questions.candidates.filters import is_named
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.budget.budget import Budget, BudgetFit, fit_budget
from app.ranking.budget.eliminations import Elimination, eliminations
from app.ranking.budget.relaxations import FewestRelaxation, fewest_relaxation
from app.ranking.order.objective import Objective
from app.ranking.order.outcome import Outcome, outcome_of_budget
from catalog import host
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.database import ReadSession
from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Judgement:
    """What became of the candidates of `target` that passed the filters of a question, which are `columns`.

    `filters` says what each filter leaves out, and `blamed` which of them left nothing.
    """

    target: Target
    is_local: bool
    columns: CandidateColumns
    fit: BudgetFit
    elimination: Elimination
    outcome: Outcome
    filters: tuple[FilterEffect, ...]
    blamed: tuple[Blame, ...]
    fewest_relaxation: FewestRelaxation | None
    objective: Objective

    @property
    def considered(self) -> int:
        """How many candidates passed the filters."""
        return len(self.columns)


def judge(
    session: ReadSession,
    candidates: CandidateCache,
    question: ResolvedQuestion,
    target: Target,
    columns: CandidateColumns,
    budget: Budget,
    name: str | None = None,
) -> Judgement:
    """The judgement of `columns`, which passed the filters of the question, under a budget.

    With `name`, they are the candidates of that name.
    """
    fit = fit_budget(budget, columns)
    elimination = eliminations(fit)
    filters = Filters(question, lambda evidence: candidates.columns(session, target.id, evidence), name)
    return Judgement(
        target=target,
        is_local=target.id == host.local_target().id,
        columns=columns,
        fit=fit,
        elimination=elimination,
        outcome=outcome_of_budget(columns, elimination),
        filters=() if len(columns) else filters.effects(),
        blamed=() if len(columns) else filters.blamed(),
        fewest_relaxation=fewest_relaxation(columns, fit),
        objective=Objective(Metric.TOP1, {Metric.TOP1: 1.0}),
    )


def has_number(session: ReadSession, candidates: CandidateCache, target: Target, name: str) -> bool:
    """Whether the target has a candidate of this name."""
    return bool(is_named(candidates.columns(session, target.id), name).any())
