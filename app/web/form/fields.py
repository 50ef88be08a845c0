"""The fields of the form: what each is called, and which field of a request it fills.

Bounds are apart (`app.web.form.bounds`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.presentation.wording.titles import RUNTIME_TITLES
from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Scheme
from app.web.form.reading import (
    ANY,
    image_size,
    input_sizes,
    listed,
    megabytes,
    probability,
    several,
    the_only,
    weights,
    whole,
    wholes,
    yes_or_no,
)
from catalog.words.metrics import Metric
from catalog.words.optimizers import Optimizer
from catalog.words.vocabulary import BatchPolicy, Device, Layout, Precision, Provenance, RuntimeName, Scenario


class Kind(StrEnum):
    """How a field is shown."""

    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True)
class Field:
    """A field `name` of the form. `read` makes of its texts what the request has at `path`.

    `options` are the values to choose from, each with its title. The first is what an empty field means, and
    addresses leave it out. With `is_explicit`, an address holds every option. `suggests` names the list of
    names that a text field suggests.
    """

    name: str
    label: str
    path: str
    read: Callable[[Sequence[str]], object]
    kind: Kind = Kind.TEXT
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""
    example: str = ""
    suggests: str = ""
    is_explicit: bool = False


@dataclass(frozen=True)
class Group:
    """Fields that belong together, under a title."""

    key: str
    title: str
    fields: Sequence[Field] = field(default_factory=tuple)


OBJECTIVES = (
    (Metric.TOP1, "Highest accuracy"),
    (Metric.LATENCY_MS, "Shortest response time"),
    (Metric.THROUGHPUT_IPS, "Most images per second"),
    (Metric.PEAK_MEMORY_MB, "Least memory"),
    (Metric.SIZE_MB, "Smallest file"),
    (Metric.PARAMS_M, "Fewest parameters"),
    (Metric.TOP1_PER_GMAC, "Most accuracy for the computation"),
    (Scheme.BALANCED, "Balance of accuracy and what is bounded"),
    (Scheme.KNEE, "Where more accuracy begins to cost much"),
)
"""What the form offers to rank by. An address may name any other metric."""

_YES_NO = (("yes", "yes"), ("no", "no"))
_SPOKEN: dict[StrEnum, str] = {
    Scenario.SINGLE_STREAM: "one call after another",
    Scenario.CONCURRENT: "several clients at once",
    Scenario.TRAINING: "training steps",
    BatchPolicy.FIXED: "as asked",
    BatchPolicy.LARGEST_FITTING: "the largest that fits",
    Device.CPU: "processor (CPU)",
    Device.CUDA: "GPU (CUDA)",
    Provenance.MEASURED: "measured here",
    Provenance.ESTIMATED: "estimated",
    Provenance.PUBLISHED: "published",
    Collapse.ARCHITECTURE: "architecture",
    Collapse.CHECKPOINT: "set of weights",
    Collapse.CONFIGURATION: "way to run it",
}


def _titled(values: Sequence[StrEnum]) -> tuple[tuple[str, str], ...]:
    return tuple((value.value, _title(value)) for value in values)


def _title(value: StrEnum) -> str:
    if isinstance(value, RuntimeName):
        return RUNTIME_TITLES[value]
    return _SPOKEN.get(value, value.value)


GROUPS = (
    Group(
        "hardware",
        "Hardware and runtime",
        (
            Field(
                "runtime",
                "Runtime",
                "configuration.runtime",
                several,
                Kind.CHOICES,
                _titled(list(RuntimeName)),
            ),
            Field(
                "precision",
                "Precision",
                "configuration.precision",
                several,
                Kind.CHOICES,
                _titled(list(Precision)),
            ),
            Field("threads", "CPU threads", "configuration.threads", wholes, Kind.CHOICES),
            Field("batch_size", "Images in one call", "configuration.batch_size", wholes, Kind.CHOICES),
            Field(
                "evidence",
                "Where speeds come from",
                "evidence",
                several,
                Kind.CHOICES,
                _titled([Provenance.MEASURED, Provenance.ESTIMATED, Provenance.PUBLISHED]),
            ),
            Field(
                "device", "Processor", "configuration.device", several, Kind.CHOICES, _titled(list(Device))
            ),
            Field(
                "compiled",
                "Compiled by torch.compile",
                "configuration.compiled",
                yes_or_no,
                Kind.CHOICES,
                _YES_NO,
            ),
            Field(
                "layout",
                "Order of the image in memory",
                "configuration.layout",
                several,
                Kind.CHOICES,
                _titled(list(Layout)),
            ),
            Field(
                "arena",
                "Memory arena of ONNX Runtime",
                "configuration.arena",
                yes_or_no,
                Kind.CHOICES,
                _YES_NO,
            ),
            Field(
                "scenario",
                "What is timed",
                "configuration.scenario",
                several,
                Kind.CHOICES,
                _titled(list(Scenario)),
            ),
            Field("clients", "Clients at once", "configuration.clients", wholes, Kind.CHOICES),
            Field(
                "batch_policy",
                "How the batch was chosen",
                "configuration.batch_policy",
                several,
                Kind.CHOICES,
                _titled(list(BatchPolicy)),
            ),
        ),
    ),
    Group(
        "licence",
        "Licence, data and families",
        (
            Field(
                "license",
                "Commercial use must be allowed",
                "license.commercial_use",
                lambda texts: the_only(texts) == "commercial",
                Kind.FLAG,
                (("commercial", "Commercial use must be allowed"),),
                hint="An unclear licence is never treated as allowed.",
            ),
            Field(
                "license_allow",
                "Only these licences",
                "license.allow",
                listed,
                example="Apache-2.0, MIT",
                suggests="licenses",
            ),
            Field(
                "no_data", "Not trained on", "training_data.exclude", listed, example="laion", suggests="data"
            ),
            Field(
                "method",
                "Trained by",
                "training_methods.include",
                listed,
                example="supervised",
                suggests="methods",
            ),
            Field(
                "no_method",
                "Not trained by",
                "training_methods.exclude",
                listed,
                example="distillation",
                suggests="methods",
            ),
            Field(
                "family",
                "Only these families",
                "families.include",
                listed,
                example="resnet, convnext",
                suggests="families",
            ),
            Field(
                "no_family",
                "Without these families",
                "families.exclude",
                listed,
                example="vision_transformer",
                suggests="families",
            ),
            Field("tag", "Only with a tag", "tags.include", listed, example="convolutional", suggests="tags"),
            Field("no_tag", "Without a tag", "tags.exclude", listed, example="transformer", suggests="tags"),
        ),
    ),
    Group(
        "images",
        "Images",
        (
            Field(
                "typical_image",
                "Size of your images",
                "typical_image",
                image_size,
                example="640x480",
                hint="Of equal models, one whose input is nearer to your images comes first.",
            ),
            Field(
                "input_size",
                "Input of the network",
                "input_size",
                input_sizes,
                example="224 or 192-288",
                hint="In pixels.",
            ),
        ),
    ),
    Group(
        "ranking",
        "Ranking",
        (
            Field(
                "objective",
                "Best means",
                "objective",
                the_only,
                Kind.CHOICE,
                tuple((name.value, title) for name, title in OBJECTIVES),
            ),
            Field(
                "weights",
                "Or weights of several metrics",
                "objective",
                weights,
                example="top1=0.6, latency_ms=0.4",
            ),
            Field("collapse", "One row for each", "collapse", the_only, Kind.CHOICE, _titled(list(Collapse))),
            Field("limit", "Rows at most", "limit", whole, example="20"),
            Field(
                "verify",
                "Name what is worth measuring",
                "verify",
                lambda _: True,
                Kind.FLAG,
                (("yes", "Say which estimated models are worth measuring"),),
            ),
        ),
    ),
    Group(
        "plan",
        "Fine-tuning",
        (
            Field(
                "plan",
                "Training plan",
                "include",
                lambda _: ["training_plan"],
                Kind.FLAG,
                (("yes", "Add a training plan to each model"),),
            ),
            Field("images", "Your labelled images", "training.images", whole, example="20000"),
            Field(
                "validation_images",
                "Of which to validate on",
                "training.validation_images",
                whole,
                example="4000",
            ),
            Field("device_memory", "Memory of a device", "training.memory_mb", megabytes, example="24 GiB"),
            Field("devices", "Devices", "training.devices", whole, example="1"),
            Field(
                "optimizer",
                "Optimisers to describe",
                "training.optimizers",
                several,
                Kind.CHOICES,
                _titled(list(Optimizer)),
            ),
        ),
    ),
)
"""The groups of the form, in its order. Hardware itself and bounds come before."""

TARGET = Field("target", "Hardware", "target", the_only, Kind.CHOICE)
CONFIDENCE = Field(
    "confidence",
    "How sure to keep the budget",
    "confidence",
    probability,
    Kind.CHOICE,
    (
        ("0.9", "90 %: one pick in ten may break it"),
        ("0.99", "99 %: one pick in a hundred may break it"),
        ("0.5", "50 %: a coin toss"),
        (ANY, "test the numbers alone"),
    ),
    hint="Higher values recommend fewer models.",
    is_explicit=True,
)
"""Its first option is what a person gets who sets a budget and does not choose."""
FIELDS: dict[str, Field] = {
    one.name: one for one in (TARGET, CONFIDENCE, *(each for group in GROUPS for each in group.fields))
}
"""All fields but those of bounds, by their names."""

VIEWS = ("x", "y", "compare", "why")
"""What an address says of the page alone: the axes of the chart, who is compared, and who is looked up."""
