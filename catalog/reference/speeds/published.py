"""The hardware, configuration and workload of each line in timm's speed tables.

A line is kept only where its parameter count equals the one counted of a workload with its name and input
size. Networks change under their names, and a speed belongs to the network that was timed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from catalog.entities.configurations import Configuration, Environment, Target
from catalog.entities.identity import architecture_of, slug
from catalog.entities.measurements import Measurement, MetricValue, Success
from catalog.entities.networks import IMAGENET_CLASSES, CountedWorkload, Workload
from catalog.errors import SourceTableError
from catalog.reference.speeds.run_differences import RunClass, RunDifference, RunDifferences
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import (
    BatchPolicy,
    Device,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
)

PROTOCOL = "timm benchmark.py"
_DOUBTS = (Doubt.MEAN_OF_CALLS, Doubt.UNDATED)
_NAME = re.compile(
    r"benchmark-(?P<phase>infer|train)-(?P<precision>\w+)-(?P<layout>nchw|nhwc)-pt(?P<torch>\d+)"
    r"-(?P<backend>cpu|cu\d+)-(?P<hardware>\w+?)(?P<compiled>-dynamo)?\.csv"
)
_PRECISIONS = {
    "fp32": Precision.FP32,
    "bf16": Precision.BF16,
    "fp16": Precision.FP16,
    "amp": Precision.AMP_FP16,  # autocast on CUDA casts to fp16 by default
    "amp_bf16": Precision.AMP_BF16,
}
# PyTorch's releases, as its release notes date them. No line can have been measured earlier.
_RELEASES = {
    "110": ("1.10", datetime(2021, 10, 21, tzinfo=UTC)),
    "111": ("1.11", datetime(2022, 3, 10, tzinfo=UTC)),
    "112": ("1.12", datetime(2022, 6, 28, tzinfo=UTC)),
    "113": ("1.13", datetime(2022, 10, 28, tzinfo=UTC)),
    "210": ("2.1.0", datetime(2023, 10, 4, tzinfo=UTC)),
    "221": ("2.2.1", datetime(2024, 2, 22, tzinfo=UTC)),
    "240": ("2.4.0", datetime(2024, 7, 24, tzinfo=UTC)),
    "291": ("2.9.1", datetime(2025, 11, 12, tzinfo=UTC)),
}
_NO_DIFFERENCES: RunDifferences = MappingProxyType({})
# Readers run this major release of PyTorch, or will.
_TODAYS_MAJOR_RELEASE = max(version.partition(".")[0] for version, _ in _RELEASES.values())
RTX_3090 = Target("rtx-3090", Device.CUDA, "NVIDIA GeForce RTX 3090", {"model_name": "GeForce RTX 3090"})
RTX_4090 = Target("rtx-4090", Device.CUDA, "NVIDIA GeForce RTX 4090", {"model_name": "GeForce RTX 4090"})
_RTX_5090 = Target("rtx-5090", Device.CUDA, "NVIDIA GeForce RTX 5090", {"model_name": "GeForce RTX 5090"})
RTX_PRO_6000 = Target(
    "rtx-pro-6000-max-q",
    Device.CUDA,
    "NVIDIA RTX PRO 6000 Blackwell Max-Q",
    {"model_name": "RTX PRO 6000 Blackwell Max-Q"},
)
_I9_10940X = Target("i9-10940x", Device.CPU, "Intel Core i9-10940X", {"model_name": "Core i9-10940X"})
_I7_12700H = Target("i7-12700h", Device.CPU, "Intel Core i7-12700H", {"model_name": "Core i7-12700H"})
_HARDWARE = {
    "rtx3090": RTX_3090,
    "rtx4090": RTX_4090,
    "4090": RTX_4090,
    "rtx5090": _RTX_5090,
    "5090": _RTX_5090,
    "pro6000maxq": RTX_PRO_6000,
    "i9_10940x": _I9_10940X,
    "i7_12700h": _I7_12700H,
}
# Parameter counts are printed in millions with two decimals.
_ROUNDING_M = 0.0051


@dataclass(frozen=True)
class SpeedTable:
    """What every line of a table shares. `measured_from` is the earliest day that it can be of."""

    target: Target
    environment: Environment
    scenario: Scenario
    precision: Precision
    layout: Layout
    compiled: bool
    measured_from: datetime

    @property
    def series(self) -> tuple[object, ...]:
        """What the runs of one configuration on one machine have in common."""
        return self.target.id, self.scenario, self.precision, self.layout, self.compiled

    @property
    def major_release(self) -> str:
        """The major release of the framework, as `2`."""
        return next(filter(str.isdigit, self.environment.runtime_version))

    @property
    def run_class(self) -> RunClass:
        """The class of the pair that a run of this table makes with a reader's run."""
        configuration = self.configuration(1)
        apart = self.major_release != _TODAYS_MAJOR_RELEASE
        return RunClass(configuration.device, configuration.batch_policy, apart)

    def configuration(self, batch_size: int) -> Configuration:
        """The configuration of a line with this batch size.

        timm does not state the CPU threads. On a GPU, the batch was shrunk until it fitted.
        """
        on_gpu = self.target.kind is Device.CUDA
        return Configuration(
            runtime=RuntimeName.PYTORCH,
            precision=self.precision,
            batch_size=batch_size,
            threads=None,
            device=self.target.kind,
            layout=self.layout,
            compiled=self.compiled,
            scenario=self.scenario,
            batch_policy=BatchPolicy.LARGEST_FITTING if on_gpu else BatchPolicy.FIXED,
        )


