"""The forms of an answer: tables for a terminal, JSON, CSV or Markdown."""

from collections.abc import Callable
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.errors import ConflictingForms
from catalog.console.terminal import print_document, print_json

if TYPE_CHECKING:
    from pydantic import BaseModel

_Answer = TypeVar("_Answer", bound="BaseModel")
OUTPUT = "Output"
"""The heading of the options below, in the help of a command."""

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the API's response as JSON.", rich_help_panel=OUTPUT)
]
AsCsv = Annotated[
    bool, typer.Option("--csv", help="Print the rows as CSV, with every number.", rich_help_panel=OUTPUT)
]
AsMarkdown = Annotated[
    bool, typer.Option("--markdown", help="Print the answer as Markdown.", rich_help_panel=OUTPUT)
]


class Form(StrEnum):
    """How an answer is printed."""

    TABLES = auto()
    JSON = auto()
    CSV = auto()
    MARKDOWN = auto()


def form_of(*, as_json: bool, as_csv: bool, as_markdown: bool) -> Form:
    """The form that the options ask for.

    Raises:
        ConflictingForms: they ask for several.
    """
    asked = [
        form
        for form, is_asked in (
            (Form.JSON, as_json),
            (Form.CSV, as_csv),
            (Form.MARKDOWN, as_markdown),
        )
        if is_asked
    ]
    if len(asked) > 1:
        raise ConflictingForms(
            f"--{asked[0]} and --{asked[1]} are two forms of one answer.", "Give one of the two options."
        )
    return asked[0] if asked else Form.TABLES


def print_answer(
    form: Form,
    answer: _Answer,
    *,
    tables: Callable[[_Answer], None],
    csv: Callable[[_Answer], str],
    markdown: Callable[[_Answer], str],
) -> None:
    """Print the answer in `form`. Only what makes this form is called."""
    if form is Form.TABLES:
        tables(answer)
    elif form is Form.JSON:
        print_json(answer.model_dump_json(indent=2, exclude_none=True))
    else:
        print_document(csv(answer) if form is Form.CSV else markdown(answer))
