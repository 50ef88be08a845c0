"""What is known of families."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.common.fields import Page
from catalog.words.metrics import Metric


class ClaimHereView(BaseModel):
    """What was measured on this machine of the two networks that a statement compares."""

    target: Annotated[str, Field(description="Id of the target, which is the machine that answers.")]
    low: Annotated[
        float,
        Field(
            description="Smallest ratio of the first network's number to the second's, over the "
            "configurations that both were measured in."
        ),
    ]
    high: Annotated[float, Field(description="Largest ratio.")]
    holds: Annotated[
        bool, Field(description="Whether the statement holds in every configuration that is compared.")
    ]
    text: Annotated[str, Field(description="The ratio in words.")]


class ClaimView(BaseModel):
    """A statement about a family that is checked against the catalog's own numbers."""

    text: Annotated[str, Field(description="The statement in words.")]
    metric: Annotated[Metric, Field(description="The metric that the statement compares.")]
    target: Annotated[
        str | None, Field(description="Id of the target that the statement is about, if it needs one.")
    ] = None
    here: Annotated[
        ClaimHereView | None,
        Field(
            description="The same comparison on this machine. Present on a card, if both networks were "
            "measured here at their default input sizes."
        ),
    ] = None


class FamilyView(BaseModel):
    """What a family or subfamily of architectures introduced, and when to choose it."""

    slug: Annotated[str, Field(description="Short name of the family, as addresses and tags use it.")]
    title: Annotated[str, Field(description="Name of the family, for people.")]
    kind: Annotated[str, Field(description="Kind of network, as convolutional or transformer.")]
    year: Annotated[int, Field(description="Year of the paper.")]
    paper: Annotated[str, Field(description="Title of the paper that introduced the family.")]
    url: Annotated[str | None, Field(description="Address of the paper.")] = None
    predecessor: Annotated[
        str | None, Field(description="Short name of the family that this family builds on.")
    ] = None
    family: Annotated[str | None, Field(description="Module of timm. Absent if timm lacks the family.")] = (
        None
    )
    introduced: Annotated[str, Field(description="What the family introduced.")]
    strengths: Annotated[str, Field(description="What the family is good at.")]
    drawbacks: Annotated[str, Field(description="What the family is bad at.")]
    choose_when: Annotated[str, Field(description="Situations in which to choose the family.")]
    claims: Annotated[
        list[ClaimView], Field(description="Statements that are checked against the catalog's own numbers.")
    ]


class FamilyPage(Page):
    """All families, on one page."""

    items: Annotated[list[FamilyView], Field(description="Families and subfamilies.")]
