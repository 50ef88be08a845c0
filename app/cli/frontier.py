"""`archrank frontier`."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options.completing import metrics
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
from app.ranking.order.collapsing import Collapse
from catalog.console.examples import examples
from catalog.words.metrics import Metric

_USES = {**OF_FILTERS, "y": Use("--y", "--x latency_ms --y top1")}


@examples(
    "archrank frontier",
    "archrank frontier --target rtx-4090 --x throughput_ips --commercial",
    "archrank frontier --target i9-10940x --plot frontier.svg",
)
def frontier(
    x: Annotated[
        Metric | None,
        typer.Option(
            "--x",
            metavar="METRIC",
            help="First metric of the frontier. The default is latency_ms, or throughput_ips on a target "
            "without latencies.",
            autocompletion=metrics,
        ),
    ] = None,
    y: Annotated[
        Metric,
        typer.Option("--y", metavar="METRIC", help="Second metric of the frontier.", autocompletion=metrics),
    ] = Metric.TOP1,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw the frontier among all candidates into a file. Its ending is .svg or .png.",
            dir_okay=False,
        ),
    ] = None,
    collapse: Annotated[
        Collapse,
        typer.Option(
            metavar="KIND", help="What gets one row: each architecture, checkpoint or configuration."
        ),
    ] = Collapse.ARCHITECTURE,
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
    """List the networks that no other network beats in two metrics, as accuracy and time."""
    from app.cli.tables.comparison import print_frontier
    from app.contract.answers.comparisons import FrontierSearch
    from app.presentation.answers.comparisons import frontier_response
    from app.presentation.documents.markdown import frontier_markdown
    from app.presentation.documents.spreadsheets import frontier_csv
    from app.presentation.requests.questions import frontier_question_of, validated
    from app.questions.answers.comparison import frontier as answer_to
    from app.questions.answers.comparison import usual_frontier
    from app.questions.candidates.held_candidates import CandidateCache
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    form = form_of(as_json=as_json, as_csv=as_csv, as_markdown=as_markdown)
    if plot is not None:
        from app.cli.tables.plotting import check_plot

        check_plot(plot)
    with named_as_options(_USES):
        asked = validated(
            FrontierSearch,
            {"x": x or Metric.LATENCY_MS, "y": y, "collapse": collapse}
            | filter_fields(target, runtime, precision, input_size, tag, commercial=commercial),
        )
    with open_catalog(CatalogSettings().catalog_url) as catalog:
        candidates, question = CandidateCache(), frontier_question_of(asked)
        answer = (
            usual_frontier(catalog, asked.y, question, candidates)
            if x is None
            else answer_to(catalog, (x, asked.y), question, candidates)
        )
        response = frontier_response(answer)
    if plot is not None:
        from app.cli.tables.plotting import plot_frontier

        plot_frontier(answer, plot)
        typer.echo(f"Drew {plot}.", err=True)
    print_answer(
        form,
        response,
        tables=print_frontier,
        csv=frontier_csv,
        markdown=frontier_markdown,
    )
