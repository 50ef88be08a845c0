"""A candidate with its numbers."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.configurations import ConfigurationView
from app.contract.fields import MetricSchema
from catalog.words.metrics import Metric


class CandidateView(BaseModel):
    """A checkpoint at an input size in a configuration, with its numbers."""

    architecture: str
    checkpoint: str | None = None
    input_size: int
    configuration: ConfigurationView
    metrics: dict[Metric, MetricSchema]
    slack: Annotated[
        dict[Metric, float], Field(description="Room within each bound, in its unit; negative outside.")
    ]
    binding: Annotated[
        Metric | None, Field(description="The bound with the least slack relative to itself.")
    ] = None
    fit_probability: Annotated[
        float | None, Field(description="P(all bounds hold), numbers taken as independent.")
    ] = None
