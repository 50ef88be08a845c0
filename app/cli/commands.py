"""The commands `serve`, `recommend`, `card` and `targets`: the API's answers on a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.ranking.order import Collapse
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, RuntimeName

if TYPE_CHECKING:
    pass
from app.cli.parsing import METRIC_VALUE, parse_bounds, parse_objective, parse_size


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on. Default: 8000.")
    ] = None,
) -> None:
    """Serve the API and the page."""
    import uvicorn

    from app.errors import AppError
    from app.main import create_app
    from app.settings import ServerSettings

    settings = ServerSettings()
    host, port = host or settings.host, port or settings.port
    typer.echo(f"archrank: the page is http://{host}:{port}/, the API http://{host}:{port}/v1/")
    try:
        uvicorn.run(create_app(settings), host=host, port=port, log_level="warning")
    except SystemExit as error:  # uvicorn's way to say that it could not bind; it has logged why
        if not error.code:
            raise
        raise AppError(
            f"cannot serve on {host}:{port}", "is the port taken? choose another: --port"
        ) from error


def recommend(
    target: Annotated[str, typer.Option(help="A target's id; `local` is this machine.")] = "local",
    at_most: Annotated[
        list[str] | None,
        typer.Option("--max", metavar=METRIC_VALUE, help="Upper bound, as latency_ms=60. Repeatable."),
    ] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option("--min", metavar=METRIC_VALUE, help="Lower bound, as top1=75. Repeatable."),
    ] = None,
    input_size: Annotated[int | None, typer.Option(min=1, help="Only this input size, in pixels.")] = None,
    runtime: Annotated[list[RuntimeName] | None, typer.Option(help="Only this runtime. Repeatable.")] = None,
    precision: Annotated[
        list[Precision] | None, typer.Option(help="Only this precision. Repeatable.")
    ] = None,
    threads: Annotated[
        list[int] | None, typer.Option(min=1, help="Only this number of threads. Repeatable.")
    ] = None,
    family: Annotated[list[str] | None, typer.Option(help="Only this family. Repeatable.")] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="Only licences that allow commercial use.")
    ] = False,
    without_data: Annotated[
        list[str] | None,
        typer.Option(help="Only checkpoints not trained on this, as laion. Repeatable."),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag. Repeatable.")] = None,
    without_tag: Annotated[
        list[str] | None, typer.Option(help="Not with this tag, as test-network. Repeatable.")
    ] = None,
    typical_image: Annotated[
        str | None,
        typer.Option(metavar="WIDTHxHEIGHT", help="Size of your images: what enlarges them ranks behind."),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(help="What to rank by: a metric, balanced, knee, or weights: top1=0.6,latency_ms=0.4."),
    ] = Metric.TOP1.value,
    collapse: Annotated[Collapse, typer.Option(help="What gets one row.")] = Collapse.ARCHITECTURE,
    confidence: Annotated[
        float | None,
        typer.Option(min=0.01, max=0.999, help="With this probability, all that fit keep the budget."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many rows.")] = 10,
    plan: Annotated[bool, typer.Option("--plan", help="Advice on fine-tuning the first.")] = False,
    images: Annotated[int | None, typer.Option(min=1, help="For the plan: your labelled images.")] = None,
    memory_mb: Annotated[
        float | None, typer.Option(min=1, help="For the plan: memory of each device (24 GiB are 25770 MB).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The API's response.")] = False,
) -> None:
    """Rank the measured architectures that fit a budget, and say why the others do not."""
    from app.cli import tables
    from app.presentation.recommendations import recommendation_response
    from app.questions.question import ConfigurationFilter, Question
    from app.questions.recommend import recommend as answer_to
    from app.ranking.budget import Budget
    from app.training.task import TrainingTask
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    question = Question(
        target=target,
        budget=Budget(parse_bounds(at_most or [], at_least or []), confidence),
        input_size=(input_size, input_size) if input_size else None,
        configuration=ConfigurationFilter(
            tuple(runtime or ()), tuple(precision or ()), (), tuple(threads or ())
        ),
        commercial_use=commercial or None,
        training_data_excluded=tuple(without_data or ()),
        families_included=tuple(family or ()),
        tags_included=tuple(tag or ()),
        tags_excluded=tuple(without_tag or ()),
        typical_image=parse_size(typical_image) if typical_image else None,
        objective=parse_objective(objective),
        training=TrainingTask(images=images, memory_mb=memory_mb) if plan else None,
        collapse=collapse,
        limit=limit,
    )
    with open_catalog(CatalogSettings().catalog_url) as catalog:
        response = recommendation_response(answer_to(catalog, question))
    if as_json:
        typer.echo(response.model_dump_json(indent=2, exclude_none=True))
    else:
        tables.print_recommendations(response)


def card(
    name: Annotated[str, typer.Argument(help="An architecture, as timm names it.")],
    as_json: Annotated[bool, typer.Option("--json", help="The API's response.")] = False,
) -> None:
    """Show all that is known of an architecture."""
    from app.cli import tables
    from app.presentation.cards import card_view
    from app.questions.names import find_card
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        found = card_view(find_card(session, name))
    if as_json:
        typer.echo(found.model_dump_json(indent=2, exclude_none=True))
    else:
        tables.print_card(found)


def targets() -> None:
    """List the hardware that the catalog has numbers for."""
    from app.cli import tables
    from app.presentation.targets import target_view
    from catalog import host
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.facts import find_targets

    local = host.local_target()
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        tables.print_targets([target_view(one, local.id) for one in find_targets(session)])
