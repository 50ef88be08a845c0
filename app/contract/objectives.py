"""What a request may rank by."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import (
    Field,
)

from app.contract.fields import Request, Weight
from app.ranking.objective import Scheme
from catalog.words.metrics import Metric


class WeightsSchema(Request):
    """What to rank by, several metrics at once; weights count relative to one another."""

    weights: Annotated[dict[Metric, Weight], Field(min_length=1)]


if TYPE_CHECKING:
    ObjectiveName = StrEnum
else:
    ObjectiveName = StrEnum("ObjectiveName", {name.name: name.value for name in (*Scheme, *Metric)})
