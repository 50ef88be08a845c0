"""What is wrong with a value is said in plain words, and not in Pydantic's."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from catalog.words.complaints import complaint
from catalog.words.vocabulary import Scope


def _refused(value: str) -> str:
    raise ValueError(f"{value} is a boss.")


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


@dataclass(frozen=True)
class _Entity:
    name: str


@pytest.mark.parametrize(
    ("form", "value", "said"),
    [
        (Scope, "boss", "Choose 'read', 'ingest' or 'admin'"),
        (Literal["a", "b"], "c", "Choose 'a' or 'b'"),
        (int, "x", "Give a whole number"),
        (int, 1.5, "Give a whole number"),
        (int, "9" * 5000, "Give a whole number"),
        (float, "x", "Give a number"),
        (Annotated[float, Field(ge=0.5)], 0, "Give a number of at least 0.5"),
        (Annotated[float, Field(lt=1)], 2, "Give a number below 1"),
        (Annotated[int, Field(gt=0)], 0, "Give a number above 0"),
        (Annotated[int, Field(le=10)], 11, "Give a number of at most 10"),
        (Annotated[float, Field(allow_inf_nan=False)], float("nan"), "Give a finite number"),
        (bool, "maybe", "Give true or false"),
        (str, 1, "Give a text"),
        (Annotated[str, Field(min_length=1)], "", "Give at least 1 character"),
        (Annotated[str, Field(max_length=2)], "abc", "Give at most 2 characters"),
        (list[int], "x", "Give a list"),
        (Annotated[list[int], Field(min_length=2)], [1], "Give at least 2, not 1"),
        (Annotated[str, AfterValidator(_refused)], "x", "x is a boss"),
        (_Schema, {}, "It is missing"),
        (_Schema, {"name": "x", "nme": "y"}, "There is no such field"),
        (_Schema, [], "Give an object of names and values"),
        (_Entity, [], "Give an object of names and values"),
    ],
)
def test_a_value_is_refused_in_plain_words(form: Any, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(form).validate_python(value)
    assert complaint(refused.value.errors()[0]) == said


def test_what_has_no_sentence_of_its_own_keeps_pydantics() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(re.Pattern).validate_python("(")
    assert complaint(refused.value.errors()[0]).startswith("Input should be a valid regular expression")
