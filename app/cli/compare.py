"""`archrank compare`."""

from typing import Annotated

import typer

from app.cli.options.completing import networks
from app.cli.options.filtering import (
    Commercial,
    OfPrecision,
    OfRuntime,
    OfSize,
    OfTag,
    OfTarget,
    filter_fields,
)
from app.cli.options.forms import AsCsv, AsJson, AsMarkdown, form_of, print_answer
from app.cli.options.naming import OF_FILTERS, Use, named_as_options
from catalog.console.examples import examples

_USES = {**OF_FILTERS, "candidate": Use("NAME", "archrank compare resnet50 convnext_tiny")}


@examples(
    "archrank compare resnet50 convnext_tiny",
    "archrank compare resnet50.a1_in1k resnet50.tv2_in1k --target rtx-4090",
    "archrank compare resnet18 efficientnet_b0 --runtime openvino --csv",
)
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME NAME...",
            help="Two to five names of checkpoints. An architecture's name asks for its most accurate "
            "checkpoint, or for one that is as accurate within the error and allows commercial use.",
            autocompletion=networks,
        ),
    ],
    target: OfTarget = "local",
    runtime: OfRuntime = None,
    precision: OfPrecision = None,
    input_size: OfSize = None,
    commercial: Commercial = False,
    tag: OfTag = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Put two to five networks side by side on one target, each at its most accurate input size, and in its
    fastest configuration there."""
    from app.cli.tables.comparison import print_comparison
    from app.contract.answers.comparisons import CompareSearch
    from app.presentation.answers.comparisons import compare_response
    from app.presentation.documents.markdown import compare_markdown
    from app.presentation.documents.spreadsheets import compare_csv
    from app.presentation.requests.questions import candidate_question_of, validated
    from app.questions.answers.comparison import compare as answer_to
    from app.questions.candidates.held_candidates import CandidateCache
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    form = form_of(as_json=as_json, as_csv=as_csv, as_markdown=as_markdown)
    with named_as_options(_USES):
        search = validated(
            CompareSearch,
            {"candidate": names}
            | filter_fields(target, runtime, precision, input_size, tag, commercial=commercial),
        )
    with open_catalog(CatalogSettings().catalog_url) as catalog:
        question = candidate_question_of(search)
        response = compare_response(answer_to(catalog, search.candidate, question, CandidateCache()))
    print_answer(
        form,
        response,
        tables=print_comparison,
        csv=compare_csv,
        markdown=compare_markdown,
    )
