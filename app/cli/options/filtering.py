"""The options that choose which candidates of a target `compare` and `frontier` look at."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from app.cli.options.completing import tags, targets
from catalog.words.vocabulary import Precision, RuntimeName

_CANDIDATES = "Candidates"

OfTarget = Annotated[
    str,
    typer.Option(
        "--target",
        help="Id of the target. `local` is this machine.",
        rich_help_panel=_CANDIDATES,
        autocompletion=targets,
    ),
]
OfRuntime = Annotated[
    list[RuntimeName] | None,
    typer.Option(
        "--runtime",
        metavar="RUNTIME",
        help="Runtime to consider: onnxruntime, openvino or pytorch. Can be repeated.",
        rich_help_panel=_CANDIDATES,
    ),
]
OfPrecision = Annotated[
    list[Precision] | None,
    typer.Option(
        "--precision",
        metavar="PRECISION",
        help="Precision to consider, as fp32, int8 or amp_fp16. Can be repeated.",
        rich_help_panel=_CANDIDATES,
    ),
]
OfSize = Annotated[
    int | None,
    typer.Option(
        "--input-size",
        min=1,
        help="The only input size to consider, in pixels.",
        rich_help_panel=_CANDIDATES,
    ),
]
Commercial = Annotated[
    bool,
    typer.Option(
        "--commercial",
        help="Consider only licences that allow commercial use.",
        rich_help_panel=_CANDIDATES,
    ),
]
OfTag = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        help="Tag to consider. Can be repeated.",
        rich_help_panel=_CANDIDATES,
        autocompletion=tags,
    ),
]


def filter_fields(
    target: str,
    runtime: Sequence[RuntimeName] | None,
    precision: Sequence[Precision] | None,
    input_size: int | None,
    tag: Sequence[str] | None,
    *,
    commercial: bool,
) -> dict[str, Any]:
    """The options as fields of a request. What is not chosen filters nothing."""
    return {
        "target": target,
        "runtime": runtime or [],
        "precision": precision or [],
        "input_size": input_size,
        "commercial_use": True if commercial else None,
        "tag": tag or [],
    }
