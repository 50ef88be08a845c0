"""The contract of the API (version 1): what an answer holds. Requests: requests.py."""

from datetime import datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    Field,
)

from app.objective import Scheme
from app.requests import BoundSchema, WeightsSchema
from app.training_plan import Topic
from catalog.metrics import Metric
from catalog.vocabulary import (
    BatchPolicy,
    Device,
    Doubt,
    FailureReason,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)

_REVISION = "Revision of the catalog that the answer was computed from."


class MetricSchema(BaseModel):
    """A number in the unit of its metric, with its interval and its origin."""

    value: Annotated[float, Field(description="The number, in the unit of its metric.")]
    low: Annotated[
        float | None, Field(description="Lower end of the interval. Absent if the number has no interval.")
    ] = None
    high: Annotated[
        float | None, Field(description="Upper end of the interval. Absent if the number has no interval.")
    ] = None
    level: Annotated[
        float | None,
        Field(description="Confidence level of the interval, as 0.95. Absent if the number has no interval."),
    ] = None
    processes: Annotated[
        int | None, Field(description="Number of processes that the interval was computed from.")
    ] = None
    provenance: Annotated[Provenance, Field(description="Origin of the number.")]
    doubts: Annotated[list[Doubt], Field(description="Reasons to distrust the number.")] = []
    measured_at: Annotated[
        datetime | None,
        Field(description="Time of the measurement. For a published number, the earliest possible time."),
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


class CandidateView(BaseModel):
    """A checkpoint at an input size in a configuration, with its numbers."""

    architecture: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    checkpoint: Annotated[
        str | None,
        Field(
            description="Name of the pretrained weights. Absent if the architecture has none at this size."
        ),
    ] = None
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[ConfigurationView, Field(description="How the network is run.")]
    metrics: Annotated[
        dict[Metric, MetricSchema], Field(description="Every known number of the candidate, by metric.")
    ]
    slack: Annotated[
        dict[Metric, float],
        Field(
            description="Distance of each bounded metric to its bound, in the metric's unit. Positive values "
            "are inside the bound, negative values outside."
        ),
    ]
    binding: Annotated[
        Metric | None, Field(description="The bounded metric with the smallest slack relative to its bound.")
    ] = None
    fit_probability: Annotated[
        float | None,
        Field(
            description="Probability that the candidate keeps every bound, computed as if its numbers were "
            "independent."
        ),
    ] = None


class SourceView(BaseModel):
    """A publication, page or measurement that advice rests on."""

    title: Annotated[str, Field(description="Title of the source.")]
    url: Annotated[str | None, Field(description="Address of the source, if it has one.")] = None


class AdviceView(BaseModel):
    """One line of a training plan. It is advice and was not measured on the user's images."""

    topic: Annotated[Topic, Field(description="What the advice is about.")]
    value: Annotated[
        float | int | str | None,
        Field(description="The recommended setting. Absent if more must be known to choose it."),
    ] = None
    unit: Annotated[str | None, Field(description="Unit of the recommended setting, if it has one.")] = None
    parameters: Annotated[
        dict[str, float | str],
        Field(description="Further settings, and the numbers that the advice was computed from."),
    ]
    text: Annotated[str, Field(description="The advice in words.")]
    provenance: Annotated[
        str,
        Field(
            description="`advice` if the line rests on its sources alone, else also what it was computed "
            "from."
        ),
    ]
    sources: Annotated[list[SourceView], Field(description="Publications and runs that the advice rests on.")]


class RecommendationView(CandidateView):
    """A candidate that keeps the budget, with its rank and the reasons for the rank."""

    rank: Annotated[
        int,
        Field(
            description="Place in the ranking, from 1. Candidates share a rank if their 95 % intervals of "
            "the objective overlap."
        ),
    ]
    shares_rank_with: Annotated[int, Field(description="Number of other candidates with the same rank.")]
    on_frontier: Annotated[
        bool,
        Field(
            description="Whether no fitting candidate is at least as good in the objective and every bounded "
            "metric, and better in one."
        ),
    ]
    dominators: Annotated[
        int,
        Field(
            description="Number of fitting candidates that are at least as good in every compared metric and "
            "better in one."
        ),
    ]
    dominated_by: Annotated[
        list[str],
        Field(description="Names of up to three candidates that dominate the candidate, the best one first."),
    ] = []
    enlargement: Annotated[
        float | None,
        Field(
            description="Factor by which the short side of the typical image must grow to fill the input. 1 "
            "if the image is large enough."
        ),
    ] = None
    score: Annotated[
        float | None,
        Field(
            description="Weighted sum of the utilities, from 0 to 1. Absent if a metric of the objective is "
            "unknown."
        ),
    ] = None
    utilities: Annotated[
        dict[Metric, float],
        Field(
            description="Each metric of the objective on a scale from 0, the worst, to 1, the best. The "
            "scale spans the fitting candidates, or with several metrics their Pareto frontier. Quantities "
            "are scaled by their logarithm, accuracies linearly, and with the objective `knee` every metric "
            "linearly."
        ),
    ] = {}
    reasons: Annotated[list[str], Field(description="Sentences that say why the candidate has its rank.")]
    reproduce: Annotated[
        str | None, Field(description="The command that measures the candidate again on its target.")
    ] = None
    training_plan: Annotated[
        list[AdviceView] | None,
        Field(description="Advice on fine-tuning the candidate. Present if the request includes it."),
    ] = None


class RelaxationView(BaseModel):
    """The smallest change of one side of one bound that admits another candidate."""

    metric: Annotated[Metric, Field(description="The metric whose bound would change.")]
    side: Annotated[str, Field(description="`min` or `max`: the side of the bound that would change.")]
    bound: Annotated[float, Field(description="The changed bound, in the metric's unit.")]
    admits: Annotated[str, Field(description="Name of the candidate that the changed bound admits.")]


class JointRelaxationView(BaseModel):
    """The smallest widening of all bounds by one common share that admits a candidate."""

    factor: Annotated[
        float, Field(description="Share by which every bound is widened. 0.1 makes each bound 10 % wider.")
    ]
    budget: Annotated[dict[Metric, BoundSchema], Field(description="The widened bounds, by metric.")]
    admits: Annotated[str, Field(description="Name of the candidate that the widened budget admits.")]


class FewestRelaxationView(BaseModel):
    """The budget that admits a candidate and changes as few bounds as possible."""

    metrics: Annotated[list[Metric], Field(description="Metrics whose bounds were changed.")]
    budget: Annotated[
        dict[Metric, BoundSchema], Field(description="All bounds by metric, changed and unchanged ones.")
    ]
    admits: Annotated[str, Field(description="Name of the candidate that the changed budget admits.")]


class TogetherView(BaseModel):
    """Number of candidates that exactly one combination of bounds eliminated."""

    metrics: Annotated[
        list[Metric], Field(description="Metrics of every bound that the counted candidates break.")
    ]
    count: Annotated[int, Field(description="Number of candidates that break exactly the named bounds.")]


class RecommendationResponse(BaseModel):
    """Ranked candidates, why other candidates were eliminated, and which bounds to relax."""

    recommendations: Annotated[
        list[RecommendationView], Field(description="Candidates that keep the budget, the best one first.")
    ]
    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    objective: Annotated[
        Metric | Scheme | WeightsSchema, Field(description="The objective that the candidates are ranked by.")
    ]
    weights: Annotated[
        dict[Metric, float], Field(description="Weight of each metric of the objective. Weights sum to 1.")
    ]
    considered: Annotated[
        int, Field(description="Number of candidates that passed the filters, before the budget was applied.")
    ]
    fitting: Annotated[
        int, Field(description="Number of considered candidates that keep every bound, before collapsing.")
    ]
    undecided: Annotated[
        int,
        Field(
            description="Number of considered candidates that break no bound but lack the number of a "
            "bounded metric."
        ),
    ]
    failed: Annotated[int, Field(description="Number of considered candidates whose measurement failed.")]
    eliminated: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break each bound. A candidate that breaks several bounds "
            "is counted for each."
        ),
    ]
    eliminated_only_by: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break the bound on this metric and keep all other bounds."
        ),
    ]
    eliminated_together: Annotated[
        list[TogetherView],
        Field(
            description="Number of candidates for each combination of broken bounds. Each candidate is "
            "counted once. Only the 20 most frequent combinations are listed."
        ),
    ]
    unknown: Annotated[
        dict[Metric, int],
        Field(description="Number of candidates that lack the number of each bounded metric."),
    ]
    unknown_remedies: Annotated[
        dict[Metric, str], Field(description="How to get the numbers that candidates lack, by metric.")
    ]
    required_probability: Annotated[
        float | None,
        Field(
            description="Probability of keeping the budget that each candidate needs by itself, so that all "
            "recommended candidates together reach the requested `confidence`."
        ),
    ] = None
    near_misses: Annotated[
        list[CandidateView],
        Field(
            description="Nearest candidates outside the budget, the nearest one first. Each is of another "
            "architecture, and no candidate of that architecture fits."
        ),
    ]
    relaxations: Annotated[
        list[RelaxationView],
        Field(description="Smallest change of each side of each bound that admits another candidate."),
    ]
    joint_relaxation: Annotated[
        JointRelaxationView | None,
        Field(
            description="Smallest widening of all bounds by one share. Absent if a candidate fits already."
        ),
    ] = None
    fewest_relaxation: Annotated[
        FewestRelaxationView | None,
        Field(description="Change of as few bounds as possible. Absent if a candidate fits already."),
    ] = None
    catalog_revision: Annotated[int, Field(description=_REVISION)]


