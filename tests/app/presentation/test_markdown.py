"""What a card in Markdown says of a network is text."""

import pytest

from app.presentation.cards import card_view
from app.presentation.markdown import card_markdown, plain
from app.questions.cards import CardAnswer
from catalog.entities.networks import Architecture
from catalog.storage.cards import Card
from catalog.words.vocabulary import Provenance
from tests.builders import make_accuracy, make_checkpoint, make_measurement, make_target


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("mobilenetv3_large_100.ra_in1k", "mobilenetv3_large_100.ra_in1k"),
        ("a|b", "a\\|b"),
        ("`rm`", "\\`rm\\`"),
        ("**b** _i_", "\\*\\*b\\*\\* \\_i\\_"),
        ("[a](http://b)", "\\[a\\](http://b)"),
        ("<script>", "\\<script\\>"),
        ("a\\|b", "a\\\\\\|b"),
        ("a\n# b", "a\\\\n# b"),
        ("a\x1b[2J\u202e", "a\\\\x1b\\[2J\\\\u202e"),
    ],
)
def test_nothing_in_a_text_is_markup(text: str, escaped: str) -> None:
    assert plain(text) == escaped


def test_what_is_no_text_stays() -> None:
    assert [plain(value) for value in (1.5, 3, None)] == [1.5, 3, None]
    assert plain(Provenance.MEASURED) == "measured"


def test_a_card_has_as_many_tables_and_columns_whatever_its_names_hold() -> None:
    evil = "x | y\n\n# z `$(a)`"
    sound, odd = (
        card_markdown(
            card_view(
                CardAnswer(
                    Card(
                        Architecture(name, name, tags=(name,)),
                        (),
                        (),
                        (make_checkpoint(f"{name}.v1", license=name),),
                        (make_accuracy(f"{name}.v1", source=name),),
                        (make_measurement(name, target=make_target(name)),),
                    ),
                    (),
                    {},
                )
            )
        )
        for name in ("sound", evil)
    )
    shapes = [
        [len(line.replace("\\|", "").split("|")) for line in card.splitlines()] for card in (sound, odd)
    ]
    assert shapes[0] == shapes[1]
    assert [line[:2] for line in sound.splitlines()] == [line[:2] for line in odd.splitlines()]
