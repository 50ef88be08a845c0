"""What the filters of a question leave out, and which of them to blame for an empty answer."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from app.questions.asking.question import ConfigurationFilter, Question
from app.questions.candidates.filters import TEST_NETWORK, passing
from app.questions.candidates.promise import most_promising
from app.ranking.budget.budget import Budget, fit_budget
from app.ranking.order.objective import objective_of
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Provenance

BATCH_SIZE = "configuration.batch_size"
# More values than a reader looks at.
_MOST_INSTEAD = 10
# A command with more names is hard to read.
_MOST_ARCHITECTURES = 5

# The candidates of the question's target that were measured with this evidence.
Read = Callable[[tuple[Provenance, ...]], CandidateColumns]


@dataclass(frozen=True)
class FilterEffect:
    """What one filter does, which is that of a `field` of the request.

    Of the target's candidates, so many are `passing` it. So many pass every other filter, and are `left_out`.
    """

    field: str
    asked: tuple[str, ...]
    passing: int
    left_out: int


@dataclass(frozen=True)
class Blame:
    """A filter without which a candidate would pass, alone or with the other filters to blame.

    `instead` are the values that such candidates have, the most frequent first. It is empty for a filter that
    excludes. `architectures` are those of theirs that are the likeliest to win.
    """

    field: str
    asked: tuple[str, ...]
    instead: tuple[str, ...]
    architectures: tuple[str, ...]


@dataclass(frozen=True)
class BatchEffect:
    """What a filter on the batch size does where the batch is the largest that fits.

    Counts are of architectures: those that pass every filter, and those that this filter alone leaves out.
    `batches` are the batch sizes of the latter, and the parameters (M) are medians, NaN without a number.
    """

    asked: tuple[int, ...]
    considered: int
    left_out: int
    considered_params_m: float
    left_out_params_m: float
    batches: tuple[int, ...]


class Filters:
    """The filters of a question, and the candidates of its target. `read` gives these, by evidence.

    With `name`, only the candidates of that name count.
    """

    def __init__(self, question: Question, read: Read, name: str | None = None) -> None:
        self.question = question
        self._names = () if name is None else (name,)
        self.asked = _asked(question)
        self._read = read
        self._counts: dict[frozenset[str], int] = {}

    def effects(self) -> tuple[FilterEffect, ...]:
        """What each filter does."""
        everything = self.asked.keys()
        return tuple(
            FilterEffect(
                field,
                asked,
                passing=self._count({field}),
                left_out=max(0, self._count(everything - {field}) - self._count(everything)),
            )
            for field, asked in self.asked.items()
        )

    def blamed(self) -> tuple[Blame, ...]:
        """A smallest set of filters without which a candidate passes. Empty where one passes, or none could.

        The filters that the fewest candidates pass are tried first. Each is needed.
        """
        everything = self.asked.keys()
        blamed: list[str] = []
        for field in sorted(everything, key=lambda field: self._count({field})):
            if self._count(everything - set(blamed)):
                break
            blamed.append(field)
        if not self._count(everything - set(blamed)):
            return ()
        for field in blamed.copy():
            if self._count(everything - (set(blamed) - {field})):
                blamed.remove(field)
        columns, rows = self._passing(everything - set(blamed))
        fit = fit_budget(Budget(self.question.budget.bounds), columns)
        objective = objective_of(self.question.objective, self.question.budget.bounds, columns)
        promising = most_promising(columns, fit, objective, np.asarray(rows))
        architectures = tuple(dict.fromkeys(columns.architecture.take(promising)))[:_MOST_ARCHITECTURES]
        return tuple(
            Blame(field, self.asked[field], _values(columns, rows, field), architectures)
            for field in everything
            if field in blamed
        )

    def batch_effect(self) -> BatchEffect | None:
        """What a filter on the batch size leaves out. None without one, and where batches were chosen."""
        if BATCH_SIZE not in self.asked:
            return None
        columns, rows = self._passing(self.asked.keys() - {BATCH_SIZE})
        policies = columns.configuration.mask(lambda run: run.batch_policy is BatchPolicy.LARGEST_FITTING)
        rows = rows[policies[rows]]
        admitted = columns.configuration.mask(self.question.configuration.admits)
        inside, outside = rows[admitted[rows]], rows[~admitted[rows]]
        considered = set(columns.architecture.take(inside))
        left_out = set(columns.architecture.take(outside)) - considered
        outside = outside[columns.architecture.take(outside).mask(left_out.__contains__)]
        if not len(outside):
            return None
        params = columns.metrics[Metric.PARAMS_M].value
        return BatchEffect(
            tuple(int(size) for size in self.asked[BATCH_SIZE]),
            len(considered),
            len(left_out),
            _median(params[inside]),
            _median(params[outside]),
            tuple(sorted({run.batch_size for run in columns.configuration.take(outside)})),
        )

    def _count(self, fields: Collection[str]) -> int:
        key = frozenset(fields)
        if key not in self._counts:
            self._counts[key] = len(self._passing(key)[1])
        return self._counts[key]

    def _passing(self, fields: Collection[str]) -> tuple[CandidateColumns, Ints]:
        """The candidates, and which of them pass the filters on these fields alone."""
        question = _with_only(self.question, fields)
        columns = self._read(question.evidence)
        return columns, np.flatnonzero(passing(columns, question, *self._names))


# The fields of the request that filter, with those of the question. Those of a configuration are added.
_FIELDS: Mapping[str, str] = {
    "input_size": "input_size",
    "license.allow": "licenses",
    "license.commercial_use": "commercial_use",
    "training_data.exclude": "training_data_excluded",
    "training_methods.include": "training_methods_included",
    "training_methods.exclude": "training_methods_excluded",
    "families.include": "families_included",
    "families.exclude": "families_excluded",
    "tags.include": "tags_included",
    "tags.exclude": "tags_excluded",
    "evidence": "evidence",
}
_CONFIGURATION = "configuration."


def _asked(question: Question) -> dict[str, tuple[str, ...]]:
    """What each filter of the question asks for, by the field of the request."""
    nothing = Question()
    asked: dict[str, tuple[str, ...]] = {}
    for field, attribute in _FIELDS.items():
        value = getattr(question, attribute)
        if value != getattr(nothing, attribute):
            asked[field] = tuple(map(_text, value)) if isinstance(value, tuple) else (_text(value),)
    for name, values in question.configuration.allowed.items():
        asked[_CONFIGURATION + name] = tuple(map(_text, values))
    return asked


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _with_only(question: Question, fields: Collection[str]) -> Question:
    """The question with the filters on these fields of the request, and no others."""
    nothing = Question()
    configuration = {
        name: values
        for name, values in question.configuration.allowed.items()
        if _CONFIGURATION + name in fields
    }
    dropped = {
        attribute: getattr(nothing, attribute) for field, attribute in _FIELDS.items() if field not in fields
    }
    return replace(question, configuration=ConfigurationFilter(**configuration), **dropped)


def _values(columns: CandidateColumns, rows: Ints, field: str) -> tuple[str, ...]:
    """The values that the candidates `rows` have of what a filter chooses by, the most frequent first."""
    counts = Counter(
        value for value in _all_values(columns, rows, field) if value not in (None, TEST_NETWORK)
    )
    ordered = sorted(counts, key=lambda value: (-counts[value], str(value)))
    return tuple(map(_text, ordered[:_MOST_INSTEAD]))


def _all_values(columns: CandidateColumns, rows: Ints, field: str) -> Iterable[object]:
    """What the candidates `rows` have of what a filter chooses by. Nothing for a filter that excludes."""
    if field.startswith(_CONFIGURATION):
        name = field.removeprefix(_CONFIGURATION)
        return (getattr(run, name) for run in columns.configuration.take(rows))
    if field not in _CHOSEN:
        return ()
    return _CHOSEN[field](columns, rows)


_CHOSEN: Mapping[str, Callable[[CandidateColumns, Ints], Iterable[object]]] = {
    "input_size": lambda columns, rows: map(int, columns.input_size[rows]),
    "license.allow": lambda columns, rows: columns.license.take(rows),
    "families.include": lambda columns, rows: columns.family.take(rows),
    "training_methods.include": lambda columns, rows: chain.from_iterable(
        columns.training_methods.take(rows)
    ),
    "tags.include": lambda columns, rows: chain.from_iterable(columns.tags.take(rows)),
    "evidence": lambda columns, rows: (facts.provenance for facts in columns.measurement.take(rows)),
}


def _median(numbers: Floats) -> float:
    known = numbers[~np.isnan(numbers)]
    return float(np.median(known)) if len(known) else float("nan")