@dataclass(frozen=True)
class WorkloadIndex:
    """Which workload a line is of.

    `workloads` has the counted workloads with their parameters (M), by architecture and input size. `aliases`
    leads from a name that timm gave up to the checkpoint or architecture of today.
    """

    workloads: Mapping[tuple[str, int], Sequence[tuple[float, Workload]]]
    aliases: Mapping[str, str]

    @classmethod
    def of(cls, counted: Iterable[CountedWorkload], aliases: Mapping[str, str]) -> "WorkloadIndex":
        """Index the counted workloads."""
        workloads: dict[tuple[str, int], list[tuple[float, Workload]]] = {}
        for entry in counted:
            if entry.counts is not None:
                key = entry.workload.architecture, entry.workload.input_size
                workloads.setdefault(key, []).append((entry.counts.params_m, entry.workload))
        return cls(workloads, aliases)

    def workload(self, row: SpeedRow, form: Form) -> Workload | None:
        """The workload that was timed. None where none has the row's parameter count.

        Of several, one of this `form` is taken.
        """
        name = architecture_of(self.aliases.get(row.model, row.model))
        matching = [
            workload
            for params_m, workload in self.workloads.get((name, row.input_size), ())
            if abs(params_m - row.params_m) < _ROUNDING_M
        ]
        if len(matching) > 1:
            matching.sort(
                key=lambda workload: (workload.form is not form, workload.num_classes != IMAGENET_CLASSES)
            )
        return matching[0] if matching else None


def describe(file_name: str) -> SpeedTable:
    """What the name of a table says of its lines. Hardware that is unknown here is a target under its own
    name.

    Raises:
        SourceTableError: the name is formed otherwise, or has a precision that is unknown here.
    """
    parts = _NAME.fullmatch(file_name)
    if parts is None:
        raise SourceTableError(
            f"{file_name} is not named as timm names its speed tables.", "Rename the file as timm names it."
        )
    precision = _PRECISIONS.get(parts["precision"])
    if precision is None:
        raise SourceTableError(
            f"{file_name}: the precision {parts['precision']!r} is unknown.",
            "Add the name to catalog/reference/speeds/published.py.",
        )
    version, released = _release(parts["torch"])
    cuda = parts["backend"].removeprefix("cu")
    return SpeedTable(
        target=_hardware(parts["hardware"], Device.CPU if cuda == "cpu" else Device.CUDA),
        environment=Environment(
            f"torch {version}", driver=None if cuda == "cpu" else f"CUDA {cuda[:2]}.{cuda[2:]}"
        ),
        scenario=Scenario.TRAINING if parts["phase"] == "train" else Scenario.SINGLE_STREAM,
        precision=precision,
        layout=Layout(parts["layout"]),
        compiled=parts["compiled"] is not None,
        measured_from=released,
    )


