"""`archrank serve`, `recommend`, `card` and `targets`: the API's answers on a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.ranking import Collapse
from catalog.metrics import Metric
from catalog.vocabulary import Precision, RuntimeName

if TYPE_CHECKING:
    from app.budget import Bound
    from app.objective import Asked

_METRIC_VALUE = "METRIC=VALUE"


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
        typer.Option("--max", metavar=_METRIC_VALUE, help="Upper bound, as latency_ms=60. Repeatable."),
    ] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option("--min", metavar=_METRIC_VALUE, help="Lower bound, as top1=75. Repeatable."),
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
    from app import render, views
    from app.budget import Budget
    from app.recommend import ConfigurationFilter, Question
    from app.recommend import recommend as answer_to
    from app.training_plan import TrainingTask
    from catalog.database import open_catalog
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
        response = views.response(answer_to(catalog, question))
    if as_json:
        typer.echo(response.model_dump_json(indent=2, exclude_none=True))
    else:
        render.recommendations(response)


def card(
    name: Annotated[str, typer.Argument(help="An architecture, as timm names it.")],
    as_json: Annotated[bool, typer.Option("--json", help="The API's response.")] = False,
) -> None:
    """Show all that is known of an architecture."""
    from app import render, views
    from app.names import find_card
    from catalog.database import open_catalog
    from catalog.settings import CatalogSettings

    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        found = views.card(find_card(session, name))
    if as_json:
        typer.echo(found.model_dump_json(indent=2, exclude_none=True))
    else:
        render.card(found)


def targets() -> None:
    """List the hardware that the catalog has numbers for."""
    from app import render, views
    from catalog import host, repository
    from catalog.database import open_catalog
    from catalog.settings import CatalogSettings

    local = host.local_target()
    with open_catalog(CatalogSettings().catalog_url) as catalog, catalog.read() as session:
        render.targets([views.target(one, local.id) for one in repository.find_targets(session)])


def parse_bounds(at_most: list[str], at_least: list[str]) -> tuple["Bound", ...]:
    """Bounds from METRIC=VALUE texts, one for each metric named.

    Raises:
        InvalidBound: not of that form, an unknown metric, a value that is no bound, min above max.
    """
    from app.budget import Bound
    from app.errors import InvalidBound

    highest, lowest = _values(at_most, "--max"), _values(at_least, "--min")
    bounds = []
    for metric in dict.fromkeys([*highest, *lowest]):
        bound = Bound(metric, lowest.get(metric), highest.get(metric))
        if bound.minimum is not None and bound.maximum is not None and bound.minimum > bound.maximum:
            raise InvalidBound(f"{metric}: --min {bound.minimum:g} is above --max {bound.maximum:g}")
        bounds.append(bound)
    return tuple(bounds)


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from WIDTHxHEIGHT.

    Raises:
        InvalidBound: not of that form.
    """
    from app.errors import InvalidBound
    from app.requests import MOST_PIXELS

    width, _, height = text.lower().partition("x")
    sides = [
        int(side) if side.isdecimal() and len(side) <= len(str(MOST_PIXELS)) else 0
        for side in (width, height)
    ]
    if not all(0 < side <= MOST_PIXELS for side in sides):
        raise InvalidBound(f"--typical-image {text}: not WIDTHxHEIGHT", "in pixels, as 640x480")
    return sides[0], sides[1]


def parse_objective(text: str) -> "Asked":
    """A metric, a scheme, or weights from METRIC=WEIGHT texts between commas.

    Raises:
        InvalidObjective: neither of them.
    """
    from app.errors import InvalidBound, InvalidObjective
    from app.objective import Scheme

    if "=" in text:
        try:
            weights = _values(text.split(","), "--objective")
        except InvalidBound as error:
            raise InvalidObjective(error.message, error.remedy) from error
        if min(weights.values()) <= 0:
            raise InvalidObjective(f"--objective {text}: weights are above 0")
        return weights
    for kind in (Scheme, Metric):
        if text in set(kind):
            return kind(text)
    known = ", ".join([*Scheme, *Metric])
    raise InvalidObjective(f"unknown objective {text!r}", f"known: {known}, or weights: top1=0.6,gmacs=0.4")


def _values(texts: list[str], option: str) -> dict[Metric, float]:
    from app.errors import InvalidBound

    values: dict[Metric, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            metric = Metric(name.strip())
        except ValueError as error:
            raise InvalidBound(
                f"{option} {text}: unknown metric {name!r}", f"known metrics: {', '.join(Metric)}"
            ) from error
        try:
            value = float(number)
        except ValueError as error:
            raise InvalidBound(f"{option} {text}: not {_METRIC_VALUE}", "as latency_ms=60") from error
        if not 0 <= value < float("inf"):
            raise InvalidBound(f"{option} {text}: a bound is a number of at least 0")
        if metric in values:
            raise InvalidBound(f"{option} {text}: {metric} is bounded twice")
        values[metric] = value
    return values
