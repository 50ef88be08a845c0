"""What an answer says of itself: what it came to, what its filters leave out, and what it did not look at."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.common.fields import MetricSchema
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric


class ExplanationView(BaseModel):
    """The outcome in words, what the user can do, and which values exist instead."""

    text: Annotated[str, Field(description="What the answer came to, in sentences.")]
    remedy: Annotated[
        str | None, Field(description="Advice for the user. Absent if there is nothing to do.")
    ] = None
    command: Annotated[
        str | None, Field(description="The command that does it. Absent if no command can.")
    ] = None
    instead: Annotated[
        dict[str, list[str]],
        Field(
            description="Values that exist, by the field of the request that asked in vain. With all listed "
            "values, candidates pass. An empty list means that the field must be left out."
        ),
    ] = {}


class FilterView(BaseModel):
    """What one filter of the request left out."""

    field: Annotated[str, Field(description="Field of the request, as `configuration.precision`.")]
    asked: Annotated[list[str], Field(description="Values that the filter asks for or excludes.")]
    passing: Annotated[
        int,
        Field(description="Number of the target's candidates that pass this filter, other filters apart."),
    ]
    left_out: Annotated[
        int, Field(description="Number of the target's candidates that pass every filter but this one.")
    ]
    note: Annotated[
        str | None, Field(description="What the filter leaves out, if that is easily misread.")
    ] = None


class ArchitectureCountsView(BaseModel):
    """Numbers of architectures: known, on the target, considered and fitting."""

    known: Annotated[int, Field(description="Number of architectures in the catalog.")]
    on_target: Annotated[int, Field(description="Number of architectures with a number on the target.")]
    considered: Annotated[int, Field(description="Number of architectures that passed the filters.")]
    fitting: Annotated[int, Field(description="Number of architectures that keep the budget.")]


class BasisView(BaseModel):
    """The published speeds that a bound was computed from."""

    target: Annotated[str, Field(description="Id of the published target.")]
    configuration: Annotated[Configuration, Field(description="How the networks were run there.")]
    networks: Annotated[int, Field(description="Number of networks that have a number on both targets.")]
    error: Annotated[
        float,
        Field(
            description="Standard deviation of the logarithms of their times around the fitted times. 0.1 is "
            "about 10 %."
        ),
    ]


class PromisingView(BaseModel):
    """A candidate that was not measured on the target and would probably fit and rank first."""

    architecture: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    checkpoint: Annotated[str | None, Field(description="Name of the pretrained weights.")] = None
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[Configuration, Field(description="How the network would be run.")]
    metrics: Annotated[
        dict[Metric, MetricSchema],
        Field(
            description="Every known number of the candidate, by metric. Its speed is an interval from "
            "published speeds of other hardware, and was not measured."
        ),
    ]
    license: Annotated[str | None, Field(description="Licence of the checkpoint. Absent if unknown.")] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether the licence allows commercial use. Absent if unclear.")
    ] = None
    fit_probability: Annotated[
        float, Field(description="Probability that the candidate keeps the bounds that can be judged.")
    ]
    unjudged: Annotated[
        list[Metric], Field(description="Bounded metrics of which nothing is known for the candidate.")
    ]
    text: Annotated[str, Field(description="The candidate with the numbers that decide, in words.")]
    basis: Annotated[BasisView, Field(description="The published speeds that its own was computed from.")]


class NotConsideredView(BaseModel):
    """Architectures that the answer did not look at, and the commands that measure the promising ones."""

    count: Annotated[int, Field(description="Number of known architectures that were not considered.")]
    bounded: Annotated[
        int,
        Field(
            description="Number of architectures that were not considered, pass the filters, and have bounds "
            "from published speeds of hardware of the same class."
        ),
    ]
    promising_count: Annotated[
        int,
        Field(
            description="Number of bounded architectures that would probably fit and rank first. If nothing "
            "bounds what a network may cost, they would also probably be no slower than the first."
        ),
    ]
    promising: Annotated[
        list[PromisingView], Field(description="Up to five of the promising ones, the best one first.")
    ] = []
    text: Annotated[str, Field(description="What was not looked at, in sentences.")]
    commands: Annotated[
        list[str], Field(description="Commands that measure the listed candidates on their hardware.")
    ] = []
    minutes: Annotated[
        int | None, Field(description="Minutes that the commands take at most, without preparing networks.")
    ] = None
