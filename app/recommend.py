"""The use case: load candidates -> filter -> test the budget -> rank -> explain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np

from app import explain, ranking
from app.budget import Bools, Budget, BudgetFit, fit_budget
from app.candidates import Candidates
from app.errors import (
    UnknownArchitecture,
    UnknownCheckpoint,
    UnknownFamily,
    UnknownTarget,
    UnknownTrainingData,
)
from app.explain import JointRelaxation, Relaxation
from app.objective import Asked, Objective, Scores, objective_of, score
from app.ranking import Collapse
from catalog import host, repository, training_data
from catalog.columns import CandidateColumns, Ints, Strings
from catalog.database import Catalog, ReadSession, revision
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
            and (self.compiled is None or configuration.compiled is self.compiled)
        )


@dataclass(frozen=True)
class Question:
    """A user's constraints. Empty tuples and None let everything pass; `input_size` is a closed range."""

    target: str = host.LOCAL
    budget: Budget = field(default_factory=Budget)
    input_size: tuple[int, int] | None = None
    configuration: ConfigurationFilter = field(default_factory=ConfigurationFilter)
    licenses: tuple[str, ...] = ()
    commercial_use: bool | None = None
    training_data_excluded: tuple[str, ...] = ()
    families_included: tuple[str, ...] = ()
    families_excluded: tuple[str, ...] = ()
    evidence: tuple[Provenance, ...] = ()
    objective: Asked = Metric.TOP1
    collapse: Collapse = Collapse.ARCHITECTURE
    limit: int = 10


@dataclass(frozen=True)
class Recommended:
    """A candidate that fits: its row in the columns, and why it stands where it stands. `score` and
    `utilities` are NaN where a metric of the objective is unknown."""

    rank: int
    row: int
    reasons: tuple[str, ...]
    on_frontier: bool
    score: float
    utilities: Mapping[Metric, float]


@dataclass(frozen=True)
class Answer:
    """The ranked candidates of a question, and what became of the others. `columns` and
    `fit` hold the candidates that passed the filters."""

    question: Question
    target: Target
    columns: CandidateColumns
    fit: BudgetFit
    objective: Objective
    recommendations: tuple[Recommended, ...]
    elimination: explain.Elimination
    near_misses: tuple[int, ...]
    relaxations: tuple[Relaxation, ...]
    joint_relaxation: JointRelaxation | None
    catalog_revision: int

    @property
    def considered(self) -> int:
        return len(self.columns)


def recommend(catalog: Catalog, question: Question, candidates: Candidates | None = None) -> Answer:
    """Answer `question` from one snapshot of the catalog, whose columns `candidates` may hold.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTrainingData: the question names what the catalog does not hold.
    """
    with catalog.read() as session:
        target = find_target(session, question.target)
        columns = filtered(session, candidates or Candidates(), target, question)
        at = revision(session)
    fit = fit_budget(question.budget, columns.metrics, len(columns), columns.usable())
    objective = objective_of(question.objective, question.budget.bounds, columns)
    fitting = np.flatnonzero(fit.fits)
    scores = score(columns, fitting, objective, question.limit)
    ranked = ranking.rank(columns, fitting, objective, scores)
    collapsed = ranking.collapse(columns, ranked, question.collapse)
    return Answer(
        question=question,
        target=target,
        columns=columns,
        fit=fit,
        objective=objective,
        recommendations=_recommended(columns, fit, collapsed, question, objective, scores),
        elimination=explain.eliminations(fit),
        near_misses=tuple(explain.near_misses(columns, fit, _NEAR_MISSES)),
        relaxations=tuple(explain.relaxations(columns, question.budget, fit)),
        joint_relaxation=explain.joint_relaxation(columns, question.budget, fit),
        catalog_revision=at,
    )


def filtered(
    session: ReadSession, candidates: Candidates, target: Target, question: Question
) -> CandidateColumns:
    """The candidates of the target that pass the question's filters, before any budget.

    Raises:
        UnknownFamily, UnknownTrainingData: the question names what the catalog does not hold.
    """
    _check_families(session, question)
    everything = candidates.columns(session, target.id, question.evidence)
    return everything.take(_filter(everything, question))


def check_candidate(session: ReadSession, name: str) -> None:
    """Refuse the name of a checkpoint or architecture that the catalog does not hold.

    Raises:
        UnknownCheckpoint: names close matches.
    """
    if "\0" not in name and repository.knows(session, name):
        return
    architecture = name.partition(".")[0]
    close = [] if "\0" in name else repository.checkpoint_names(session, architecture)
    close = close or get_close_matches(architecture, repository.architecture_names(session), n=5, cutoff=0.4)
    remedy = f"close matches: {', '.join(close)}" if close else "names are timm's, as resnet50.a1_in1k"
    raise UnknownCheckpoint(f"unknown checkpoint or architecture {name!r}", "candidate", close, remedy)


