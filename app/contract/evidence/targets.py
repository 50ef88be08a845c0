"""Targets."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.common.fields import Page
from app.contract.evidence.estimates import EstimateBasisView
from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Device, Provenance


class TargetView(BaseModel):
    """Hardware that the catalog has numbers for."""

    id: Annotated[str, Field(description="Id of the target, as requests name it.")]
    alias: Annotated[
        str | None, Field(description="`local` if the target is the machine that answers. Absent otherwise.")
    ] = None
    kind: Annotated[Device, Field(description="Whether the target is a CPU or a GPU.")]
    label: Annotated[str, Field(description="Name of the hardware, for people.")]
    identity: Annotated[
        dict[str, str | int],
        Field(description="Properties that make two machines the same hardware, as the model's name."),
    ]
    architectures: Annotated[
        dict[Provenance, int],
        Field(
            description="Number of architectures with a number on the target, by origin of the number. A "
            "network that was run for inference in its training form is not counted, because no answer "
            "considers such a number."
        ),
    ] = {}


class SlowdownView(BaseModel):
    """How much slower than quiet the machine was while one case was measured."""

    measured_at: Annotated[datetime, Field(description="Time of the measurement.")]
    slowdown: Annotated[
        float, Field(description="1.07 if fixed work took 7 % longer than on the quiet machine.")
    ]
    quiet_ns: Annotated[
        float | None,
        Field(
            description="Time of the fixed work on the quiet machine, in nanoseconds, as learnt until then. "
            "Absent if unknown."
        ),
    ] = None
    cpus: Annotated[
        int | None, Field(description="Number of CPUs that the fixed work ran on. Absent if unknown.")
    ] = None


class CoverageView(BaseModel):
    """How much is known of a target in one configuration, from one origin."""

    configuration: Annotated[Configuration, Field(description="How the networks were run.")]
    provenance: Annotated[Provenance, Field(description="Origin of the numbers.")]
    architectures: Annotated[int, Field(description="Number of architectures with a number.")]
    failed: Annotated[
        int,
        Field(description="Number of architectures with a failed measurement or a refused estimate."),
    ]
    cases: Annotated[int, Field(description="Number of measurements or estimates.")]
    newest: Annotated[
        datetime,
        Field(
            description="Time of the newest measurement or estimate. For published numbers, the earliest "
            "possible time."
        ),
    ]


class NextStepView(BaseModel):
    """What to measure next on a target, with the reason and the commands."""

    text: Annotated[str, Field(description="What is missing or doubtful, in a sentence.")]
    commands: Annotated[
        list[str], Field(description="Commands to run on the target, or where the catalog is, in order.")
    ]


class TargetCardView(TargetView):
    """Hardware that the catalog has numbers for: how much is known, how fresh, and what to measure next."""

    known: Annotated[int, Field(description="Number of architectures in the catalog.")]
    coverage: Annotated[
        list[CoverageView],
        Field(description="What is known of the target, by origin of the numbers and by configuration."),
    ]
    doubtful: Annotated[
        list[str], Field(description="Architectures with a doubtful measurement on the target, by name.")
    ]
    next: Annotated[
        list[NextStepView], Field(description="What to measure next, the most useful step first.")
    ]

    slowdowns: Annotated[
        list[SlowdownView],
        Field(
            description="Slowdown during each of the newest 60 measurements, the newest first. Empty if the "
            "target was not measured since protocol 3."
        ),
    ]
    estimates: Annotated[
        EstimateBasisView | None,
        Field(description="What the target's estimates stand on. Absent if it has none."),
    ] = None


class TargetPage(Page):
    """All targets, on one page."""

    items: Annotated[list[TargetView], Field(description="Targets, ordered by id.")]
