"""Candidates that a person names: why a favourite is not the first, and several side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import RecommendationResponse, RecommendationView
from app.errors import AppError
from app.presentation.answers.candidates import candidate_name, candidate_view
from app.presentation.answers.charts import misses
from app.presentation.answers.decision import trade_between
from app.presentation.answers.filters import filter_views
from app.presentation.commands.configurations import profile_command
from app.questions.answers.recommend import Answer
from app.questions.answers.representatives import nearest_first
from app.questions.asking.names import find_candidates
from app.questions.candidates.filters import is_named
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.order.leading import leading
from app.web.form.forms import sentence_of
from catalog.entities.identity import architecture_of
from catalog.storage.database import Catalog
from catalog.words.metrics import Metric

MOST_COMPARED = 5


@dataclass(frozen=True)
class LookedUp:
    """A network that was asked about: the `candidate` that represents it, and what the answer says of it.

    There is no candidate where none passes the filters. `fault` says why the name means nothing.
    """

    name: str
    sentences: Sequence[str] = ()
    candidate: CandidateView | None = None
    ranked: RecommendationView | None = None
    command: str = ""
    fault: str = ""


def look_up(
    catalog: Catalog, candidates: CandidateCache, answer: Answer, response: RecommendationResponse, asked: str
) -> LookedUp:
    """Why the network `asked` has its place in the answer, or has none."""
    with catalog.read() as session:
        try:
            (name,) = find_candidates(session, [asked], "why")
        except AppError as error:
            return LookedUp(asked, fault=sentence_of(error))
        everything = candidates.columns(session, answer.target.id)
    row = representative(answer, name)
    if row is not None:
        return _represented(answer, response, name, row)
    if is_named(everything, name).any():
        fields = sorted({view.field for view in filter_views(answer)})
        return LookedUp(
            name,
            [f"{name} has numbers on {answer.target.label}. Filters leave it out: {', '.join(fields)}."]
            if fields
            else [f"No measurement of {name} on {answer.target.label} succeeded."],
        )
    first = answer.columns.configuration[0] if len(answer.columns) else None
    local = answer.is_local and first is not None
    command = profile_command([architecture_of(name)], None, first) if local and first is not None else ""
    return LookedUp(name, [f"{name} has no number on {answer.target.label}."], command=command)


def representative(answer: Answer, name: str) -> int | None:
    """The row of `name`: the recommended one, or else the one that is nearest to the budget."""
    rows = nearest_first(answer, np.flatnonzero(is_named(answer.columns, name) & answer.columns.usable))
    return int(rows[0]) if len(rows) else None


def _represented(answer: Answer, response: RecommendationResponse, name: str, row: int) -> LookedUp:
    ranked = _ranked(answer, response, row)
    view = candidate_view(answer.columns, answer.fit, row)
    if ranked is not None:
        return LookedUp(name, ranked.reasons, view, ranked)
    shown = candidate_name(answer.columns, row)
    if not answer.fit.fits[row]:
        return LookedUp(name, [f"{shown} does not keep the budget. {misses(answer, row)}"], view)
    keeps = "keeps the budget, and " if answer.fit.by_bound else ""
    sentences = [f"{shown} {keeps}ranks after the {len(response.recommendations)} rows shown."]
    if response.recommendations:
        first = response.recommendations[0]
        sentences.append(
            f"Compared with {first.checkpoint or first.architecture}, it {trade_between(view, first)}."
        )
    return LookedUp(name, sentences, view)


def _ranked(answer: Answer, response: RecommendationResponse, row: int) -> RecommendationView | None:
    for recommended, view in zip(answer.recommendations, response.recommendations, strict=True):
        if recommended.row == row:
            return view
    return None


@dataclass(frozen=True)
class SideBySide:
    """Candidates to compare, and the names that no candidate of the answer has.

    `metrics` are those that one of the candidates has. `best` has, for each, the positions of the candidate
    with the best number and of those that cannot be told apart from it. A metric that sets none apart has no
    position.
    """

    candidates: Sequence[CandidateView]
    missing: Sequence[str]
    metrics: Sequence[Metric]
    best: Mapping[Metric, frozenset[int]]


def side_by_side(answer: Answer, names: Sequence[str], metrics: Sequence[Metric]) -> SideBySide:
    """The candidates that represent up to five `names`, compared in `metrics`."""
    found = {name: representative(answer, name) for name in list(dict.fromkeys(names))[:MOST_COMPARED]}
    rows = np.array([row for row in found.values() if row is not None], dtype=np.int64)
    compared = [
        metric for metric in metrics if not np.isnan(answer.columns.metrics[metric].value[rows]).all()
    ]
    return SideBySide(
        candidates=[candidate_view(answer.columns, answer.fit, row) for row in rows.tolist()],
        missing=[name for name, row in found.items() if row is None],
        metrics=compared,
        best={metric: leading(answer.columns, metric, rows) for metric in compared},
    )
