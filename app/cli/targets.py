"""`archrank targets`."""

from typing import Annotated

import typer

from app.cli.options.completing import targets as target_ids
from app.cli.options.forms import AsCsv, AsJson, AsMarkdown, form_of, print_answer
from catalog.console.examples import examples


@examples("archrank targets", "archrank targets local", "archrank targets --markdown > targets.md")
def targets(
    target: Annotated[
        str | None,
        typer.Argument(
            help="Id of one target, which is then described. `local` is this machine.",
            autocompletion=target_ids,
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """List the hardware that the catalog has numbers for, or say what is known of one target."""
    from app.cli.tables.targets import print_target, print_targets
    from app.presentation.cards.targets import target_card, target_page
    from app.presentation.documents.markdown import target_markdown, targets_markdown
    from app.presentation.documents.spreadsheets import target_csv, targets_csv
    from app.questions.cards.targets import answer_target, answer_targets
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    form = form_of(as_json=as_json, as_csv=as_csv, as_markdown=as_markdown)
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        if target is None:
            page = target_page(answer_targets(session))
            print_answer(
                form,
                page,
                tables=print_targets,
                csv=targets_csv,
                markdown=targets_markdown,
            )
            return
        card = target_card(answer_target(session, target))
    print_answer(
        form,
        card,
        tables=print_target,
        csv=target_csv,
        markdown=target_markdown,
    )
