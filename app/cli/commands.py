"""The commands `serve`, `recommend`, `card` and `targets`: the API's answers on a terminal."""

from typing import Annotated

import typer

from app.cli.parsing import METRIC_VALUE, parse_bounds, parse_objective
from app.ranking.collapsing import Collapse
from catalog.reference.recipes import Optimizer
from catalog.terminal import print_json
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, RuntimeName

_NOTHING_FITS = 1  # the exit code


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. The default is 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on. The default is 8000.")
    ] = None,
) -> None:
    """Serve the API and the page."""
    import uvicorn

    from app.main import create_app
    from app.settings import ServerSettings

    settings = ServerSettings()
    host, port = host or settings.host, port or settings.port
    try:
        host.encode("idna")  # what looking the name up begins with
    except UnicodeError as error:
        raise _cannot_serve(host, port) from error
    typer.echo(f"The page is http://{host}:{port}/ and the API http://{host}:{port}/v1/.")
    try:
        uvicorn.run(create_app(settings), host=host, port=port, log_level="warning")
    except SystemExit as error:  # uvicorn could not bind, and has logged why
        if not error.code:
            raise
        raise _cannot_serve(host, port) from error


def _cannot_serve(host: str, port: int) -> Exception:
    from app.errors import CannotServe

    return CannotServe(
        f"Cannot serve on {host}:{port}.",
        "If the port is taken, choose another with --port or ARCHRANK_PORT. "
        "If the address is not of this machine, choose another with --host or ARCHRANK_HOST.",
    )


def recommend(
    target: Annotated[str, typer.Option(help="Id of the target. `local` is this machine.")] = "local",
    at_most: Annotated[
        list[str] | None,
        typer.Option("--max", metavar=METRIC_VALUE, help="Upper bound, as latency_ms=60. Can be repeated."),
    ] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option("--min", metavar=METRIC_VALUE, help="Lower bound, as top1=75. Can be repeated."),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option(min=1, help="The only input size to consider, in pixels.")
    ] = None,
    runtime: Annotated[
        list[RuntimeName] | None, typer.Option(help="Runtime to consider. Can be repeated.")
    ] = None,
    precision: Annotated[
        list[Precision] | None, typer.Option(help="Precision to consider. Can be repeated.")
    ] = None,
    threads: Annotated[
        list[int] | None, typer.Option(min=1, help="Number of CPU threads to consider. Can be repeated.")
    ] = None,
    batch_size: Annotated[
        list[int] | None, typer.Option(min=1, help="Images in one call to consider. Can be repeated.")
    ] = None,
    family: Annotated[list[str] | None, typer.Option(help="Family to consider. Can be repeated.")] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="Consider only licences that allow commercial use.")
    ] = False,
    without_data: Annotated[
        list[str] | None,
        typer.Option(help="Data that a checkpoint must not be trained on, as laion. Can be repeated."),
    ] = None,
    without_method: Annotated[
        list[str] | None,
        typer.Option(help="Way in which a checkpoint must not be trained, as distillation. Can be repeated."),
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Tag to consider. Can be repeated.")] = None,
    without_tag: Annotated[
        list[str] | None, typer.Option(help="Tag to exclude, as transformer. Can be repeated.")
    ] = None,
    typical_image: Annotated[
        str | None,
        typer.Option(
            metavar="WIDTHxHEIGHT",
            help="Size of your images. Of equals, the model whose input is nearer comes first.",
        ),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(
            help="What to rank by: a metric, balanced, knee, or weights as top1=0.6,latency_ms=0.4."
        ),
    ] = Metric.TOP1.value,
    collapse: Annotated[
        Collapse, typer.Option(help="Whether each architecture, checkpoint or configuration gets one row.")
    ] = Collapse.ARCHITECTURE,
    confidence: Annotated[
        float | None,
        typer.Option(help="How sure you want to be that every recommended model keeps the budget, as 0.9."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Largest number of rows.")] = 10,
    plan: Annotated[bool, typer.Option("--plan", help="Add advice on fine-tuning the first model.")] = False,
    images: Annotated[
        int | None, typer.Option(min=1, help="Number of your labelled images, which --plan uses.")
    ] = None,
    memory_mb: Annotated[
        float | None,
        typer.Option(min=1, help="Memory of each device in MB, which --plan uses. 24 GiB are 25770 MB."),
    ] = None,
    optimizer: Annotated[
        list[Optimizer] | None,
        typer.Option(help="Optimiser that --plan also describes, with its own rate. Can be repeated."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="End with exit code 1 where nothing fits the budget.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Measure the estimated models that may be the best, until the first rows are measured.",
        ),
    ] = False,
    verify_top: Annotated[
        int, typer.Option(min=1, max=10, help="Number of first rows that --verify measures.")
    ] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's response as JSON.")] = False,
) -> None:
    """Rank the architectures that keep a budget, and say why other architectures do not."""
    from app.cli.recommendation_table import print_recommendations
    from app.contract.questions import Include
    from app.presentation.questions import question_of, request_of
    from app.presentation.recommendations import recommendation_response
    from app.presentation.sizes import parse_size
    from app.questions.recommend import recommend as answer_to
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    training = {"images": images, "memory_mb": memory_mb, "optimizers": optimizer or []}
    request = request_of(
        {
            "target": target,
            "budget": parse_bounds(at_most or [], at_least or []),
            "input_size": input_size,
            "typical_image": parse_size(typical_image) if typical_image else None,
            "configuration": {
                "runtime": runtime or [],
                "precision": precision or [],
                "threads": threads or [],
                "batch_size": batch_size or [],
            },
            "license": {"commercial_use": True} if commercial else None,
            "training_data": {"exclude": without_data or []},
            "training_methods": {"exclude": without_method or []},
            "families": {"include": family or []},
            "tags": {"include": tag or [], "exclude": without_tag or []},
            "objective": parse_objective(objective),
            "confidence": confidence,
            "collapse": collapse,
            "limit": limit,
        }
        | ({"include": [Include.TRAINING_PLAN], "training": training} if plan else {})
    )
    question = question_of(request)
    with open_catalog(CatalogSettings().catalog_url) as catalog:
        if verify:
            from app.cli.verification import verified_answer

            answer = verified_answer(catalog, question, verify_top, quiet=as_json)
        else:
            answer = answer_to(catalog, question)
        response = recommendation_response(answer)
    if as_json:
        print_json(response.model_dump_json(indent=2, exclude_none=True))
    else:
        print_recommendations(response)
    if check and not response.recommendations:
        raise typer.Exit(_NOTHING_FITS)


def card(
    name: Annotated[str, typer.Argument(help="Name of an architecture, as timm names it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's response as JSON.")] = False,
) -> None:
    """Show everything that the catalog knows about an architecture."""
    from app.cli.card_table import print_card
    from app.presentation.cards import card_view
    from app.questions.cards import answer_card
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        view = card_view(answer_card(session, name))
    if as_json:
        print_json(view.model_dump_json(indent=2, exclude_none=True))
    else:
        print_card(view)


def targets() -> None:
    """List the hardware that the catalog has numbers for."""
    from app.cli.target_table import print_targets
    from app.presentation.targets import target_view
    from catalog import host
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings
    from catalog.storage.facts import find_targets

    local = host.local_target()
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        print_targets([target_view(target, local.id) for target in find_targets(session)])