class PlacementView(CandidateView):
    """A target and configuration that run the checkpoint within the budget."""

    target: Annotated[str, Field(description="Id of the target.")]


class PlacementTargetView(BaseModel):
    """What became of the checkpoint's candidates on one target."""

    target: Annotated[str, Field(description="Id of the target.")]
    considered: Annotated[
        int, Field(description="Number of candidates that passed the filters, before the budget was applied.")
    ]
    fitting: Annotated[int, Field(description="Number of considered candidates that keep every bound.")]
    eliminated: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break each bound. A candidate that breaks several bounds "
            "is counted for each."
        ),
    ]
    unknown: Annotated[
        dict[Metric, int],
        Field(description="Number of candidates that lack the number of each bounded metric."),
    ]
    near_miss: Annotated[
        CandidateView | None,
        Field(description="The nearest candidate outside the budget. Absent if a candidate fits."),
    ] = None


class PlacementsResponse(BaseModel):
    """Targets and configurations on which a checkpoint keeps a budget. Targets without any number of the
    checkpoint are not listed."""

    checkpoint: Annotated[str, Field(description="The checkpoint or architecture that was asked for.")]
    placements: Annotated[
        list[PlacementView], Field(description="Configurations that keep the budget, on every asked target.")
    ]
    targets: Annotated[
        list[PlacementTargetView], Field(description="What became of the candidates on each target.")
    ]
    catalog_revision: Annotated[int, Field(description=_REVISION)]


