"""Targets."""

from typing import Annotated

from pydantic import BaseModel, Field

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


class TargetPage(Page):
    """All targets, on one page."""

    items: Annotated[list[TargetView], Field(description="Targets, ordered by id.")]
