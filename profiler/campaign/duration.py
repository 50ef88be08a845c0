"""How long a campaign takes: guessed before it begins, and told while it runs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import fmean

from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Device, RuntimeName
from profiler.cases import Case
from profiler.protocol.plan import SamplingPlan

# Seen with the starter preset on two CPUs of a server, and on a server with an H200: to load and warm up a
# process, and to visit it.
_OPENING_S, _VISIT_S = {Device.CPU: 2.0, Device.CUDA: 4.0}, 0.2
_USUAL_OPENING_S = _OPENING_S[Device.CPU]
# The same with PyTorch, which takes long to import: 3.3 s on one server with a CPU alone, and 9 s on another.
_OPENING_WITH_TORCH_S = {Device.CPU: 9.0, Device.CUDA: 12.0}
# Where a case has several CPUs, its processes load side by side. On two, two took 1.3 times as long as one.
_SIDE_BY_SIDE = 2 / 1.3


@dataclass(frozen=True)
class Progress:
    """How far some cases are. `narrow` of those that have not ended have an interval as narrow as the plan's
    `target` asks. `left_s` is how many seconds they take at most. `first_look` is the case that was visited
    last, with the median time (ms) of its calls, as long as some case has no block.
    """

    blocks: int
    blocks_at_most: int
    narrow: int
    target: float
    left_s: float
    first_look: tuple[Case, float] | None = None


def opening_s(configurations: Iterable[Configuration]) -> float:
    """How many seconds it takes to open a process beside others that open, the mean over cases with these
    configurations."""
    each = [
        (_OPENING_WITH_TORCH_S if one.runtime is RuntimeName.PYTORCH else _OPENING_S)[one.device]
        / (_SIDE_BY_SIDE if one.cpus > 1 else 1)
        for one in configurations
    ]
    return fmean(each) if each else _USUAL_OPENING_S


def expected_s(
    cases: int, plan: SamplingPlan, time_budget_s: float, process_s: float = _USUAL_OPENING_S
) -> float:
    """How many seconds so many cases take at most, where opening a process takes `process_s`. A budget ends
    them earlier, but not before each has its least number of blocks."""

    def taking(blocks: int) -> float:
        return cases * plan.processes * process_s + blocks * max(cases * _VISIT_S, plan.gap_s)

    return 0.0 if not cases else max(taking(plan.min_blocks), min(taking(plan.max_blocks), time_budget_s))


class CampaignProgress:
    """How far a campaign is that measures its cases in portions, one after the other."""

    def __init__(
        self, cases: int, plan: SamplingPlan, left_s: Callable[[], float], process_s: float = _USUAL_OPENING_S
    ) -> None:
        """`left_s` is what is left of the time budget. Opening a process takes `process_s`."""
        self._later = cases
        self._plan = plan
        self._left_s = left_s
        self._process_s = process_s
        self._before = 0

    def begin(self, cases: int) -> None:
        """A portion of so many cases begins."""
        self._later -= cases

    def end(self, blocks: int) -> None:
        """The portion has ended, after so many blocks."""
        self._before += blocks

    def with_portion(self, portion: Progress) -> Progress:
        """The progress of the campaign, by that of its portion."""
        left_s = portion.left_s
        if left_s:  # else nothing tells how long a visit takes
            later_s = max(0.0, self._left_s() - left_s)
            left_s += expected_s(self._later, self._plan, later_s, self._process_s)
        return replace(
            portion,
            blocks=self._before + portion.blocks,
            blocks_at_most=self._before + portion.blocks_at_most + self._later * self._plan.max_blocks,
            left_s=left_s,
        )
