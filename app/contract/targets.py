"""Targets."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.paging import Page
from catalog.words.vocabulary import (
    Device,
)


class TargetView(BaseModel):
    """Hardware that answers are for."""

    id: str
    alias: Annotated[str | None, Field(description="`local` where it is the machine that answers.")] = None
    kind: Device
    label: str
    identity: dict[str, str | int]


class TargetPage(Page):
    items: list[TargetView]
