"""One row a word, one meaning a word, and every word of the API's closed sets has a row."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import ServerSettings

GLOSSARY = (Path(__file__).parents[1] / "docs" / "glossary.md").read_text()
HEADER = "| term | meaning |"


def rows_by_heading() -> dict[str, list[tuple[list[str], str]]]:
    """The terms of each row with their meaning, under the heading of their table."""
    sections = re.split(r"^## ", GLOSSARY, flags=re.MULTILINE)[1:]
    return {section.splitlines()[0]: list(_rows(section)) for section in sections if HEADER in section}


def _rows(section: str) -> Iterator[tuple[list[str], str]]:
    _, table = section.split(HEADER, 1)
    for line in table.strip().splitlines()[1:]:
        terms, meaning = line.strip("| ").split(" | ", 1)
        yield [term.strip() for term in terms.split(",")], meaning


ROWS = rows_by_heading()
TERMS = {term for rows in ROWS.values() for terms, _ in rows for term in terms}


def closed_sets() -> dict[str, list[str]]:
    """The words that a field of the API may be, by the name of their set."""
    schemas = create_app(ServerSettings()).openapi()["components"]["schemas"]
    sets = {name: schema.get("enum") or [schema.get("const")] for name, schema in schemas.items()}
    return {name: words for name, words in sets.items() if words != [None]}


CLOSED_SETS = closed_sets()


def test_a_term_has_one_row() -> None:
    # A row may hold a term in both spellings, as `batch_size` and batch size.
    spelled_alike = [
        {term.casefold().replace("_", " ") for term in terms} for rows in ROWS.values() for terms, _ in rows
    ]
    counts = Counter(term for terms in spelled_alike for term in terms)
    assert [term for term, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("heading", ROWS)
def test_rows_are_sorted_within_their_heading(heading: str) -> None:
    first_terms = [terms[0].casefold() for terms, _ in ROWS[heading]]
    assert first_terms == sorted(first_terms)


def test_every_row_has_a_meaning_of_its_own() -> None:
    meanings = [meaning for rows in ROWS.values() for _, meaning in rows]
    assert all(meanings)
    assert len(meanings) == len(set(meanings))


def test_the_closed_sets_of_the_api_are_seen() -> None:
    assert {"Metric", "Doubt", "FailureReason", "Provenance", "Scenario", "Precision"} <= set(CLOSED_SETS)


@pytest.mark.parametrize("name", sorted(CLOSED_SETS))
def test_every_word_of_a_closed_set_has_a_row(name: str) -> None:
    assert [word for word in CLOSED_SETS[name] if word not in TERMS] == []
