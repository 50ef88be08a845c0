"""The table of the publications that the training plan rests on."""

import pytest

from app.training import sources
from app.training.sources import SOURCES
from catalog.reference.texts.recipes import Source


def test_every_publication_of_the_table_has_a_name_in_the_code() -> None:
    named = {name.lower(): value for name, value in vars(sources).items() if isinstance(value, Source)}
    assert named == SOURCES


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_a_publication_has_a_title_and_a_secure_address(source: Source) -> None:
    assert source.title == source.title.strip() != ""
    assert (source.url or "").startswith("https://")


def test_no_publication_is_listed_twice() -> None:
    assert len(set(SOURCES.values())) == len(SOURCES)
