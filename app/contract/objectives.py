"""What a request may rank by."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from app.contract.fields import Request, Weight
from app.ranking.objective import Scheme
from catalog.words.metrics import Metric


class WeightsSchema(Request):
    """An objective of several metrics, each with its weight."""

    weights: Annotated[
        dict[Metric, Weight],
        Field(
            min_length=1,
            description="Weight of each metric. Only the proportions of the weights matter.",
        ),
    ]


if TYPE_CHECKING:
    ObjectiveName = StrEnum
else:
    ObjectiveName = StrEnum("ObjectiveName", {name.name: name.value for name in (*Scheme, *Metric)})
    ObjectiveName.__doc__ = "A scheme that weighs several metrics, or one metric."
