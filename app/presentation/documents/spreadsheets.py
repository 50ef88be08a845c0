"""Answers as CSV (RFC 4180): a header, and a row a candidate, a case or a target, with every number whole."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from app.contract.answers.candidates import CandidateView
from app.contract.answers.recommendations import RecommendationResponse
from app.contract.common.fields import MetricSchema
from app.presentation.answers.winner import winner_of
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric
from catalog.words.texts import visible
from catalog.words.vocabulary import Provenance

if TYPE_CHECKING:
    from app.contract.answers.comparisons import CompareResponse, FrontierResponse
    from app.contract.evidence.targets import TargetCardView, TargetPage
    from app.contract.networks.cards import CardView

Row = tuple[Mapping[str, Any], Mapping[Metric, MetricSchema]]
"""The texts and plain numbers of a row by column, and its metrics."""

# A program that opens CSV takes a text that begins so for a formula. An apostrophe makes it a text.
_FORMULA = ("=", "+", "-", "@")
_CANDIDATE = (
    "architecture", "checkpoint", "input_size", "runtime", "device", "precision", "batch_size", "threads",
    "configuration", "license", "commercial_use", "training_data",
)  # fmt: skip
_RANKED = (
    "recommended",
    "rank",
    "shares_rank_with",
    *_CANDIDATE,
    "fit_probability",
    "on_frontier",
    "reproduce",
    "load",
)
_CASE = (
    "target", "input_size", "num_classes", "runtime", "device", "precision", "batch_size", "threads",
    "configuration", "provenance", "status", "reason", "doubts", "measured_at", "source",
)  # fmt: skip
_COUNTS = ("architectures", "failed", "cases", "newest")
_COVERAGE = (
    "target", "runtime", "device", "precision", "batch_size", "threads", "configuration", "provenance",
    *_COUNTS,
)  # fmt: skip
_PARTS = ("low", "high", "level", "provenance", "doubts")  # of a number
_TARGET = ("id", "alias", "kind", "label")


def recommendation_csv(response: RecommendationResponse) -> str:
    """The ranked rows. `recommended` marks the row to deploy, which has a row of its own behind the others of
    the first rank where it is not among them."""
    rows, winner = list(response.recommendations), winner_of(response)
    if winner is not None and winner not in rows:
        rows.insert(sum(row.rank == winner.rank for row in rows), winner)
    own = [name for name in _RANKED if name not in ("recommended", *_CANDIDATE)]
    return _document(
        _RANKED,
        [
            (
                _candidate(row) | {name: getattr(row, name) for name in own} | {"recommended": row is winner},
                row.metrics,
            )
            for row in rows
        ],
    )


def frontier_csv(response: "FrontierResponse") -> str:
    """The rows of the frontier."""
    rows = [(_candidate(row) | {"within_error": row.within_error}, row.metrics) for row in response.items]
    return _document((*_CANDIDATE, "within_error"), rows)


def compare_csv(response: "CompareResponse") -> str:
    """The compared candidates. One that the target has no number of is a row with its name alone."""
    rows: list[Row] = []
    for item in response.items:
        row = item.candidate
        own = {} if row is None else _candidate(row)
        rows.append(({"asked": item.asked, **own}, {} if row is None else row.metrics))
    return _document(("asked", *_CANDIDATE), rows)


def card_csv(card: "CardView") -> str:
    """Every measured, published and estimated case of the architecture."""
    rows: list[Row] = [
        (
            {
                **_configuration(case.configuration),
                **{
                    name: getattr(case, name)
                    for name in ("target", "input_size", "num_classes", "provenance")
                },
                **{name: getattr(case, name) for name in ("status", "reason", "measured_at", "source")},
                "doubts": case.doubts,
            },
            case.metrics,
        )
        for case in card.measurements
    ]
    rows += [
        (
            {
                **_configuration(case.configuration),
                **{name: getattr(case, name) for name in ("target", "input_size", "num_classes")},
                "provenance": "estimated",
                "source": case.estimator,
            },
            case.metrics,
        )
        for case in card.estimates
    ]
    return _document(_CASE, rows)


def targets_csv(page: "TargetPage") -> str:
    """The targets, with the number of architectures that have a number of each origin."""
    origins = (Provenance.MEASURED, Provenance.PUBLISHED, Provenance.ESTIMATED)
    rows: list[Row] = [
        (
            {name: getattr(row, name) for name in _TARGET}
            | {origin: row.architectures.get(origin, 0) for origin in origins},
            {},
        )
        for row in page.items
    ]
    return _document((*_TARGET, *origins), rows)


def target_csv(card: "TargetCardView") -> str:
    """What is known of a target: a row for each configuration and origin of numbers."""
    rows: list[Row] = [
        (
            {
                **_configuration(part.configuration),
                **{name: getattr(part, name) for name in _COUNTS},
                "target": card.id,
                "provenance": part.provenance,
            },
            {},
        )
        for part in card.coverage
    ]
    return _document(_COVERAGE, rows)


def _candidate(row: CandidateView) -> dict[str, Any]:
    return _configuration(row.configuration) | {
        "architecture": row.architecture,
        "checkpoint": row.checkpoint,
        "input_size": row.input_size,
        "license": row.license,
        "commercial_use": row.commercial_use,
        "training_data": row.training_data,
    }


def _configuration(run: Configuration) -> dict[str, Any]:
    return {
        "runtime": run.runtime,
        "device": run.device,
        "precision": run.precision,
        "batch_size": run.batch_size,
        "threads": run.threads,
        "configuration": str(run),
    }


def _document(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """The rows as CSV. Each metric that a row has adds its number and origin, and its interval and doubts if
    a row has some."""
    metrics = [metric for metric in Metric if any(metric in numbers for _, numbers in rows)]
    of_metrics = [_numbers(numbers, metrics) for _, numbers in rows]
    names = dict.fromkeys(
        name for numbers in of_metrics for name, value in numbers.items() if value not in ([], None)
    )
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([*columns, *names])
    for (plain, _), numbers in zip(rows, of_metrics, strict=True):
        writer.writerow(
            [_cell(plain.get(name)) for name in columns] + [_cell(numbers[name]) for name in names]
        )
    return text.getvalue()


def _numbers(numbers: Mapping[Metric, MetricSchema], metrics: Sequence[Metric]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for metric in metrics:
        schema = numbers.get(metric)
        cells[str(metric)] = schema and schema.value
        for part in _PARTS:
            cells[f"{metric}_{part}"] = schema and getattr(schema, part)
    return cells


def _cell(value: Any) -> str | int | float:
    """A cell. What is unknown is empty, and several words are separated by blanks."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return value
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = " ".join(map(str, value))
    text = visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