class SideView(BaseModel):
    """One compared name and the candidate that represents it: the most accurate one, in its fastest
    configuration."""

    asked: Annotated[str, Field(description="The checkpoint or architecture that was asked for.")]
    candidate: Annotated[
        CandidateView | None,
        Field(description="The candidate that is compared. Absent if the target has no number for the name."),
    ] = None


class CompareResponse(BaseModel):
    """Candidates side by side."""

    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    items: Annotated[list[SideView], Field(description="The compared candidates, in the order asked for.")]
    best: Annotated[dict[Metric, str], Field(description="The name with the best number, by metric.")]
    catalog_revision: Annotated[int, Field(description=_REVISION)]


class FrontierResponse(BaseModel):
    """The candidates that no candidate dominates, from the best in the first metric to the worst."""

    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    metrics: Annotated[list[Metric], Field(description="The two metrics of the frontier.")]
    items: Annotated[
        list[CandidateView], Field(description="The frontier, ordered from the best in the first metric.")
    ]
    considered: Annotated[int, Field(description="Number of candidates that passed the filters.")]
    unknown: Annotated[int, Field(description="Number of candidates that lack one of the two metrics.")]
    catalog_revision: Annotated[int, Field(description=_REVISION)]


class TargetView(BaseModel):
    """Hardware that the catalog has numbers for."""

    id: Annotated[str, Field(description="Id of the target, as requests name it.")]
    alias: Annotated[
        str | None, Field(description="`local` if the target is the machine that answers. Absent otherwise.")
    ] = None
    kind: Annotated[Device, Field(description="Whether the target is a CPU or a GPU.")]
    label: Annotated[str, Field(description="Name of the hardware, for people.")]
    identity: Annotated[
        dict[str, str | int],
        Field(description="Properties that make two machines the same hardware, as the model's name."),
    ]


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


