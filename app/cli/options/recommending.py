"""The options of `archrank recommend`, as Typer reads them."""

from typing import Annotated

import typer

from app.cli.options.completing import bounds, families, tags, targets
from app.cli.options.parsing import METRIC_VALUE
from app.ranking.order.collapsing import Collapse
from catalog.words.optimizers import Optimizer
from catalog.words.vocabulary import Evidence, Precision, RuntimeName

_BUDGET = "Budget"
_HARDWARE = "Hardware and runtime"
_WEIGHTS = "Networks, licences and data"
_IMAGES = "Images"
_RANKING = "Ranking"
_TRAINING = "Fine-tuning"
_MEASURING = "Measuring"

Target = Annotated[
    str,
    typer.Option(
        help="Id of the target. `local` is this machine.",
        rich_help_panel=_HARDWARE,
        autocompletion=targets,
    ),
]
AtMost = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar=METRIC_VALUE,
        help="Upper bound, as latency_ms=60. Can be repeated.",
        rich_help_panel=_BUDGET,
        autocompletion=bounds,
    ),
]
AtLeast = Annotated[
    list[str] | None,
    typer.Option(
        "--min",
        metavar=METRIC_VALUE,
        help="Lower bound, as top1=75. Can be repeated.",
        rich_help_panel=_BUDGET,
        autocompletion=bounds,
    ),
]
InputSize = Annotated[
    int | None,
    typer.Option(min=1, help="The only input size to consider, in pixels.", rich_help_panel=_HARDWARE),
]
Runtimes = Annotated[
    list[RuntimeName] | None,
    typer.Option(
        metavar="RUNTIME",
        help="Runtime to consider: onnxruntime, openvino or pytorch. Can be repeated.",
        rich_help_panel=_HARDWARE,
    ),
]
Precisions = Annotated[
    list[Precision] | None,
    typer.Option(
        metavar="PRECISION",
        help="Precision to consider, as fp32, int8 or amp_fp16. Can be repeated.",
        rich_help_panel=_HARDWARE,
    ),
]
Threads = Annotated[
    list[int] | None,
    typer.Option(
        min=1, help="Number of CPU threads to consider. Can be repeated.", rich_help_panel=_HARDWARE
    ),
]
BatchSizes = Annotated[
    list[int] | None,
    typer.Option(min=1, help="Images in one call to consider. Can be repeated.", rich_help_panel=_HARDWARE),
]
Evidences = Annotated[
    list[Evidence] | None,
    typer.Option(
        metavar="ORIGIN",
        help="Origin of speed and memory to consider: measured, published or estimated. Can be repeated.",
        rich_help_panel=_HARDWARE,
    ),
]
Families = Annotated[
    list[str] | None,
    typer.Option(
        help="Family to consider. Can be repeated.", rich_help_panel=_WEIGHTS, autocompletion=families
    ),
]
Commercial = Annotated[
    bool,
    typer.Option(
        "--commercial", help="Consider only licences that allow commercial use.", rich_help_panel=_WEIGHTS
    ),
]
WithoutData = Annotated[
    list[str] | None,
    typer.Option(
        help="Data that a checkpoint must not be trained on, as laion. Can be repeated.",
        rich_help_panel=_WEIGHTS,
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        help="Way in which a checkpoint must be trained, as self-supervised. Can be repeated, and one of "
        "the ways is enough.",
        rich_help_panel=_WEIGHTS,
    ),
]
WithoutMethods = Annotated[
    list[str] | None,
    typer.Option(
        help="Way in which a checkpoint must not be trained, as distillation. Can be repeated.",
        rich_help_panel=_WEIGHTS,
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(help="Tag to consider. Can be repeated.", rich_help_panel=_WEIGHTS, autocompletion=tags),
]
WithoutTags = Annotated[
    list[str] | None,
    typer.Option(
        help="Tag to exclude, as transformer. Can be repeated.",
        rich_help_panel=_WEIGHTS,
        autocompletion=tags,
    ),
]
TypicalImage = Annotated[
    str | None,
    typer.Option(
        metavar="WIDTHxHEIGHT",
        help="Size of your images. Of equals, the model whose input is nearer comes first.",
        rich_help_panel=_IMAGES,
    ),
]
Objective = Annotated[
    str,
    typer.Option(
        help="What to rank by: a metric, balanced, knee, or weights as top1=0.6,latency_ms=0.4.",
        rich_help_panel=_RANKING,
    ),
]
CollapseBy = Annotated[
    Collapse,
    typer.Option(
        metavar="KIND",
        help="What gets one row: each architecture, checkpoint or configuration.",
        rich_help_panel=_RANKING,
    ),
]
Confidence = Annotated[
    float | None,
    typer.Option(
        help="How sure you want to be that every recommended model keeps the budget, as 0.9.",
        rich_help_panel=_BUDGET,
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=200, help="Largest number of rows.", rich_help_panel=_RANKING)]
Plan = Annotated[
    bool,
    typer.Option("--plan", help="Add advice on fine-tuning the first model.", rich_help_panel=_TRAINING),
]
Images = Annotated[
    int | None,
    typer.Option(min=1, help="Number of your labelled images, which --plan uses.", rich_help_panel=_TRAINING),
]
MemoryMb = Annotated[
    float | None,
    typer.Option(
        min=1,
        help="Memory of each device in MB, which --plan uses. 24 GiB are 25770 MB.",
        rich_help_panel=_TRAINING,
    ),
]
Optimizers = Annotated[
    list[Optimizer] | None,
    typer.Option(
        metavar="OPTIMIZER",
        help="Optimiser that --plan also describes, as sgd or lamb. Can be repeated.",
        rich_help_panel=_TRAINING,
    ),
]
Check = Annotated[
    bool,
    typer.Option(
        "--check", help="End with exit code 1 where nothing fits the budget.", rich_help_panel=_BUDGET
    ),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Measure the estimated models that may be the best, until the first rows are measured.",
        rich_help_panel=_MEASURING,
    ),
]
VerifyTop = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10,
        help="Number of first rows that --verify measures. The default is 3.",
        rich_help_panel=_MEASURING,
    ),
]
