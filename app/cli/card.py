"""`archrank card`."""

from typing import Annotated

import typer

from app.cli.options.completing import networks, targets
from app.cli.options.forms import AsCsv, AsJson, AsMarkdown, form_of, print_answer
from catalog.console.examples import examples


@examples(
    "archrank card resnet50",
    "archrank card resnet50.a1_in1k --target i9-10940x",
    "archrank card mobilenetv3_large_100 --markdown > README.md",
)
def card(
    name: Annotated[
        str,
        typer.Argument(help="Name of an architecture or of a checkpoint.", autocompletion=networks),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            help="Id of the target on which to compare the network with its rivals. The default is this "
            "machine, or a target that has numbers of the network.",
            autocompletion=targets,
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Show everything that the catalog knows about an architecture.

    The checkpoint that is named comes first.
    """
    from app.cli.tables.card import print_card
    from app.presentation.cards.cards import card_view
    from app.presentation.documents.markdown import card_markdown
    from app.presentation.documents.spreadsheets import card_csv
    from app.questions.candidates.held_candidates import CandidateCache
    from app.questions.cards.cards import answer_card
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    form = form_of(as_json=as_json, as_csv=as_csv, as_markdown=as_markdown)
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        view = card_view(answer_card(session, name, CandidateCache(), target))
    print_answer(
        form,
        view,
        tables=print_card,
        csv=card_csv,
        markdown=card_markdown,
    )
