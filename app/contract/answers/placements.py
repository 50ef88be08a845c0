"""Placements: the request and the answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.contract.answers.candidates import CandidateView
from app.contract.answers.explanations import ExplanationView
from app.contract.common.configurations import ConfigurationSchema
from app.contract.common.fields import (
    BUDGET,
    CONFIDENCE,
    CONSIDERED,
    ELIMINATED,
    LACKING,
    REVISION,
    BoundSchema,
    InputSizes,
    Limit,
    Request,
    ShortText,
)
from app.ranking.order.outcome import Outcome
from catalog.words.metrics import Metric


class PlacementRequest(Request):
    """A checkpoint and the budget that it must keep."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"checkpoint": "resnet50.a1_in1k", "budget": {"throughput_ips": {"min": 1000}}}]
        },
    )

    checkpoint: Annotated[
        ShortText,
        Field(description="Name of a checkpoint. The name of an architecture asks for all its checkpoints."),
    ]
    budget: Annotated[dict[Metric, BoundSchema], Field(description=BUDGET)] = {}
    targets: Annotated[
        list[ShortText], Field(max_length=100, description="Ids of targets. Empty asks for every target.")
    ] = []
    input_size: InputSizes = None
    configuration: Annotated[ConfigurationSchema, Field(description="Configurations to consider.")] = (
        ConfigurationSchema()
    )
    confidence: Annotated[float | None, Field(gt=0, lt=1, strict=True, description=CONFIDENCE)] = None
    limit: Annotated[Limit, Field(description="Largest number of configurations on each target.")] = 10


class PlacementView(CandidateView):
    """A target and configuration that run the checkpoint within the budget."""

    target: Annotated[str, Field(description="Id of the target.")]


class PlacementTargetView(BaseModel):
    """What became of the checkpoint's candidates on one target."""

    target: Annotated[str, Field(description="Id of the target.")]
    outcome: Annotated[
        Outcome,
        Field(
            description="What the question came to on the target. `fits`: a candidate keeps the budget. "
            "`filtered_out`: no candidate passed the filters, or the target has no number of the checkpoint. "
            "`all_failed`: every measurement failed. `all_unknown`: every candidate lacks a bounded number. "
            "`all_exceed`: no candidate keeps the budget."
        ),
    ]
    explanation: Annotated[
        ExplanationView, Field(description="The outcome in words, and what the user can do.")
    ]
    considered: Annotated[int, Field(description=CONSIDERED)]
    fitting: Annotated[int, Field(description="Number of considered candidates that keep every bound.")]
    undecided: Annotated[
        int,
        Field(
            description="Number of considered candidates that break no bound but lack the number of a "
            "bounded metric."
        ),
    ]
    failed: Annotated[int, Field(description="Number of considered candidates whose measurement failed.")]
    eliminated: Annotated[dict[Metric, int], Field(description=ELIMINATED)]
    unknown: Annotated[dict[Metric, int], Field(description=LACKING)]
    near_miss: Annotated[
        CandidateView | None,
        Field(description="The nearest candidate outside the budget. Absent if a candidate fits."),
    ] = None


class PlacementsResponse(BaseModel):
    """Targets and configurations on which a checkpoint keeps a budget. Targets without any number of the
    checkpoint are listed only if the request names targets."""

    checkpoint: Annotated[str, Field(description="The checkpoint or architecture that was asked for.")]
    outcome: Annotated[
        Outcome,
        Field(
            description="The best outcome of a target, in this order: `fits`, `all_exceed`, `all_unknown`, "
            "`all_failed`, `filtered_out`."
        ),
    ]
    explanation: Annotated[
        ExplanationView, Field(description="The outcome in words, and what the user can do.")
    ]
    placements: Annotated[
        list[PlacementView], Field(description="Configurations that keep the budget, on every asked target.")
    ]
    targets: Annotated[
        list[PlacementTargetView], Field(description="What became of the candidates on each target.")
    ]
    catalog_revision: Annotated[int, Field(description=REVISION)]
