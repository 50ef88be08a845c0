"""Measurements."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.common.fields import MetricSchema, Page
from app.contract.evidence.samples import SampleView
from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Precision, Provenance, Status


class EnvironmentView(BaseModel):
    """Versions and settings of a machine that may change between measurements. Absent fields are unknown."""

    runtime_version: Annotated[str, Field(description="Name and version of the runtime.")]
    driver: Annotated[str | None, Field(description="Version of the GPU's driver or of CUDA.")] = None
    kernel: Annotated[str | None, Field(description="Version of the operating system's kernel.")] = None
    governor: Annotated[str | None, Field(description="The kernel's CPU frequency governor.")] = None


class ArtefactView(BaseModel):
    """The file that is deployed."""

    format: Annotated[str, Field(description="Format of the file, as onnx.")]
    precision: Annotated[Precision, Field(description="The arithmetic that the file was made for.")]
    toolchain: Annotated[str, Field(description="Names and versions of the tools that made the file.")]
    bytes: Annotated[int, Field(description="Size of the file, in bytes.")]
    sha256: Annotated[str, Field(description="SHA-256 digest of the file, in hexadecimal digits.")]
    deviation: Annotated[
        float | None,
        Field(
            description="Largest error of the file's output against torch's fp32 output, as a share of the "
            "largest output. Absent if the file holds torch's own weights."
        ),
    ] = None


class WithdrawalView(BaseModel):
    """Why and when a measurement was withdrawn."""

    reason: Annotated[str, Field(description="Why the measurement is not to be used.")]
    at: Annotated[datetime, Field(description="Time of the withdrawal.")]


class MeasurementView(BaseModel):
    """One case with its outcome: numbers, or the reason why the case has no numbers."""

    id: Annotated[str, Field(description="Id of the measurement.")]
    architecture: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    form: Annotated[Form, Field(description="Whether the network was in its deployed or its training form.")]
    num_classes: Annotated[int, Field(description="Number of classes of the network's classifier.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    in_chans: Annotated[int, Field(description="Number of channels of the input. Colour images have 3.")]
    configuration: Annotated[Configuration, Field(description="How the network was run.")]
    target: Annotated[str, Field(description="Id of the target that was measured.")]
    environment: Annotated[EnvironmentView, Field(description="Versions and settings of the machine.")]
    artefact: Annotated[ArtefactView | None, Field(description="The file that was run.")] = None
    provenance: Annotated[Provenance, Field(description="Origin of the numbers.")]
    status: Annotated[Status, Field(description="Whether the case has numbers.")]
    reason: Annotated[FailureReason | None, Field(description="Why the case has no numbers.")] = None
    detail: Annotated[
        str | None, Field(description="The complaint of the runtime or the system, if the case failed.")
    ] = None
    remedy: Annotated[str | None, Field(description="What to do about the failure.")] = None
    protocol: Annotated[str, Field(description="Name and version of the rules of measuring.")]
    protocol_version: Annotated[
        int | None,
        Field(description="Version of archrank's rules of measuring. Absent if another program measured."),
    ] = None
    measured_at: Annotated[
        datetime,
        Field(description="Time of the measurement. For a published one, the earliest possible time."),
    ]
    withdrawn: Annotated[
        WithdrawalView | None,
        Field(description="Present if the measurement was withdrawn. It is kept, and no answer uses it."),
    ] = None
    source: Annotated[str, Field(description="The program or the published file that gave the numbers.")]
    uploaded_by: Annotated[
        str | None,
        Field(description="Name of the key that uploaded the measurement. Absent if it was not uploaded."),
    ] = None
    doubts: Annotated[list[Doubt], Field(description="Reasons to distrust the numbers.")]
    precision_met: Annotated[
        bool | None,
        Field(
            description="Whether the interval of the latency is as narrow as the campaign required. Absent "
            "if the measurement has no interval."
        ),
    ] = None
    metrics: Annotated[dict[Metric, MetricSchema], Field(description="Every number of the case, by metric.")]
    absent: Annotated[
        dict[Metric, str], Field(description="Why a metric has no number in the measurement, by metric.")
    ] = {}
    samples: Annotated[
        list[SampleView] | None,
        Field(description="What each process recorded. Present if the request asks for samples."),
    ] = None
    set_aside: Annotated[
        list[SampleView] | None,
        Field(
            description="Samples of disturbed processes, which were repeated and count for no number. "
            "Present if the request asks for samples."
        ),
    ] = None


class MeasurementPage(Page):
    """A page of measurements."""

    items: Annotated[
        list[MeasurementView], Field(description="Measurements, the one that arrived last first.")
    ]
