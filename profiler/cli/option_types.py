"""The options of `archrank profile`, as Typer reads them."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.words.vocabulary import Device, Precision, RuntimeName

_NETWORKS, _RUN = "Networks", "How they are run"
_EFFORT, _AGAIN = "How long and how exactly", "What is measured again"

Names = Annotated[list[str] | None, typer.Argument(help="Names of architectures, or patterns as 'resnet*'.")]
Preset = Annotated[
    str | None,
    typer.Option(help="Named set of architectures. The only preset is starter.", rich_help_panel=_NETWORKS),
]
CaseFile = Annotated[
    Path | None,
    typer.Option(
        help="File of cases to measure, a JSON object a line. A dash is standard input.",
        rich_help_panel=_NETWORKS,
    ),
]
Runtimes = Annotated[
    list[RuntimeName] | None,
    typer.Option(
        help="Runtime to measure. Can be repeated. The default is onnxruntime and openvino on a CPU, "
        "pytorch and onnxruntime on a GPU, and pytorch with --train or --compiled.",
        rich_help_panel=_RUN,
    ),
]
OnDevice = Annotated[
    Device,
    typer.Option(help="Device to measure: this CPU, or the first visible NVIDIA GPU.", rich_help_panel=_RUN),
]
Precisions = Annotated[
    list[Precision] | None,
    typer.Option(help="Precision to measure. Can be repeated. The default is fp32.", rich_help_panel=_RUN),
]
Compiled = Annotated[
    bool,
    typer.Option("--compiled", help="Compile each network with torch.compile.", rich_help_panel=_RUN),
]
Arena = Annotated[
    bool,
    typer.Option(
        "--arena/--no-arena",
        help="Whether ONNX Runtime keeps freed memory for reuse.",
        rich_help_panel=_RUN,
    ),
]
Threads = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        help="CPU threads. Can be repeated. The default is all CPUs, and 1 with a GPU.",
        rich_help_panel=_RUN,
    ),
]
BatchSizes = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        max=1_000_000,
        help="Images in one call. Can be repeated. The default is 1.",
        rich_help_panel=_RUN,
    ),
]
BatchCurve = Annotated[
    bool,
    typer.Option(
        "--batch-curve",
        help="Measure batches of 1, 2, 4 to 64 images, until memory runs out.",
        rich_help_panel=_RUN,
    ),
]
InputSizes = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        max=100_000,
        help="Input size in pixels. Can be repeated. The default is the native size.",
        rich_help_panel=_NETWORKS,
    ),
]
NumClasses = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        max=100_000,
        help="Classes of the network's head, as of a fine-tuned network. Can be repeated. The default is "
        "that of the default checkpoint.",
        rich_help_panel=_NETWORKS,
    ),
]
InChans = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        max=1000,
        help="Channels of the images, as of grey or multispectral images. Can be repeated. The default is 3.",
        rich_help_panel=_NETWORKS,
    ),
]
Train = Annotated[
    bool,
    typer.Option(
        "--train",
        help="Measure training steps (forward, backward, SGD) with pytorch.",
        rich_help_panel=_RUN,
    ),
]
Clients = Annotated[
    list[int] | None,
    typer.Option(
        min=1,
        max=1024,
        help="Number of clients that call at once, each with --threads. Can be repeated. The default is 1.",
        rich_help_panel=_RUN,
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=200,
        help="Smallest number of fresh processes for each case. The default is 3.",
        rich_help_panel=_EFFORT,
    ),
]
MaxProcesses = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=200,
        help="Largest number of processes, for a case whose processes differ. The default is 8.",
        rich_help_panel=_EFFORT,
    ),
]
MaxBlocks = Annotated[
    int | None,
    typer.Option(
        min=2,
        max=10_000,
        help="Largest number of blocks of calls for each case. The default is 60.",
        rich_help_panel=_EFFORT,
    ),
]
IntervalTarget = Annotated[
    float,
    typer.Option(
        "--interval-target",
        "--precision-target",  # its old name
        min=0.001,
        max=1,
        help="Half-width of the 95 % interval to reach, as a share of the latency.",
        rich_help_panel=_EFFORT,
    ),
]
TimeBudget = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        help="Time after which cases end, as 90s, 6m or 1h, or a number of seconds. Each case gets a "
        "least number of blocks. The default is no limit.",
        rich_help_panel=_EFFORT,
    ),
]
WithinBudget = Annotated[
    bool,
    typer.Option(
        "--within-budget",
        help="Leave out the cases that would not end within --time-budget. The first ones are measured in "
        "any case.",
        rich_help_panel=_EFFORT,
    ),
]
Percentile = Annotated[
    int | None,
    typer.Option(help="Percentile to make enough calls for: 90, 95 or 99.", rich_help_panel=_EFFORT),
]
Timeout = Annotated[
    float,
    typer.Option(
        min=1, help="Seconds that loading a process may take, and each visit.", rich_help_panel=_EFFORT
    ),
]
PrepareTimeout = Annotated[
    float,
    typer.Option(
        min=1, help="Seconds that making the file of one network may take.", rich_help_panel=_EFFORT
    ),
]
NodeProfiles = Annotated[
    bool,
    typer.Option(
        "--node-profiles",
        help="Ask the runtime for the times of its nodes too, in a process of its own.",
        rich_help_panel=_EFFORT,
    ),
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Measure cases again that were measured before.", rich_help_panel=_AGAIN),
]
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", help="Measure cases again that failed before.", rich_help_panel=_AGAIN),
]
Stale = Annotated[
    bool,
    typer.Option(
        "--stale",
        help="Measure cases again that were measured with another version, kernel or protocol.",
        rich_help_panel=_AGAIN,
    ),
]
