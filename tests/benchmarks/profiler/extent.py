"""What is measured: the series, and the phases of a run in which they are visited."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from catalog.words.vocabulary import RuntimeName
from profiler.protocol.plan import SamplingPlan
from tests.benchmarks.profiler.neighbours import DUTIES, KINDS

ONNXRUNTIME, OPENVINO, PYTORCH = RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO, RuntimeName.PYTORCH
LEVELS = (0.05, 0.1)
REFEREES = {"loadgen": "MLPerf's load generator", "loop": "a loop written by hand"}
BUFFER_BYTES = 256 << 20
SET, NEIGHBOURS, REFEREE, PLANTED = "set", "neighbours", "referee", "planted"
# Rounds of a neighbour's turn: each makes one block of every case, so that a turn makes a run of each.
TURN = 12


@dataclass(frozen=True)
class Series:
    """What is measured again and again: a case, and what differs from the profiler's own worker
    (variants.py)."""

    architecture: str
    runtime: RuntimeName
    threads: int = 1
    variant: str = ""

    def as_variant(self, variant: str) -> "Series":
        return replace(self, variant=variant)

    @property
    def case(self) -> str:
        return f"{self.architecture}, {self.runtime}, {self.threads} thread{'s' * (self.threads > 1)}"

    def __str__(self) -> str:
        return f"{self.case}{', ' * bool(self.variant)}{self.variant}"


@dataclass(frozen=True)
class Phase:
    """A part of the run. Each of `series` has processes of its own, opened and visited as `plan` says.

    A series of `fresh` takes a new process for each visit. `conditions` are the neighbours that take turns,
    "" for none.
    """

    name: str
    seconds: float
    series: tuple[Series, ...]
    plan: SamplingPlan
    fresh: tuple[Series, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extent:
    """The cases of the experiments. `shares` are the phases' shares of the time; there are `sets` phases of
    the first kind. A run has `run_blocks` blocks. A set takes `fresh` processes of the protocols that need a
    new one each time, for each of the `cost` cases."""

    same: tuple[Series, ...]
    slower: tuple[Series, ...]
    cost: tuple[Series, ...]
    referees: tuple[Series, ...]
    holding: tuple[Series, ...]
    lasting: Series
    durations_ms: tuple[float, ...]
    conditions: tuple[str, ...]
    sets: int = 3
    fresh: int = 4
    run_blocks: int = 40
    minutes: float = 26.0
    shares: dict[str, float] = field(
        default_factory=lambda: {SET: 0.24, NEIGHBOURS: 0.13, REFEREE: 0.11, PLANTED: 0.04}
    )

    def phases(self, names: Collection[str]) -> list[Phase]:
        """What the experiments of these names need."""
        found: list[Phase] = []
        if {"same", "power", "cost", "neighbours", "standing"}.intersection(names):
            found += [self._set(number, names) for number in range(self.sets)]
        if "neighbours" in names:
            plan = _plan(processes=3, blocks_each=1)
            found.append(self._phase(NEIGHBOURS, self.same, plan, conditions=self.conditions))
        if "referee" in names:
            ours_and_theirs = tuple(
                one.as_variant(variant) for one in self.referees for variant in ("", *REFEREES)
            )
            found.append(self._phase(REFEREE, ours_and_theirs, _plan(processes=2, blocks_each=4)))
        if "planted" in names:
            planted = [*self.holding, *(one.as_variant(f"holding:{BUFFER_BYTES}") for one in self.holding)]
            planted += [self.of_duration(known_ms) for known_ms in self.durations_ms]
            found.append(self._phase(PLANTED, tuple(planted), _plan(processes=2, blocks_each=1)))
        return found

    def of_duration(self, known_ms: float) -> Series:
        return self.lasting.as_variant(f"lasting:{known_ms / 1000:g}")

    def _set(self, number: int, names: Collection[str]) -> Phase:
        # Each slow-down is planted in one of the sets, so that memory holds them all.
        slower = [one.as_variant(f"slower:{level}") for one in self.slower for level in LEVELS]
        slower = slower[number :: self.sets] if "power" in names else []
        fresh = [one.as_variant(variant) for one in self.cost for variant in ("once", "timm")]
        fresh = fresh * self.fresh if "cost" in names else []
        name = f"{SET} {number + 1}"
        return self._phase(name, (*self.same, *slower), _plan(processes=3, blocks_each=4), tuple(fresh))

    def _phase(
        self,
        name: str,
        series: tuple[Series, ...],
        plan: SamplingPlan,
        fresh: tuple[Series, ...] = (),
        conditions: tuple[str, ...] = (),
    ) -> Phase:
        seconds = self.shares[name.partition(" ")[0]] * self.minutes * 60
        return Phase(name, seconds, series, plan, fresh, conditions)


def _plan(*, processes: int, blocks_each: int) -> SamplingPlan:
    """The profiler's own, with so many processes and no more."""
    return replace(SamplingPlan(), processes=processes, max_processes=processes, blocks_each=blocks_each)


