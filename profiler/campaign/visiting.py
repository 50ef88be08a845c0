"""The open processes of a campaign: which are open, which is visited, and what the canary says beside it.

A process stays open as long as memory lasts. Where not every case can have one, they take turns.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from catalog.entities.samples import Beat, ProcessSample
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device
from profiler.campaign.measuring import Canary, OpenProcess
from profiler.campaign.rounds import StoppingRule
from profiler.cases import Case
from profiler.errors import CanaryFailed
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.protocol.quiet import Place
from profiler.protocol.summary import blocks_of, processes_decide
from profiler.protocol.visits import merged, one_block

# A process may be closed in favour of another case after so many visits. Opening one takes as long as ten.
_STAY = 5
# Of the memory that is free when the campaign begins, what processes leave to the others on the machine.
_SPARED_SHARE = 0.1
# What a process needs that was never opened: the file three times, and the runtime.
_FILES, _RUNTIME_BYTES = 3, 300_000_000
# Each open process takes three files and some threads.
_OF_ROOM = (FaultKind.TOO_MANY_FILES, FaultKind.TOO_MANY_PROCESSES, FaultKind.NO_MEMORY)
# So many canaries may fail in a portion of a campaign, because a machine that is overloaded for a minute ends
# one. A host that ends each takes minutes of waiting for nothing.
_MAX_FAILED_CANARIES = 3
# A beat speaks for the moments right after it.
_FRESH_S = 0.05


@dataclass
class _Process:
    """A process of a case that is open or loads, with the number of its visits."""

    case: Case
    process: OpenProcess
    visits: int = 0


@dataclass
class Visitor:
    """Visits cases. `open_process` starts a process of a case, whose file has `file_bytes`. `available_bytes`
    is the memory that is free now, None where the system does not say.

    Raises:
        CaseFailed: by `visit`, where the case has no numbers.
        HostFault: by `visit`, where the host keeps the case from being measured.
        CanaryFailed: by `visit`, where no canary stays alive. It ends the campaign, which continues later.
    """

    rule: StoppingRule
    open_process: Callable[[Case], OpenProcess]
    open_canary: Callable[[Case], Canary]
    file_bytes: Callable[[Case], int]
    available_bytes: Callable[[], int | None]
    clock: Callable[[], float] = time.monotonic
    choose: Callable[[Sequence[_Process]], _Process] = random.choice
    _open: list[_Process] = field(init=False, default_factory=list)
    _unopened: dict[Case, CaseFailed | HostFault] = field(init=False, default_factory=dict)
    _peaks: dict[Case, int] = field(init=False, default_factory=dict)
    _canaries: dict[Place, Canary] = field(init=False, default_factory=dict)
    _failed_canaries: int = field(init=False, default=0)
    _last_beat: tuple[Place, float, Beat] | None = field(init=False, default=None)
    _spared_bytes: float = field(init=False)

    def __post_init__(self) -> None:
        self._spared_bytes = _SPARED_SHARE * (self.available_bytes() or 0)

    def open_due(self, visits_of: Mapping[Case, Sequence[ProcessSample]]) -> Iterator[Case]:
        """Open the processes that are due before these cases are visited. As many load side by side as a case
        has CPUs, because loading keeps one CPU busy for most of its time. Yields the cases whose process was
        waited for. Nothing may be timed before the last.

        A failure is raised when its case is visited. A process for which memory does not suffice now is
        opened then.
        """
        loading: deque[_Process] = deque()
        for case, visits in visits_of.items():
            if not self._lacks_process(case, visits):
                continue
            if not self._fits(sum(map(self._needed_bytes, (case, *(one.case for one in loading))))):
                break
            while len(loading) >= case.configuration.cpus:
                yield self._await(loading.popleft())
            try:
                loading.append(self._started(case))
            except HostFault as fault:
                if _is_of_room(fault):
                    break
                self._unopened[case] = fault
        while loading:
            yield self._await(loading.popleft())

    def visit(self, case: Case, visits: Sequence[ProcessSample]) -> ProcessSample | None:
        """One block of a case that has some `visits`. None where no process of it fits into memory now."""
        try:
            process = self._process(case, visits)
            return None if process is None else self._block(process)
        except (CaseFailed, HostFault) as failure:
            self.close(case)
            if not _is_of_room(failure) or not self._open:
                raise
        # The other processes may have taken what this one lacked.
        self.close_all()
        return self._block(self._opened(case))

    def close(self, case: Case) -> None:
        """End the processes of a case."""
        self._unopened.pop(case, None)
        for one in self._own(case):
            self._close(one)

    def close_all(self) -> None:
        """End every process that measures."""
        for one in list(self._open):
            self._close(one)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:  # closes the others too where one cannot be closed
            for canary in self._canaries.values():
                closing.callback(canary.close)
            for one in self._open:
                closing.callback(one.process.close)

    def _process(self, case: Case, visits: Sequence[ProcessSample]) -> _Process | None:
        """The process of the case to visit: a new one if one is due, else the one that was visited least."""
        if case in self._unopened:
            raise self._unopened.pop(case)
        if self._lacks_process(case, visits) and self._make_room(case):
            return self._opened(case)
        own = self._own(case)  # they may have been closed, and still made too little room
        if not own:
            return None
        least = min(one.visits for one in own)
        return self.choose([one for one in own if one.visits == least])

    def _own(self, case: Case) -> list[_Process]:
        return [one for one in self._open if one.case == case]

    def _lacks_process(self, case: Case, visits: Sequence[ProcessSample]) -> bool:
        """Whether a process is to be opened before the case is visited."""
        own = self._own(case)
        return not own or (all(one.visits for one in own) and self._is_due(visits))

    def _is_due(self, visits: Sequence[ProcessSample]) -> bool:
        """Whether a case needs another process. The first ones are opened at different times. Later ones are
        opened where the interval is wide because processes differ."""
        samples, plan = merged(visits), self.rule.plan
        blocks = blocks_of(samples)
        if len(samples) < plan.processes:
            return blocks >= len(samples) * plan.blocks_each
        return (
            len(samples) < plan.max_processes
            and blocks >= 2 * len(samples) * plan.blocks_each
            and processes_decide(self.rule.compared(visits))
        )

    def _make_room(self, case: Case) -> bool:
        """Whether a process of the case fits into memory, after others were closed that have had their
        stay."""
        needed = self._needed_bytes(case)
        while not self._fits(needed):
            # Processes of the same case first: another one of it follows.
            closable = [one for one in self._open if one.visits >= _STAY]
            closable.sort(key=lambda one: (one.case != case, -one.visits))
            if not closable:
                return False
            self._close(closable[0])
        return True

    def _fits(self, needed: int) -> bool:
        available = self.available_bytes()
        return not self._open or available is None or available - self._spared_bytes >= needed

    def _needed_bytes(self, case: Case) -> int:
        """The memory that a process of the case takes."""
        return self._peaks.get(case, _FILES * self.file_bytes(case) + _RUNTIME_BYTES)

    def _opened(self, case: Case) -> _Process:
        one = self._started(case)
        try:
            one.process.loaded()
        except (CaseFailed, HostFault):
            self._close(one)
            raise
        return one

    def _started(self, case: Case) -> _Process:
        one = _Process(case, self.open_process(case))
        self._open.append(one)
        return one

    def _await(self, one: _Process) -> Case:
        """Wait until a process has loaded its case, and close it where it fails."""
        try:
            one.process.loaded()
        except (CaseFailed, HostFault) as failure:
            self._close(one)
            if not _is_of_room(failure):  # else the visit tries again, and closes others for it
                self._unopened[one.case] = failure
        return one.case

    def _close(self, one: _Process) -> None:
        self._open.remove(one)
        one.process.close()

    def _block(self, one: _Process) -> ProcessSample:
        """A block between two beats. Where the canary dies or stalls, the block has no beat right after it.
        Then another block is made beside a new canary.

        Raises:
            CanaryFailed: a canary cannot be opened, or too many have failed.
        """
        while True:
            try:
                return self._block_between_beats(one)
            except CanaryFailed:
                canary = self._canaries.pop(_place(one.case), None)
                if canary is not None:
                    canary.close()
                if canary is None or self._failed_canaries == _MAX_FAILED_CANARIES:
                    raise
                self._failed_canaries += 1
                self._last_beat = None

    def _block_between_beats(self, one: _Process) -> ProcessSample:
        before = self._fresh_beat(one.case) or self._beat(one.case)
        visit = one.process.visit()
        one.visits += 1
        if visit.peak_bytes is not None:
            self._peaks[one.case] = max(visit.peak_bytes, self._peaks.get(one.case, 0))
        after = self._beat(one.case)
        taken = one_block(one.process.loaded(), visit, before, after)
        self.rule.learn([taken])
        return taken

    def _fresh_beat(self, case: Case) -> Beat | None:
        """The beat after a block also serves the block that follows at once."""
        if self._last_beat is None:
            return None
        place, at_s, beat = self._last_beat
        return beat if place == _place(case) and self.clock() - at_s < _FRESH_S else None

    def _beat(self, case: Case) -> Beat:
        """The canary now."""
        place = _place(case)
        if place not in self._canaries:
            self._canaries[place] = self.open_canary(case)
        beat = self._canaries[place].beat()
        self._last_beat = place, self.clock(), beat
        return beat


def _is_of_room(failure: CaseFailed | HostFault) -> bool:
    """Whether a process lacked what other processes hold."""
    if isinstance(failure, HostFault):
        return failure.kind in _OF_ROOM
    return failure.reason is FailureReason.OUT_OF_MEMORY


def _place(case: Case) -> Place:
    """Where the canary of a case beats."""
    return case.configuration.cpus, case.configuration.device is not Device.CPU