def readable_tables(
    speeds: Mapping[SourceFile, Sequence[SpeedRow]], refuse: Callable[[SourceTableError], None]
) -> dict[SourceFile, Sequence[SpeedRow]]:
    """The tables whose names can be read. `refuse` is told of the others."""
    readable = {}
    for source, rows in speeds.items():
        try:
            describe(source.name)
        except SourceTableError as error:
            refuse(error)
        else:
            readable[source] = rows
    return readable


def _hardware(name: str, device: Device) -> Target:
    """The target that timm names so. Of unknown hardware, the name is all that is known."""
    known = _HARDWARE.get(name)
    if known is not None and known.kind is device:
        return known
    return Target(
        f"timm-{slug(name)}-{device}", device, f"{name} ({device}), as timm names it", {"model_name": name}
    )


def _release(digits: str) -> tuple[str, datetime]:
    """The release of PyTorch with these digits, as 240, and its date.

    Of a release that is unknown here, the date is that of the last known one before it.
    """
    if digits in _RELEASES:
        return _RELEASES[digits]
    earlier = [date for known, (_, date) in _RELEASES.items() if _in_order(known) < _in_order(digits)]
    return f"pt{digits}", max(earlier, default=min(date for _, date in _RELEASES.values()))


def _in_order(digits: str) -> tuple[int, int]:
    """The version that timm writes as these digits: 113 is 1.13, and 240 is 2.4.0, and 2101 is 2.10.1."""
    major, rest = int(digits[0]), digits[1:] if digits[0] == "1" else digits[1:-1]
    return major, int(rest or 0)


def measurements(
    source: SourceFile,
    rows: Iterable[SpeedRow],
    workloads: WorkloadIndex,
    differences: RunDifferences = _NO_DIFFERENCES,
) -> list[Measurement]:
    """The lines of the table `source` whose workload is in the index.

    Their intervals follow from what runs of their class differ by. Without that, they have none.
    """
    table, source_text = describe(source.name), str(source)
    difference = differences.get(table.run_class)
    of_interval = Doubt.NO_INTERVAL if difference is None else Doubt.LEARNT_INTERVAL
    form = Form.TRAINING if table.scenario is Scenario.TRAINING else Form.DEPLOYED
    configurations: dict[int, Configuration] = {}
    kept = []
    for row in rows:
        workload = workloads.workload(row, form)
        if workload is None:
            continue
        configuration = configurations.get(row.batch_size)
        if configuration is None:
            configuration = configurations[row.batch_size] = table.configuration(row.batch_size)
        kept.append(
            Measurement(
                workload=workload,
                configuration=configuration,
                target=table.target,
                environment=table.environment,
                provenance=Provenance.PUBLISHED,
                protocol=PROTOCOL,
                measured_at=table.measured_from,
                source=source_text,
                published_table=source.name,
                outcome=Success(
                    values=_values(row, configuration, difference), doubts=(of_interval, *_DOUBTS)
                ),
            )
        )
    return kept


def _values(
    row: SpeedRow, configuration: Configuration, difference: RunDifference | None
) -> tuple[MetricValue, ...]:
    value = MetricValue if difference is None else difference.value
    if configuration.scenario is Scenario.TRAINING:
        return (value(Metric.TRAIN_THROUGHPUT_IPS, row.images_per_s),)
    throughput = value(Metric.THROUGHPUT_IPS, row.images_per_s)
    if configuration.batch_size > 1:  # nobody waits for a batch as large as fits: its time is no latency
        return (throughput,)
    return value(Metric.LATENCY_MS, row.step_ms), throughput