class CanaryView(BaseModel):
    """Times of fixed kernels that ran between the samples. Slow kernels show a disturbed machine."""

    compute_ns: Annotated[
        list[int], Field(description="Times of the kernel that is bound by computing, in nanoseconds.")
    ]
    memory_ns: Annotated[
        list[int], Field(description="Times of the kernel that is bound by memory, in nanoseconds.")
    ]
    quiet_compute_ns: Annotated[
        float | None,
        Field(
            description="Time of the computing kernel on the quiet target, in nanoseconds. Absent if unknown."
        ),
    ]
    quiet_memory_ns: Annotated[
        float | None,
        Field(
            description="Time of the memory kernel on the quiet target, in nanoseconds. Absent if unknown."
        ),
    ]


class CpuClockView(BaseModel):
    """A reading of the clock of the CPUs that the process may use."""

    mhz: Annotated[float | None, Field(description="Mean clock of the CPUs, in MHz. Absent if unknown.")]
    throttles: Annotated[
        int | None,
        Field(description="How often heat or power limits throttled the CPUs since boot. Absent if unknown."),
    ]


class DeviceReadingView(BaseModel):
    """What an accelerator reported about one process."""

    allocated_bytes: Annotated[
        int | None, Field(description="Peak memory of tensors, in bytes. Absent if unknown.")
    ]
    reserved_bytes: Annotated[
        int | None, Field(description="Peak memory of the runtime's allocator, in bytes. Absent if unknown.")
    ]
    used_bytes: Annotated[
        int | None,
        Field(
            description="Peak memory that the driver counts for the process, or for the whole device if the "
            "driver counts no process, in bytes. Absent if unknown."
        ),
    ]
    sm_clocks_mhz: Annotated[
        list[int],
        Field(description="Clock of the multiprocessors from before to after the samples, in MHz."),
    ]
    slowdowns: Annotated[
        list[str], Field(description="The driver's reasons for a lower clock during the samples.")
    ]
    event_ns: Annotated[
        list[int],
        Field(description="The device's own times of the calls, in nanoseconds. Empty if none were kept."),
    ] = []


