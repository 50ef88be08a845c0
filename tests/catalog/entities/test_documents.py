"""What JSON made of an entity becomes the same entity again, whatever its fields are."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.entities.configurations import Configuration, Environment
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.entities.samples import ProcessSample
from catalog.words.vocabulary import Precision, RuntimeName
from profiler.protocol.plan import SamplingPlan

KINDS = (Workload, Environment, Configuration, ProcessSample, SamplingPlan, NodeProfile)


def any_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Any value of the annotation whose numbers JSON keeps."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation) and isinstance(annotation, type):
        hints = get_type_hints(annotation)
        return st.builds(annotation, **{each.name: any_of(hints[each.name]) for each in fields(annotation)})
    if origin is UnionType:
        return st.one_of(*map(any_of, arguments))
    if origin is tuple:
        return st.lists(any_of(arguments[0]), max_size=3).map(tuple)
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(*map(any_of, arguments), max_size=3)
    if annotation in (int, float):
        return st.integers(1, 1 << 40).map(annotation)  # no configuration has 0 threads
    strategy: st.SearchStrategy[Any] = st.from_type(annotation)
    return strategy


def through_json(entity: Any) -> Any:
    """`entity` as the other end of a pipe revives it."""
    return from_document(type(entity), json.loads(json.dumps(asdict(entity))))


def parts(value: Any) -> Iterator[tuple[type, Any]]:
    """The type of every value within `value`: a StrEnum equals its string, and a test must not."""
    yield type(value), None if is_dataclass(value) or isinstance(value, tuple | Mapping) else value
    if is_dataclass(value):
        for field in fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from parts(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from parts(each)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(data=st.data())
def test_values_and_types_survive_json(kind: type, data: st.DataObject) -> None:
    entity = data.draw(any_of(kind))
    revived = through_json(entity)
    assert revived == entity
    assert list(parts(revived)) == list(parts(entity))


@settings(max_examples=200)
@given(any_of(Configuration), any_of(Configuration))
def test_configurations_are_equal_exactly_when_their_ids_are(
    one: Configuration, other: Configuration
) -> None:
    assert through_json(one).id == one.id
    assert (one == other) == (one.id == other.id)


@pytest.mark.parametrize("kind", [Workload, Environment])
@given(data=st.data())
def test_an_id_survives_json(kind: type, data: st.DataObject) -> None:
    entity = data.draw(any_of(kind))
    assert through_json(entity).id == entity.id


@pytest.mark.parametrize("field", [field.name for field in fields(Configuration)])
def test_every_field_of_a_configuration_is_in_its_id(field: str) -> None:
    base = Configuration(RuntimeName.PYTORCH)
    value = getattr(base, field)
    others = {
        bool: not value,
        int: 7,
        type(None): True,
    }
    other = (
        others.get(type(value)) if type(value) in others else next(one for one in type(value) if one != value)
    )
    assert Configuration(**{**vars(base), field: other}).id != base.id


def test_a_word_of_no_enum_is_refused() -> None:
    document = {**asdict(Configuration(RuntimeName.PYTORCH)), "precision": "fp31"}
    with pytest.raises(ValueError, match="fp31"):
        from_document(Configuration, document)


@pytest.mark.parametrize("change", [{"colour": "red"}, {"architecture": None}])
def test_fields_are_those_of_the_class(change: Mapping[str, Any]) -> None:
    document = {**asdict(Workload("resnet50", 1000, 224)), **change}
    if change.get("architecture", "") is None:
        del document["architecture"]
    with pytest.raises(TypeError):
        from_document(Workload, document)


def test_an_absent_field_has_its_default() -> None:
    assert from_document(Configuration, {"runtime": "openvino"}).precision is Precision.FP32


@dataclass(frozen=True)
class _Nested:
    inner: tuple[Workload, ...]
    maybe: Workload | None = None


def test_dataclasses_within_tuples_and_options_are_revived() -> None:
    nested = _Nested((Workload("a", 1, 2), Workload("b", 3, 4)), Workload("c", 5, 6))
    assert through_json(nested) == nested
    assert through_json(_Nested(())) == _Nested(())


@dataclass(frozen=True)
class _Unreadable:
    precisions: list[Precision]


def test_a_field_that_cannot_be_read_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(TypeError, match="No way to read"):
        from_document(_Unreadable, {"precisions": ["fp32"]})
