"""What is known of families."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.paging import Page
from catalog.words.metrics import Metric


class ClaimView(BaseModel):
    """A statement that is checked against the catalog's own numbers."""

    text: str
    metric: Metric
    target: str | None = None


class FamilyView(BaseModel):
    """What a family or subfamily introduced, and when to choose it: texts of our own."""

    slug: str
    title: str
    kind: str
    year: int
    paper: str
    url: str | None = None
    predecessor: str | None = None
    family: Annotated[str | None, Field(description="timm's module; absent where timm lacks it.")] = None
    introduced: str
    strengths: str
    drawbacks: str
    choose_when: str
    claims: list[ClaimView]


class FamilyPage(Page):
    items: list[FamilyView]