class SampleView(BaseModel):
    """What one fresh process recorded."""

    wall_ns: Annotated[list[int], Field(description="Wall time of every call, in nanoseconds.")]
    cpu_ns: Annotated[list[int], Field(description="CPU time of every call, in nanoseconds.")]
    warm_up_calls: Annotated[int, Field(description="Number of calls before the first one that counts.")]
    warm_up_settled: Annotated[
        bool, Field(description="Whether the last two windows of the warm-up agreed with one another.")
    ]
    imported_bytes: Annotated[
        int | None, Field(description="Peak resident memory after the imports, in bytes. Absent if unknown.")
    ]
    loaded_bytes: Annotated[
        int | None,
        Field(description="Peak resident memory after loading the network, in bytes. Absent if unknown."),
    ]
    peak_bytes: Annotated[
        int | None, Field(description="Peak resident memory of the process, in bytes. Absent if unknown.")
    ]
    foreign_cpus: Annotated[
        float, Field(description="Mean number of CPUs that other processes kept busy during the samples.")
    ]
    deviation: Annotated[
        float | None,
        Field(
            description="Largest error of the process's output against torch's fp32 output, as a share of "
            "the largest output. Absent if nothing was compared."
        ),
    ]
    affinity: Annotated[list[int], Field(description="Numbers of the CPUs that the process may use.")]
    started_at: Annotated[str, Field(description="Start of the process, as an ISO 8601 time.")]
    seconds: Annotated[
        dict[str, float], Field(description="Duration of each phase of the process, in seconds.")
    ]
    span_ns: Annotated[
        int | None,
        Field(
            description="Time from the start of the first call to the end of the last, in nanoseconds. "
            "Absent if calls do not overlap."
        ),
    ] = None
    canary: Annotated[
        CanaryView | None, Field(description="Times of fixed kernels that ran between the samples.")
    ] = None
    clocks: Annotated[
        list[CpuClockView],
        Field(description="CPU clocks read once before the warm-up, between the samples and after the last."),
    ] = []
    device: Annotated[
        DeviceReadingView | None, Field(description="What the accelerator reported, if one was used.")
    ] = None


