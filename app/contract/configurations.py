"""How a workload runs: what requests may ask for, and what answers hold."""

from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.contract.fields import Count, Request
from catalog.words.vocabulary import BatchPolicy, Device, Layout, Precision, RuntimeName, Scenario


class ConfigurationSchema(Request):
    """Configurations to consider. A field that is absent or empty allows every value."""

    runtime: Annotated[
        list[RuntimeName], Field(description="Allowed runtimes. Empty allows every runtime.")
    ] = []
    precision: Annotated[
        list[Precision], Field(description="Allowed precisions. Empty allows every precision.")
    ] = []
    batch_size: Annotated[list[Count], Field(description="Allowed numbers of images in one call.")] = []
    threads: Annotated[list[Count], Field(description="Allowed numbers of CPU threads.")] = []
    batch_policy: Annotated[list[BatchPolicy], Field(description="Allowed ways to choose the batch.")] = []
    layout: Annotated[
        list[Layout], Field(description="Allowed orders of the image tensor's dimensions.")
    ] = []
    scenario: Annotated[list[Scenario], Field(description="Allowed scenarios.")] = []
    clients: Annotated[list[Count], Field(description="Allowed numbers of clients that call at once.")] = []
    compiled: Annotated[
        bool | None, Field(strict=True, description="Whether torch.compile must have compiled the network.")
    ] = None


class ConfigurationView(BaseModel):
    """How a network is run: the runtime and its settings."""

    runtime: Annotated[RuntimeName, Field(description="The runtime that executes the network.")]
    precision: Annotated[Precision, Field(description="The arithmetic of the network's matrix products.")]
    batch_size: Annotated[int, Field(description="Images in one call.")]
    batch_policy: Annotated[
        BatchPolicy, Field(description="Whether the request set the batch size, or the device's memory did.")
    ]
    threads: Annotated[
        int | None,
        Field(description="CPU threads of one client. Absent if a source does not state the number."),
    ] = None
    device: Annotated[Device, Field(description="Whether a CPU or a GPU executes the network.")]
    layout: Annotated[
        Layout, Field(description="Order of the image tensor's dimensions in memory, as `nchw`.")
    ]
    compiled: Annotated[bool, Field(description="Whether the network was compiled by torch.compile.")]
    arena: Annotated[
        bool | None,
        Field(
            description="Whether ONNX Runtime keeps the memory that it freed. Absent for other runtimes and "
            "where a source does not state it."
        ),
    ] = None
    scenario: Annotated[Scenario, Field(description="What is repeated: inference calls or training steps.")]
    clients: Annotated[int, Field(description="Number of clients that call the network at once.")]
