"""`archrank recommend`."""

from typing import TYPE_CHECKING

import typer

from app.cli.options import recommending as given
from app.cli.options.forms import AsCsv, AsJson, AsMarkdown, Form, form_of, print_answer
from app.cli.options.naming import OF_FILTERS, Use, named_as_options
from app.cli.options.needing import need
from app.cli.options.parsing import parse_bounds, parse_objective, share_hints
from app.ranking.order.collapsing import Collapse
from catalog.console.examples import examples
from catalog.words.metrics import Metric

if TYPE_CHECKING:
    from app.contract.answers.recommendations import RecommendationResponse

_NOTHING_FITS = 1  # the exit code
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
    target: given.Target = "local",
    at_most: given.AtMost = None,
    at_least: given.AtLeast = None,
    input_size: given.InputSize = None,
    runtime: given.Runtimes = None,
    precision: given.Precisions = None,
    threads: given.Threads = None,
    batch_size: given.BatchSizes = None,
    evidence: given.Evidences = None,
    family: given.Families = None,
    commercial: given.Commercial = False,
    without_data: given.WithoutData = None,
    method: given.Methods = None,
    without_method: given.WithoutMethods = None,
    tag: given.Tags = None,
    without_tag: given.WithoutTags = None,
    typical_image: given.TypicalImage = None,
    objective: given.Objective = Metric.TOP1.value,
    collapse: given.CollapseBy = Collapse.ARCHITECTURE,
    confidence: given.Confidence = None,
    limit: given.Limit = 10,
    plan: given.Plan = False,
    images: given.Images = None,
    memory_mb: given.MemoryMb = None,
    optimizer: given.Optimizers = None,
    check: given.Check = False,
    verify: given.Verify = False,
    verify_top: given.VerifyTop = None,
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
