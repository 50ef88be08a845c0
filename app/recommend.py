"""The use case: load candidates -> filter -> test the budget -> rank -> explain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app import explain
from app.budget import Budget, BudgetFit, corrected, fit_budget
from app.candidates import Candidates
from app.errors import UnknownFamily, UnknownTag
from app.explain import FewestRelaxation, JointRelaxation, Relaxation
from app.names import check_known, check_training_data
from app.objective import Asked, Objective, objective_of
from app.ranking import Collapse, ranking_of
from app.training_plan import Advice, Network, TrainingTask, training_plan
from catalog import host, repository
from catalog.columns import Bools, CandidateColumns, Floats, Ints
from catalog.database import Catalog, ReadSession
from catalog.entities import Configuration, Target
from catalog.licenses import license_id
from catalog.metrics import Metric
from catalog.vocabulary import BatchPolicy, Layout, Precision, Provenance, RuntimeName, Scenario

_NEAR_MISSES = 3
_EXCLUDED_DATA = "training_data.exclude"


@dataclass(frozen=True)
class ConfigurationFilter:
    """The configurations to consider; an empty field lets everything pass."""

    runtime: tuple[RuntimeName, ...] = ()
    precision: tuple[Precision, ...] = ()
    batch_size: tuple[int, ...] = ()
    threads: tuple[int, ...] = ()
    batch_policy: tuple[BatchPolicy, ...] = ()
    layout: tuple[Layout, ...] = ()
    scenario: tuple[Scenario, ...] = ()
    clients: tuple[int, ...] = ()
    compiled: bool | None = None

    def admits(self, configuration: Configuration) -> bool:
        return (
            (not self.runtime or configuration.runtime in self.runtime)
            and (not self.precision or configuration.precision in self.precision)
            and (not self.batch_size or configuration.batch_size in self.batch_size)
            and (not self.threads or configuration.threads in self.threads)
            and (not self.batch_policy or configuration.batch_policy in self.batch_policy)
            and (not self.layout or configuration.layout in self.layout)
            and (not self.scenario or configuration.scenario in self.scenario)
            and (not self.clients or configuration.clients in self.clients)
            and (self.compiled is None or configuration.compiled is self.compiled)
        )


@dataclass(frozen=True)
class Question:
    """A user's constraints. Empty tuples and None let everything pass; `input_size` is a closed range.

    `typical_image` is the width and height of the user's images: an input that enlarges them ranks behind, by
    the octave (so that a factor below 1.4 does not count). With `training`, each recommendation gets a
    training plan.
    """

    target: str = host.LOCAL
    budget: Budget = field(default_factory=Budget)
    input_size: tuple[int, int] | None = None
    typical_image: tuple[int, int] | None = None
    configuration: ConfigurationFilter = field(default_factory=ConfigurationFilter)
    licenses: tuple[str, ...] = ()
    commercial_use: bool | None = None
    training_data_excluded: tuple[str, ...] = ()
    families_included: tuple[str, ...] = ()
    families_excluded: tuple[str, ...] = ()
    tags_included: tuple[str, ...] = ()
    tags_excluded: tuple[str, ...] = ()
    evidence: tuple[Provenance, ...] = ()
    objective: Asked = Metric.TOP1
    training: TrainingTask | None = None
    collapse: Collapse = Collapse.ARCHITECTURE
    limit: int = 10


@dataclass(frozen=True)
class Recommended:
    """A candidate that fits: its row in the columns, and why it stands where it stands. `score` and
    `utilities` are NaN where a metric of the objective is unknown.

    `dominated_by` are the rows that are at least as good in the objective and every bounded metric, and
    better in one, best first; None where the candidate lacks one of them. `enlargement` is how many times the
    short side of the typical image must grow to fill the input; 1 where it need not.
    """

    rank: int
    shares_rank_with: int
    row: int
    reasons: tuple[str, ...]
    dominated_by: tuple[int, ...] | None
    score: float
    utilities: Mapping[Metric, float]
    enlargement: float
    training_plan: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The ranked candidates of a question, and what became of the others. `columns` and `fit` hold the
    candidates that passed the filters; the confidence of `fit.budget` is what each needs by itself."""

    question: Question
    target: Target
    is_local: bool
    columns: CandidateColumns
    fit: BudgetFit
    objective: Objective
    recommendations: tuple[Recommended, ...]
    elimination: explain.Elimination
    near_misses: tuple[int, ...]
    relaxations: tuple[Relaxation, ...]
    joint_relaxation: JointRelaxation | None
    fewest_relaxation: FewestRelaxation | None
    catalog_revision: int

    @property
    def considered(self) -> int:
        return len(self.columns)


def recommend(catalog: Catalog, question: Question, candidates: Candidates | None = None) -> Answer:
    """Answer `question` from one snapshot of the catalog, whose columns `candidates` may hold.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: the question names what the catalog
            does not hold.
    """
    with catalog.read() as session:
        candidates = candidates or Candidates()
        target = candidates.target(session, question.target)
        columns = filtered(session, candidates, target, question)
        answer = _answer(question, target, columns)
        if question.training is None:
            return answer
        plans = _with_plans(session, columns, answer.recommendations, question.training)
        return replace(answer, recommendations=plans)


