"""What a card in Markdown says of a network is text."""

import pytest
import yaml

from app.contract.networks.cards import CardView
from app.presentation.cards.cards import card_view
from app.presentation.documents.markdown import card_markdown, plain
from app.questions.cards.cards import CardAnswer
from catalog.entities.networks import Architecture
from catalog.storage.summaries.cards import Card
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


def body_of(card: CardView) -> str:
    """The Markdown behind the metadata and without the program, in which nothing is markup."""
    text = card_markdown(card).split("\n---\n", 1)[1]
    before, _, rest = text.partition("```python\n")
    return before + rest.partition("```\n")[2]


def test_the_metadata_are_those_of_a_model_card() -> None:
    checkpoint = make_checkpoint("toynet.v1", license="Apache-2.0", training_data=("imagenet-1k",))
    card = Card(
        Architecture("toynet", "toynets", tags=("convolutional",)),
        (),
        {},
        (checkpoint,),
        (make_accuracy("toynet.v1"),),
        (),
    )
    head = card_markdown(card_view(CardAnswer(card, (), {}))).split("---\n")[1]
    fields = yaml.safe_load(head)
    assert fields["license"] == "apache-2.0"
    assert (fields["library_name"], fields["pipeline_tag"]) == ("timm", "image-classification")
    assert fields["tags"] == ["image-classification", "timm", "convolutional"]
    assert fields["datasets"] == ["imagenet-1k"]
    (model,) = fields["model-index"]
    assert model["name"] == "toynet.v1"
    assert model["results"][0]["dataset"]["type"] == "imagenet-1k"
    assert model["results"][0]["metrics"][0] == {"type": "accuracy", "value": 75.0, "name": "top-1"}


@pytest.mark.parametrize("license_", ["fastvit-license", "x: {y}\n# z", None])
def test_a_licence_that_the_hub_does_not_know_is_other_or_unknown(license_: str | None) -> None:
    checkpoint = make_checkpoint("toynet.v1", license=license_)
    card = Card(Architecture("toynet"), (), {}, (checkpoint,), (), ())
    fields = yaml.safe_load(card_markdown(card_view(CardAnswer(card, (), {}))).split("---\n")[1])
    if license_ is None:
        assert fields["license"] == "unknown"
    else:
        assert fields["license"] == "other"
        assert fields["license_name"] == license_.replace("\n", "\\n")


def test_a_card_has_as_many_tables_and_columns_whatever_its_names_hold() -> None:
    evil = "x | y\n\n# z `$(a)`"
    sound, odd = (
        body_of(
            card_view(
                CardAnswer(
                    Card(
                        Architecture(name, name, tags=(name,)),
                        (),
                        {},
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
        [len(line.replace("\\|", "").split("|")) for line in card.splitlines() if line.startswith("|")]
        for card in (sound, odd)
    ]
    assert shapes[0] == shapes[1]
    assert [line[:2] for line in sound.splitlines()] == [line[:2] for line in odd.splitlines()]
