"""Targets."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.estimates import EstimateBasisView
from app.contract.fields import Page
from catalog.words.vocabulary import Device


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


class TargetCardView(TargetView):
    """Hardware that the catalog has numbers for: how quiet it was, and what its estimates stand on."""

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
