from enum import StrEnum

import pytest

from catalog.words import doubts, vocabulary
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.vocabulary import BatchPolicy, Dataset, Form, Precision, Provenance, Scenario, Status
from tests.plain_language import faults

ENUMS = [
    member
    for name, member in {**vars(vocabulary), **vars(doubts)}.items()
    if isinstance(member, type) and issubclass(member, StrEnum) and member is not StrEnum
    if not name.startswith("_")
]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_words_are_lower_case_and_named_after_themselves(enum: type[StrEnum]) -> None:
    assert [member.name.lower() for member in enum] == [member.value.replace("-", "_") for member in enum]


@pytest.mark.parametrize("word", [*FailureReason, *Doubt])
def test_every_failure_and_doubt_says_what_it_means_and_what_to_do(word: FailureReason | Doubt) -> None:
    assert word.meaning
    assert word.remedy
    assert "--" not in word.meaning + word.remedy
    for text in (word.meaning, word.remedy):
        assert faults(text) == []
    assert type(word)(word.value) is word


@pytest.mark.parametrize(
    ("enum", "words"),
    [
        (Provenance, {"counted", "measured", "estimated", "published"}),
        (Form, {"deployed", "training"}),
        (Precision, {"fp32", "bf16", "fp16", "amp_bf16", "amp_fp16", "int8"}),
        (Scenario, {"single_stream", "concurrent", "training"}),
        (BatchPolicy, {"fixed", "largest_fitting"}),
        (
            Dataset,
            {
                "imagenet-val",
                "imagenet-real",
                "imagenet-v2",
                "imagenet-sketch",
                "imagenet-a",
                "imagenet-r",
            },
        ),
        (Status, {"ok", "failed"}),
    ],
)
def test_stored_words_do_not_change(enum: type[StrEnum], words: set[str]) -> None:
    assert {member.value for member in enum} == words