def filtered(
    session: ReadSession, candidates: Candidates, target: Target, question: Question
) -> CandidateColumns:
    """The candidates of the target that pass the question's filters, before any budget.

    Raises:
        UnknownFamily, UnknownTag, UnknownTrainingData: the question names what the catalog does not hold.
    """
    if named := {*question.families_included, *question.families_excluded}:
        check_known(UnknownFamily, named, repository.families(session), "family", "families")
    if named := {*question.tags_included, *question.tags_excluded}:
        check_known(UnknownTag, named, repository.tags(session), "tag", "tags")
    everything = candidates.columns(session, target.id, question.evidence)
    rows = _filter(everything, question)
    return everything if len(rows) == len(everything) else everything.take(rows)


def _answer(question: Question, target: Target, columns: CandidateColumns) -> Answer:
    budget = corrected(question.budget, columns)
    fit = fit_budget(budget, columns)
    objective = objective_of(question.objective, budget.bounds, columns)
    return Answer(
        question=question,
        target=target,
        is_local=target.id == host.local_target().id,
        columns=columns,
        fit=fit,
        objective=objective,
        recommendations=_recommended(columns, fit, question, objective),
        elimination=explain.eliminations(fit),
        near_misses=tuple(explain.near_misses(columns, fit, _NEAR_MISSES)),
        relaxations=tuple(explain.relaxations(columns, budget, fit)),
        joint_relaxation=explain.joint_relaxation(columns, budget, fit),
        fewest_relaxation=explain.fewest_relaxation(columns, budget, fit),
        catalog_revision=columns.revision,
    )


def _filter(columns: CandidateColumns, question: Question) -> Ints:
    keep: Bools = np.ones(len(columns), dtype=np.bool_)
    if question.input_size is not None:
        low, high = question.input_size
        keep &= (columns.input_size >= low) & (columns.input_size <= high)
    if question.configuration != ConfigurationFilter():
        keep &= columns.configuration.where(question.configuration.admits)
    if question.licenses:
        # As the catalog spells them, whether asked for as SPDX or as timm does.
        licenses = {license_id(name) or name for name in question.licenses}
        keep &= columns.license.where(licenses.__contains__)
    if question.commercial_use is not None:
        keep &= columns.commercial_use.where(lambda use: use is question.commercial_use)
    if excluded := set(check_training_data(question.training_data_excluded, _EXCLUDED_DATA)):
        # What was trained on unknown data may have been trained on the excluded.
        keep &= columns.training_data.where(lambda data: bool(data) and excluded.isdisjoint(data))
    if question.families_included:
        keep &= columns.family.where(question.families_included.__contains__)
    if question.families_excluded:
        keep &= ~columns.family.where(question.families_excluded.__contains__)
    if question.tags_included:
        keep &= columns.tags.where(lambda tags: not set(question.tags_included).isdisjoint(tags))
    if question.tags_excluded:
        keep &= columns.tags.where(lambda tags: set(question.tags_excluded).isdisjoint(tags))
    return np.flatnonzero(keep)


def _enlargement(columns: CandidateColumns, typical_image: tuple[int, int] | None) -> Floats:
    """How many times the typical image's short side must grow to fill each input; 1 where it need not."""
    short = np.inf if typical_image is None else min(typical_image)
    return np.maximum(1.0, columns.input_size / short)


def _recommended(
    columns: CandidateColumns, fit: BudgetFit, question: Question, objective: Objective
) -> tuple[Recommended, ...]:
    enlargement = _enlargement(columns, question.typical_image)
    metrics = tuple(dict.fromkeys([*objective.metrics, *(bound.metric for bound in fit.by_bound)]))
    ranked, scores = ranking_of(
        columns,
        np.flatnonzero(fit.fits),
        objective,
        metrics,
        np.asarray(np.round(np.log2(enlargement)), dtype=np.float64),
        question.collapse,
        question.limit,
    )
    reasons = explain.reasons(columns, ranked, metrics, objective, enlargement, question.collapse)
    return tuple(
        Recommended(
            rank=place.rank,
            shares_rank_with=place.shared_with,
            row=int(row),
            reasons=tuple(words),
            dominated_by=None if rivals is None else tuple(rivals.tolist()),
            score=float(scores.total[row]),
            utilities={metric: float(values[row]) for metric, values in scores.utilities.items()},
            enlargement=float(enlargement[row]),
        )
        for place, row, words, rivals in zip(
            ranked.places, ranked.shown, reasons, ranked.dominators, strict=True
        )
    )


def _with_plans(
    session: ReadSession, columns: CandidateColumns, recommended: Sequence[Recommended], task: TrainingTask
) -> tuple[Recommended, ...]:
    """The recommendations with a training plan each."""
    rows = [one.row for one in recommended]
    runs = repository.training_runs(session, {columns.architecture[row] for row in rows})
    layers = repository.weight_layers(session, {columns.measurement[row].id for row in rows})
    found = []
    for one in recommended:
        name = columns.architecture[one.row]
        network = Network(
            name,
            columns.family[one.row],
            int(columns.input_size[one.row]),
            _known(columns, Metric.PARAMS_M, one.row),
            _known(columns, Metric.ACTIVATIONS_M, one.row),
            layers.get(columns.measurement[one.row].id),
            runs.get(name, ()),
        )
        found.append(replace(one, training_plan=training_plan(network, task)))
    return tuple(found)


def _known(columns: CandidateColumns, metric: Metric, row: int) -> float | None:
    value = float(columns.metrics[metric].value[row])
    return None if np.isnan(value) else value
