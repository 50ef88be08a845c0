"""How much is measured, and of what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.words.vocabulary import RuntimeName

ONNXRUNTIME, OPENVINO = RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO
Case = tuple[str, RuntimeName]

_DURATIONS_MS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True)
class Extent:
    """Sizes of the experiments. Runs and processes are for each case, and there for each condition."""

    same_cases: Sequence[Case]
    same_processes: int
    planted_processes: int
    pairs: int
    neighbour_cases: Sequence[Case]
    run_processes: int
    quiet_runs: int
    disturbed_runs: int
    referee_architectures: Sequence[str]
    referee_processes: int
    memory_cases: Sequence[Case]
    memory_processes: int
    duration_architecture: str
    durations_ms: Sequence[float]
    duration_processes: int
    cost_cases: Sequence[Case]
    cost_processes: int

    @property
    def architectures(self) -> tuple[str, ...]:
        cases = (*self.same_cases, *self.neighbour_cases, *self.memory_cases, *self.cost_cases)
        names = (*(name for name, _ in cases), *self.referee_architectures, self.duration_architecture)
        return tuple(dict.fromkeys(names))


_SAME = ("mobilenetv3_large_100", "resnet18", "efficientnet_b0")
FULL = Extent(
    same_cases=tuple((name, runtime) for name in _SAME for runtime in (ONNXRUNTIME, OPENVINO)),
    same_processes=40,
    planted_processes=20,
    pairs=250,
    neighbour_cases=(
        ("mobilenetv3_small_100", ONNXRUNTIME),
        ("mobilenetv3_large_100", OPENVINO),
        ("resnet18", ONNXRUNTIME),
        ("regnetx_008", OPENVINO),
    ),
    run_processes=3,
    quiet_runs=15,
    disturbed_runs=10,
    referee_architectures=(
        "convnext_atto",
        "efficientnet_b0",
        "fbnetc_100",
        "ghostnet_100",
        "mnasnet_100",
        "mobilenetv2_100",
        "mobilenetv3_large_100",
        "mobilenetv3_small_100",
        "regnetx_008",
        "resnet18",
        "resnet26",
        "vit_tiny_patch16_224",
    ),
    referee_processes=5,
    memory_cases=(("mobilenetv3_small_100", ONNXRUNTIME), ("mobilenetv3_large_100", OPENVINO)),
    memory_processes=5,
    duration_architecture="mobilenetv3_small_100",
    durations_ms=_DURATIONS_MS,
    duration_processes=3,
    cost_cases=(
        ("mobilenetv3_large_100", ONNXRUNTIME),
        ("mobilenetv3_large_100", OPENVINO),
        ("resnet18", ONNXRUNTIME),
        ("efficientnet_b0", ONNXRUNTIME),
    ),
    cost_processes=30,
)


def quick(extent: Extent) -> Extent:
    """A smoke run of it: a few minutes, no results."""
    return replace(
        extent,
        same_cases=extent.same_cases[:2],
        same_processes=12,
        planted_processes=6,
        pairs=50,
        neighbour_cases=extent.neighbour_cases[:1],
        quiet_runs=2,
        disturbed_runs=1,
        referee_architectures=extent.referee_architectures[-3:-1],
        referee_processes=2,
        memory_cases=extent.memory_cases[:1],
        memory_processes=2,
        durations_ms=extent.durations_ms[::3],
        duration_processes=1,
        cost_cases=extent.cost_cases[:1],
        cost_processes=8,
    )


def of_architectures(extent: Extent, names: Sequence[str]) -> Extent:
    """The same experiments on other networks."""
    every = tuple((name, runtime) for name in names for runtime in (ONNXRUNTIME, OPENVINO))
    return replace(
        extent,
        same_cases=every,
        neighbour_cases=every,
        referee_architectures=tuple(names),
        memory_cases=every,
        duration_architecture=names[0],
        cost_cases=every,
    )