def find_target(session: ReadSession, name: str) -> Target:
    """The target with this id; `local` is this machine.

    Raises:
        UnknownTarget: names the known ones.
    """
    targets = {target.id: target for target in repository.find_targets(session)}
    local = host.local_target().id
    found = targets.get(local if name == host.LOCAL else name)
    if found is not None:
        return found
    known = [*targets, *([host.LOCAL] if local in targets else [])]
    if name == host.LOCAL:
        message, remedy = "this machine has not been profiled", "run `archrank profile --preset starter`"
    else:
        message, remedy = f"unknown target {name!r}", "`archrank targets` lists the known ones"
    raise UnknownTarget(message, "target", known, remedy)


def find_card(session: ReadSession, name: str) -> repository.Card:
    """All that is known of the architecture `name`.

    Raises:
        UnknownArchitecture: names close matches.
    """
    card = None if "\0" in name else repository.find_card(session, name)
    if card is not None:
        return card
    close = get_close_matches(name, repository.architecture_names(session), n=5, cutoff=0.4)
    remedy = f"close matches: {', '.join(close)}" if close else "names are timm's, as resnet50"
    raise UnknownArchitecture(f"unknown architecture {name!r}", "name", close, remedy)


def _check_families(session: ReadSession, question: Question) -> None:
    named = {*question.families_included, *question.families_excluded}
    if not named:
        return
    known = repository.families(session)
    if unknown := sorted(named - set(known)):
        raise UnknownFamily(
            f"unknown family {unknown[0]!r}",
            "families",
            known,
            f"known families: {', '.join(known) or 'none'}",
        )


def check_training_data(names: Sequence[str], field: str) -> tuple[str, ...]:
    """The data sets that `names` stand for: each names one, or is the beginning of several (`laion`).

    Raises:
        UnknownTrainingData: a name is neither.
    """
    found: dict[str, None] = {}
    for name in names:
        matches = [one for one in training_data.DATA if one == name or one.startswith(f"{name}-")]
        if not matches:
            known = sorted(training_data.DATA)
            raise UnknownTrainingData(
                f"unknown training data {name!r}", field, known, f"known: {', '.join(known)}"
            )
        found.update(dict.fromkeys(matches))
    return tuple(found)


def _filter(columns: CandidateColumns, question: Question) -> Ints:
    keep: Bools = np.ones(len(columns), dtype=np.bool_)
    if question.input_size is not None:
        low, high = question.input_size
        keep &= (columns.input_size >= low) & (columns.input_size <= high)
    keep &= _admitted(columns, question.configuration)
    if question.licenses:
        keep &= _one_of(columns.license, _normalised(question.licenses))
    if question.commercial_use is not None:
        keep &= np.array([use is question.commercial_use for use in columns.commercial_use], dtype=np.bool_)
    if excluded := set(check_training_data(question.training_data_excluded, _EXCLUDED_DATA)):
        # What was trained on unknown data may have been trained on the excluded.
        keep &= np.array(
            [bool(data) and excluded.isdisjoint(data) for data in columns.training_data], dtype=np.bool_
        )
    if question.families_included:
        keep &= _one_of(columns.family, question.families_included)
    if question.families_excluded:
        keep &= ~_one_of(columns.family, question.families_excluded)
    return np.flatnonzero(keep)


def _admitted(columns: CandidateColumns, configuration: ConfigurationFilter) -> Bools:
    """Which candidates run in a configuration that the filter admits."""
    passing = np.array([configuration.admits(one) for one in columns.configurations], dtype=np.bool_)
    return passing[columns.configuration] if len(columns) else np.zeros(0, dtype=np.bool_)


def _normalised(names: tuple[str, ...]) -> tuple[str, ...]:
    """Licences as the catalog spells them, whether asked for as SPDX or as timm does."""
    return tuple(license_id(name) or name for name in names)


def _one_of(names: Strings, wanted: tuple[str, ...]) -> Bools:
    """Where the name is one of `wanted`; an unknown name never is."""
    return np.array([name in wanted for name in names], dtype=np.bool_)


def _recommended(
    columns: CandidateColumns,
    fit: BudgetFit,
    collapsed: Ints,
    question: Question,
    objective: Objective,
    scores: Scores,
) -> tuple[Recommended, ...]:
    shown = collapsed[: question.limit]
    metrics = tuple(dict.fromkeys([*objective.metrics, *(bound.metric for bound in question.budget.bounds)]))
    frontier = ranking.on_frontier(columns, shown, fit.fits, metrics)
    return tuple(
        Recommended(
            rank=position + 1,
            row=int(row),
            reasons=tuple(explain.reasons(columns, collapsed, position, objective, question.collapse)),
            on_frontier=bool(frontier[position]),
            score=float(scores.total[row]),
            utilities={metric: float(values[row]) for metric, values in scores.utilities.items()},
        )
        for position, row in enumerate(shown)
    )
