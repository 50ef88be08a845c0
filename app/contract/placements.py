"""Placements: the request and the answer."""

from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from app.contract.candidates import CandidateView
from app.contract.configurations import ConfigurationSchema
from app.contract.fields import BoundSchema, Limit, Pixels, Request, SizeRange, Words, as_range
from catalog.words.metrics import Metric


class PlacementRequest(Request):
    """A checkpoint, or an architecture that stands for each of its checkpoints, and its budget."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"checkpoint": "resnet50.a1_in1k", "budget": {"throughput_ips": {"min": 1000}}}]
        },
    )

    checkpoint: Words
    budget: Annotated[dict[Metric, BoundSchema], Field(description="Bounds by metric; all must hold.")] = {}
    targets: Annotated[list[Words], Field(max_length=100, description="Empty: every target.")] = []
    input_size: Annotated[
        SizeRange | None, BeforeValidator(as_range, json_schema_input_type=Pixels | SizeRange | None)
    ] = None
    configuration: ConfigurationSchema = ConfigurationSchema()
    confidence: Annotated[float | None, Field(gt=0, lt=1, strict=True)] = None
    limit: Annotated[Limit, Field(description="Configurations on each target.")] = 10


class PlacementView(CandidateView):
    """A configuration of a target that runs the checkpoint within the budget."""

    target: str


class PlacementTargetView(BaseModel):
    """What became of a target's candidates; `near_miss` is the nearest where none fits."""

    target: str
    considered: int
    fitting: int
    eliminated: dict[Metric, int]
    unknown: dict[Metric, int]
    near_miss: CandidateView | None = None


class PlacementsResponse(BaseModel):
    """Where a checkpoint fits; targets that have no number of it are left out."""

    checkpoint: str
    placements: list[PlacementView]
    targets: list[PlacementTargetView]
    catalog_revision: int