class MeasurementView(BaseModel):
    """One case with its outcome: numbers, or the reason why the case has no numbers."""

    id: Annotated[str, Field(description="Id of the measurement.")]
    architecture: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    form: Annotated[Form, Field(description="Whether the network was in its deployed or its training form.")]
    num_classes: Annotated[int, Field(description="Number of classes of the network's classifier.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[ConfigurationView, Field(description="How the network was run.")]
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
    measured_at: Annotated[
        datetime,
        Field(description="Time of the measurement. For a published one, the earliest possible time."),
    ]
    source: Annotated[str, Field(description="The program or the published file that gave the numbers.")]
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


class AccuracyView(BaseModel):
    """Published accuracy of a checkpoint on one data set, in percent."""

    dataset: Annotated[str, Field(description="Data set that the accuracy was measured on.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    crop_pct: Annotated[
        float, Field(description="Share of the resized image that was cropped for the input.")
    ]
    interpolation: Annotated[str, Field(description="How images were resized, as bicubic.")]
    precision: Annotated[Precision, Field(description="The arithmetic that the accuracy was measured in.")]
    top1: Annotated[float, Field(description="Top-1 accuracy, in percent.")]
    top5: Annotated[float, Field(description="Top-5 accuracy, in percent.")]
    provenance: Annotated[Provenance, Field(description="Origin of the accuracy.")]
    source: Annotated[str, Field(description="The published file that states the accuracy.")]


class LicenseView(BaseModel):
    """A licence as archrank reads it. The reading is not legal advice."""

    id: Annotated[str, Field(description="SPDX identifier, or the name that the authors gave the licence.")]
    title: Annotated[str, Field(description="Full name of the licence.")]
    commercial_use: Annotated[
        bool | None,
        Field(
            description="Whether the text allows commercial use. Absent if the text leaves the question "
            "open, which is never treated as allowed."
        ),
    ] = None
    reading: Annotated[str, Field(description="What the licence allows and requires, in a few words.")]
    url: Annotated[str, Field(description="Address of the licence's text.")]


class CheckpointView(BaseModel):
    """One set of pretrained weights. Absent fields are unknown."""

    name: Annotated[str, Field(description="Name of the checkpoint: the architecture, a dot and a tag.")]
    num_classes: Annotated[int | None, Field(description="Number of classes of the classifier.")] = None
    license: Annotated[
        str | None, Field(description="SPDX identifier, or the name that the authors gave the licence.")
    ] = None
    commercial_use: Annotated[
        bool | None,
        Field(
            description="Whether the licence allows commercial use. Absent if unclear or unknown, which is "
            "never treated as allowed."
        ),
    ] = None
    license_dispute: Annotated[
        str | None, Field(description="Why the licence that timm's configuration names is in doubt.")
    ] = None
    training_data: Annotated[
        list[str],
        Field(
            description="Data sets from pretraining to fine-tuning. Empty if the training data is unknown."
        ),
    ]
    training_methods: Annotated[
        list[str], Field(description="How the weights were trained, as supervised. Empty if unknown.")
    ]
    native_size: Annotated[
        int | None, Field(description="Default height and width of the input, in pixels.")
    ] = None
    hub_id: Annotated[
        str | None, Field(description="Repository of the checkpoint on the Hugging Face Hub.")
    ] = None
    accuracies: Annotated[
        list[AccuracyView], Field(description="Published accuracies by data set and input size.")
    ]


class WorkloadView(BaseModel):
    """Counts of an architecture at one input size, or the reason why nothing could be counted."""

    form: Annotated[Form, Field(description="Whether the network was in its deployed or its training form.")]
    num_classes: Annotated[int, Field(description="Number of classes of the network's classifier.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    metrics: Annotated[dict[Metric, MetricSchema], Field(description="The counted numbers, by metric.")]
    operators: Annotated[
        dict[str, float],
        Field(description="Multiply-accumulates of one image by operator, in units of 10^9."),
    ] = {}
    operator_calls: Annotated[dict[str, int], Field(description="Number of calls of each operator.")] = {}
    count_failure: Annotated[str | None, Field(description="Why nothing could be counted.")] = None
    source: Annotated[str | None, Field(description="Name and version of the program that counted.")] = None


class StageView(BaseModel):
    """A feature map that a detection or segmentation head can use."""

    stride: Annotated[int, Field(description="Stride of the feature map, in pixels of the input.")]
    channels: Annotated[int, Field(description="Number of channels of the feature map.")]


class MostAccurateView(BaseModel):
    """The best published ImageNet top-1 accuracy among an architecture's checkpoints."""

    checkpoint: Annotated[str, Field(description="Name of the most accurate checkpoint.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    top1: Annotated[float, Field(description="ImageNet top-1 accuracy, in percent.")]


class ArchitectureView(BaseModel):
    """An architecture with the counts of its default workload. Absent fields are unknown."""

    name: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    family: Annotated[str | None, Field(description="Family of the architecture: the module of timm.")] = None
    year: Annotated[int | None, Field(description="Year of the paper that introduced the architecture.")] = (
        None
    )
    tags: Annotated[list[str], Field(description="Words to search by, as transformer.")]
    native_size: Annotated[
        int | None, Field(description="Default height and width of the input, in pixels.")
    ] = None
    metrics: Annotated[
        dict[Metric, MetricSchema],
        Field(description="Counts at the native input size with the default classifier, by metric."),
    ]


class ArchitectureItem(ArchitectureView):
    """An architecture as a list shows it."""

    most_accurate: Annotated[
        MostAccurateView | None,
        Field(description="The checkpoint with the best published ImageNet top-1 accuracy."),
    ] = None
    checkpoints: Annotated[int, Field(description="Number of the architecture's pretrained checkpoints.")]


class ClaimView(BaseModel):
    """A statement about a family that is checked against the catalog's own numbers."""

    text: Annotated[str, Field(description="The statement in words.")]
    metric: Annotated[Metric, Field(description="The metric that the statement compares.")]
    target: Annotated[
        str | None, Field(description="Id of the target that the statement is about, if it needs one.")
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


class BatchPointView(BaseModel):
    """One batch size of a curve, with its numbers or the reason why it has no numbers."""

    batch_size: Annotated[int, Field(description="Images in one call or training step.")]
    throughput: Annotated[MetricSchema | None, Field(description="Images per second.")] = None
    memory: Annotated[MetricSchema | None, Field(description="Peak memory, in MB of 10^6 bytes.")] = None
    reason: Annotated[FailureReason | None, Field(description="Why the batch size has no numbers.")] = None


class BatchCurveView(BaseModel):
    """Throughput and peak memory of one configuration against its batch size."""

    target: Annotated[str, Field(description="Id of the target that was measured.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[
        ConfigurationView, Field(description="How the network was run, with the smallest batch of the curve.")
    ]
    environment: Annotated[EnvironmentView, Field(description="Versions and settings of the machine.")]
    metrics: Annotated[
        tuple[Metric, Metric], Field(description="The metrics of `throughput` and of `memory` in the points.")
    ]
    points: Annotated[list[BatchPointView], Field(description="The curve, from the smallest batch upwards.")]


class CardView(ArchitectureView):
    """The profile card: everything that the catalog knows about an architecture."""

    paper: Annotated[
        str | None, Field(description="Title of the paper that introduced the architecture.")
    ] = None
    default_tag: Annotated[
        str | None, Field(description="Tag of the checkpoint that timm loads by default.")
    ] = None
    fixed_input: Annotated[
        bool | None, Field(description="Whether timm can load the weights at the native input size only.")
    ] = None
    stages: Annotated[
        list[StageView],
        Field(description="Feature maps for detection and segmentation heads, fine to coarse."),
    ]
    families: Annotated[
        list[FamilyView], Field(description="Families of the architecture, the most specific one first.")
    ]
    licenses: Annotated[list[LicenseView], Field(description="Licences of the architecture's checkpoints.")]
    workloads: Annotated[
        list[WorkloadView], Field(description="Counts at every input size and form that was counted.")
    ]
    checkpoints: Annotated[
        list[CheckpointView], Field(description="Pretrained checkpoints of the architecture.")
    ]
    measurements: Annotated[
        list[MeasurementView], Field(description="Measured and published numbers on every target.")
    ]
    batch_curves: Annotated[
        list[BatchCurveView], Field(description="Throughput and memory against the batch size.")
    ]


class Page(BaseModel):
    """A page of a list. If there is a next page, the header `Link: <...>; rel="next"` names its address."""


class ArchitecturePage(Page):
    """A page of architectures."""

    items: Annotated[list[ArchitectureItem], Field(description="Architectures, ordered by name.")]


class FamilyPage(Page):
    """All families, on one page."""

    items: Annotated[list[FamilyView], Field(description="Families and subfamilies.")]


class TargetPage(Page):
    """All targets, on one page."""

    items: Annotated[list[TargetView], Field(description="Targets, ordered by id.")]


class MeasurementPage(Page):
    """A page of measurements."""

    items: Annotated[list[MeasurementView], Field(description="Measurements, the newest one first.")]


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: Annotated[str, Field(description="Path of the field, as budget.latency_ms, or `body`.")]
    detail: Annotated[str, Field(description="What is wrong with the field.")]
    allowed: Annotated[
        list[str] | None, Field(description="What the field may be, if that can be listed.")
    ] = None


class Problem(BaseModel):
    """An error as problem details of RFC 9457."""

    type: Annotated[str, Field(description="Kind of problem. `about:blank` adds nothing to the status.")] = (
        "about:blank"
    )
    title: Annotated[str, Field(description="The HTTP status in words.")]
    status: Annotated[int, Field(description="The HTTP status as a number.")]
    detail: Annotated[str, Field(description="What went wrong, and what to do next.")]
    instance: Annotated[str, Field(description="Path of the request.")]
    errors: Annotated[list[Fault], Field(description="Each thing that is wrong with the request.")] = []
