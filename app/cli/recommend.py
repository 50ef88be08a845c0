"""`archrank recommend`."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options.completing import bounds, families, tags, targets
from app.cli.options.forms import AsCsv, AsJson, AsMarkdown, Form, form_of, print_answer
from app.cli.options.naming import OF_FILTERS, Use, named_as_options
from app.cli.options.needing import need
from app.cli.options.parsing import METRIC_VALUE, parse_bounds, parse_objective, share_hints
from app.ranking.order.collapsing import Collapse
from catalog.console.examples import examples
from catalog.words.metrics import Metric
from catalog.words.optimizers import Optimizer
from catalog.words.vocabulary import Precision, Provenance, RuntimeName

if TYPE_CHECKING:
    from app.contract.answers.recommendations import RecommendationResponse

_NOTHING_FITS = 1  # the exit code
_BUDGET = "Budget"
_HARDWARE = "Hardware and runtime"
_WEIGHTS = "Networks, licences and data"
_IMAGES = "Images"
_RANKING = "Ranking"
_TRAINING = "Fine-tuning"
_MEASURING = "Measuring"
_USES = {
    **OF_FILTERS,
    "configuration.threads": Use("--threads", "--threads 4"),
    "configuration.batch_size": Use("--batch-size", "--batch-size 1"),
    "confidence": Use("--confidence", "--confidence 0.9"),
    "training.images": Use("--images", "--images 5000"),
    "training.memory_mb": Use("--memory-mb", "--memory-mb 8000"),
}


@examples(
    "archrank recommend --max latency_ms=60 --min top1=75",
    "archrank recommend --target i9-10940x --max latency_ms=20 --commercial",
    "archrank recommend --objective knee --max peak_memory_mb=512 --csv",
)
def recommend(
    target: Annotated[
        str,
        typer.Option(
            help="Id of the target. `local` is this machine.",
            rich_help_panel=_HARDWARE,
            autocompletion=targets,
        ),
    ] = "local",
    at_most: Annotated[
        list[str] | None,
        typer.Option(
            "--max",
            metavar=METRIC_VALUE,
            help="Upper bound, as latency_ms=60. Can be repeated.",
            rich_help_panel=_BUDGET,
            autocompletion=bounds,
        ),
    ] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option(
            "--min",
            metavar=METRIC_VALUE,
            help="Lower bound, as top1=75. Can be repeated.",
            rich_help_panel=_BUDGET,
            autocompletion=bounds,
        ),
    ] = None,
    input_size: Annotated[
        int | None,
        typer.Option(min=1, help="The only input size to consider, in pixels.", rich_help_panel=_HARDWARE),
    ] = None,
    runtime: Annotated[
        list[RuntimeName] | None,
        typer.Option(
            metavar="RUNTIME",
            help="Runtime to consider: onnxruntime, openvino or pytorch. Can be repeated.",
            rich_help_panel=_HARDWARE,
        ),
    ] = None,
    precision: Annotated[
        list[Precision] | None,
        typer.Option(
            metavar="PRECISION",
            help="Precision to consider, as fp32, int8 or amp_fp16. Can be repeated.",
            rich_help_panel=_HARDWARE,
        ),
    ] = None,
    threads: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help="Number of CPU threads to consider. Can be repeated.", rich_help_panel=_HARDWARE
        ),
    ] = None,
    batch_size: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help="Images in one call to consider. Can be repeated.", rich_help_panel=_HARDWARE
        ),
    ] = None,
    evidence: Annotated[
        list[Provenance] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Origin of speed and memory to consider: measured, published or estimated. Can be repeated.",
            rich_help_panel=_HARDWARE,
        ),
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Family to consider. Can be repeated.", rich_help_panel=_WEIGHTS, autocompletion=families
        ),
    ] = None,
    commercial: Annotated[
        bool,
        typer.Option(
            "--commercial", help="Consider only licences that allow commercial use.", rich_help_panel=_WEIGHTS
        ),
    ] = False,
    without_data: Annotated[
        list[str] | None,
        typer.Option(
            help="Data that a checkpoint must not be trained on, as laion. Can be repeated.",
            rich_help_panel=_WEIGHTS,
        ),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="Way in which a checkpoint must be trained, as self-supervised. Can be repeated, and one of "
            "the ways is enough.",
            rich_help_panel=_WEIGHTS,
        ),
    ] = None,
    without_method: Annotated[
        list[str] | None,
        typer.Option(
            help="Way in which a checkpoint must not be trained, as distillation. Can be repeated.",
            rich_help_panel=_WEIGHTS,
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(help="Tag to consider. Can be repeated.", rich_help_panel=_WEIGHTS, autocompletion=tags),
    ] = None,
    without_tag: Annotated[
        list[str] | None,
        typer.Option(
            help="Tag to exclude, as transformer. Can be repeated.",
            rich_help_panel=_WEIGHTS,
            autocompletion=tags,
        ),
    ] = None,
    typical_image: Annotated[
        str | None,
        typer.Option(
            metavar="WIDTHxHEIGHT",
            help="Size of your images. Of equals, the model whose input is nearer comes first.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(
            help="What to rank by: a metric, balanced, knee, or weights as top1=0.6,latency_ms=0.4.",
            rich_help_panel=_RANKING,
        ),
    ] = Metric.TOP1.value,
    collapse: Annotated[
        Collapse,
        typer.Option(
            metavar="KIND",
            help="What gets one row: each architecture, checkpoint or configuration.",
            rich_help_panel=_RANKING,
        ),
    ] = Collapse.ARCHITECTURE,
    confidence: Annotated[
        float | None,
        typer.Option(
            help="How sure you want to be that every recommended model keeps the budget, as 0.9.",
            rich_help_panel=_BUDGET,
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=200, help="Largest number of rows.", rich_help_panel=_RANKING)
    ] = 10,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Add advice on fine-tuning the first model.", rich_help_panel=_TRAINING),
    ] = False,
    images: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of your labelled images, which --plan uses.", rich_help_panel=_TRAINING
        ),
    ] = None,
    memory_mb: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Memory of each device in MB, which --plan uses. 24 GiB are 25770 MB.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    optimizer: Annotated[
        list[Optimizer] | None,
        typer.Option(
            metavar="OPTIMIZER",
            help="Optimiser that --plan also describes, as sgd or lamb. Can be repeated.",
            rich_help_panel=_TRAINING,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="End with exit code 1 where nothing fits the budget.", rich_help_panel=_BUDGET
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Measure the estimated models that may be the best, until the first rows are measured.",
            rich_help_panel=_MEASURING,
        ),
    ] = False,
    verify_top: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10,
            help="Number of first rows that --verify measures. The default is 3.",
            rich_help_panel=_MEASURING,
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Rank the architectures that keep a budget, and say why other architectures do not."""
    from app.contract.answers.questions import Include
    from app.presentation.answers.recommendations import recommendation_response
    from app.presentation.requests.questions import question_of, request_of
    from app.presentation.requests.sizes import parse_size
    from app.questions.answers.recommend import recommend as answer_to
    from catalog.opening import open_catalog
    from catalog.settings import CatalogSettings

    form = form_of(as_json=as_json, as_csv=as_csv, as_markdown=as_markdown)
    if not plan:
        need("--plan", {"--images": images, "--memory-mb": memory_mb, "--optimizer": optimizer})
    if not verify:
        need("--verify", {"--verify-top": verify_top})
    training = {"images": images, "memory_mb": memory_mb, "optimizers": optimizer or []}
    budget = parse_bounds(at_most or [], at_least or [])
    for hint in share_hints(budget):
        typer.echo(hint, err=True)
    with named_as_options(_USES):
        request = request_of(
            {
                "target": target,
                "budget": budget,
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
                "training_methods": {"include": method or [], "exclude": without_method or []},
                "families": {"include": family or []},
                "tags": {"include": tag or [], "exclude": without_tag or []},
                "evidence": evidence or [],
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
            from app.questions.answers.verification import TOP

            answer = verified_answer(catalog, question, verify_top or TOP, quiet=form is not Form.TABLES)
        else:
            answer = answer_to(catalog, question)
        response = recommendation_response(answer)
    print_answer(form, response, tables=_print_tables, csv=_csv, markdown=_markdown)
    if check and not response.recommendations:
        raise typer.Exit(_NOTHING_FITS)


def _print_tables(response: "RecommendationResponse") -> None:
    from app.cli.tables.recommendation import print_recommendations

    print_recommendations(response)


def _csv(response: "RecommendationResponse") -> str:
    from app.presentation.documents.spreadsheets import recommendation_csv

    return recommendation_csv(response)


def _markdown(response: "RecommendationResponse") -> str:
    from app.presentation.documents.markdown import recommendation_markdown

    return recommendation_markdown(response)
