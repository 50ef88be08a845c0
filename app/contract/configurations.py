"""How a workload runs: what requests may ask for, and what answers hold."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.fields import Count, Request
from catalog.words.vocabulary import BatchPolicy, Device, Layout, Precision, RuntimeName, Scenario


class ConfigurationSchema(Request):
    """Configurations to consider; an absent field lets everything pass."""

    runtime: list[RuntimeName] = []
    precision: list[Precision] = []
    batch_size: list[Count] = []
    threads: list[Count] = []
    batch_policy: list[BatchPolicy] = []
    layout: list[Layout] = []
    scenario: list[Scenario] = []
    clients: list[Count] = []
    compiled: Annotated[bool | None, Field(strict=True)] = None


class ConfigurationView(BaseModel):
    """How a workload is run."""

    runtime: RuntimeName
    precision: Precision
    batch_size: int
    batch_policy: BatchPolicy
    threads: Annotated[int | None, Field(description="Absent where a source does not state them.")] = None
    device: Device
    layout: Layout
    compiled: bool
    arena: bool | None = None
    scenario: Scenario
    clients: int
