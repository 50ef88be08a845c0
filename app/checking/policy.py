"""The policy of a gate: budgets and questions, in a file in YAML. What is wrong is refused, with its line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from app.contract.answers.questions import RecommendationRequest
from app.contract.common.configurations import ConfigurationSchema
from app.contract.common.fields import BoundSchema, Pixels, Request, ShortText
from app.errors import InvalidPolicy
from app.gate.budgets import Limit
from app.presentation.requests.questions import question_of
from app.questions.asking.question import Question
from catalog.errors import FileInaccessible
from catalog.words.complaints import complaint
from catalog.words.metrics import Metric, Subject

_BUDGET_METRICS = [metric for metric in Metric if metric.subject is Subject.CASE or metric is Metric.SIZE_MB]
# A policy is written by hand. Nesting beyond this would only exhaust the reader.
_MOST_BYTES = 2**20


class _BudgetEntry(Request):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    architecture: ShortText
    target: ShortText | None = None
    input_size: Pixels | None = None
    num_classes: Annotated[int, Field(strict=True, ge=1)] | None = None
    configuration: ConfigurationSchema = Field(default_factory=ConfigurationSchema)
    bounds: Annotated[dict[Metric, BoundSchema], Field(min_length=1)]
    confidence: Annotated[float, Field(strict=True, gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _measurable(self) -> "_BudgetEntry":
        for metric in self.bounds:
            if metric not in _BUDGET_METRICS:
                raise ValueError(f"{metric} is not measured. Bound one of {', '.join(_BUDGET_METRICS)}.")
        return self


class _QuestionEntry(Request):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    question: RecommendationRequest


class _Document(Request):
    budgets: Annotated[list[_BudgetEntry], Field(default_factory=list)]
    recommendations: Annotated[list[_QuestionEntry], Field(default_factory=list)]

    @model_validator(mode="after")
    def _named_once(self) -> "_Document":
        names = [*(one.name for one in self.budgets), *(one.name for one in self.recommendations)]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the name {twice!r} is given twice.")
        if not names:
            raise ValueError("there is neither a budget nor a recommendation.")
        return self


@dataclass(frozen=True)
class BudgetRule:
    """Limits that every measured case of an architecture must keep. `allowed` are the values by field of a
    configuration. What is None or absent is not restricted."""

    name: str
    architecture: str
    target: str | None
    input_size: int | None
    num_classes: int | None
    allowed: Mapping[str, Sequence[Any]]
    limits: tuple[Limit, ...]
    confidence: float | None


@dataclass(frozen=True)
class Policy:
    """Budgets to keep, and questions whose answers must stay, by their names."""

    budgets: tuple[BudgetRule, ...] = ()
    questions: Mapping[str, Question] = field(default_factory=dict)


def read_policy(path: Path) -> Policy:
    """The policy in the file.

    Raises:
        FileInaccessible: it cannot be read.
        InvalidPolicy: it is malformed. Names the line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FileInaccessible(f"Cannot read {path}: {error.strerror}.", "Name another file.") from error
    if len(content) > _MOST_BYTES:
        raise InvalidPolicy(f"{path} has more than 1 MiB.", "Name a policy.")
    node = _composed(path, content)
    try:
        document = _Document.model_validate(yaml.SafeLoader("").construct_document(node))
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(path, _line_of(node, first["loc"]), _complaint(first)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _invalid(path, node.start_mark.line, str(error).splitlines()[0]) from error
    return Policy(
        budgets=tuple(map(_rule, document.budgets)),
        questions={entry.name: question_of(entry.question) for entry in document.recommendations},
    )


def _composed(path: Path, content: bytes) -> yaml.Node:
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise _invalid(path, line, error.problem or "not YAML") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _invalid(path, 0, f"not YAML: {error}") from error
    if node is None:
        raise _invalid(path, 0, "the file is empty")
    _refuse_doubles(path, node, set())
    return node


def _refuse_doubles(path: Path, node: yaml.Node, seen: set[int]) -> None:
    """Refuse keys that are given twice, of which YAML would take the last, and aliases."""
    if id(node) in seen:
        raise _invalid(path, node.start_mark.line, "an alias refers to this, write it out")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys:
                raise _invalid(path, key.start_mark.line, f"{key.value} is given twice")
            keys.add(key.value)
            _refuse_doubles(path, value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_doubles(path, value, seen)


def _line_of(node: yaml.Node, place: Sequence[object]) -> int:
    """The line of the field at `place`, or of what is nearest around it."""
    line = node.start_mark.line
    for step in place:
        if isinstance(node, yaml.MappingNode):
            key, value = next(((k, v) for k, v in node.value if k.value == step), (None, None))
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            key = value = node.value[step]
        else:
            continue  # a step that Pydantic adds for one of several forms
        if key is None or value is None:
            continue
        node, line = value, key.start_mark.line
    return int(line)


def _complaint(error: Mapping[str, Any]) -> str:
    place = ".".join(str(step) for step in error["loc"])
    return f"{place + ': ' if place else ''}{complaint(error)}"


def _invalid(path: Path, line: int, complaint: str) -> InvalidPolicy:
    return InvalidPolicy(
        f"{path}, line {line + 1}: {complaint}.", "docs/how-to/ci.md describes the fields of a policy."
    )


def _rule(entry: _BudgetEntry) -> BudgetRule:
    return BudgetRule(
        name=entry.name,
        architecture=entry.architecture,
        target=entry.target,
        input_size=entry.input_size,
        num_classes=entry.num_classes,
        allowed=entry.configuration.allowed(),
        limits=tuple(Limit(metric, bound.min, bound.max) for metric, bound in entry.bounds.items()),
        confidence=entry.confidence,
    )