_SMALL, _MIDDLE, _PLAIN = "mobilenetv3_large_100", "efficientnet_b0", "resnet18"
_REFEREES = (
    "convnext_atto",
    _MIDDLE,
    "fbnetc_100",
    "ghostnet_100",
    "mnasnet_100",
    "mobilenetv2_100",
    _SMALL,
    "mobilenetv3_small_100",
    "regnetx_008",
    _PLAIN,
    "resnet26",
    "vit_tiny_patch16_224",
)


def _threads(*cases: tuple[str, RuntimeName]) -> tuple[Series, ...]:
    """The cases at one thread and at two."""
    return tuple(Series(*case, threads) for case in cases for threads in (1, 2))


_ONNX = _threads((_SMALL, ONNXRUNTIME), (_PLAIN, ONNXRUNTIME), (_MIDDLE, ONNXRUNTIME))
_VINO = _threads((_SMALL, OPENVINO), (_MIDDLE, OPENVINO))
FULL = Extent(
    same=(*_ONNX, *_VINO, *_threads((_PLAIN, PYTORCH))),
    slower=(*_ONNX, *_VINO[:2]),
    cost=(*_ONNX[:5], _VINO[0]),
    referees=tuple(Series(name, ONNXRUNTIME) for name in _REFEREES),
    holding=(Series("mobilenetv3_small_100", ONNXRUNTIME), Series(_SMALL, OPENVINO)),
    lasting=Series("mobilenetv3_small_100", ONNXRUNTIME),
    durations_ms=(0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    conditions=("", *(f"{kind}:{duty}" for kind in KINDS for duty in DUTIES)),
)


def quick(extent: Extent) -> Extent:
    """A smoke run of it: a minute or two, no results."""
    return replace(
        extent,
        same=extent.same[:2],
        slower=extent.slower[:1],
        cost=extent.cost[:1],
        referees=extent.referees[6:7],
        holding=extent.holding[:1],
        durations_ms=extent.durations_ms[2:5:2],
        conditions=extent.conditions[3:4],
        sets=2,
        fresh=3,
        run_blocks=3,
        minutes=2.0,
        shares={SET: 0.2, NEIGHBOURS: 0.45, REFEREE: 0.15, PLANTED: 0.15},
    )


def of_architectures(extent: Extent, names: Sequence[str]) -> Extent:
    """The same experiments on other networks."""
    one_thread = tuple(Series(name, runtime) for name in names for runtime in (ONNXRUNTIME, OPENVINO))
    every = tuple(replace(one, threads=threads) for one in one_thread for threads in (1, 2))
    return replace(
        extent,
        same=every,
        slower=every,
        cost=one_thread,
        referees=one_thread[::2],
        holding=one_thread,
        lasting=one_thread[0],
    )
