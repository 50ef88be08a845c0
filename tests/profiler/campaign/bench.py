"""A campaign over fakes, and what it is asked for."""

from collections.abc import Callable
from pathlib import Path

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.storage.database import Catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.vocabulary import Device, RuntimeName
from profiler.artefacts.cache import ArtefactCache
from profiler.campaign.campaign import Campaign
from profiler.campaign.request import ProfileRequest
from profiler.cases import Case
from profiler.protocol.plan import SamplingPlan
from tests.fakes.campaign import FakeListener, FakeMachine, FakeProcess, fake_environment, no_lock
from tests.fakes.preparation import FakePreparation

TARGET = Target("fake-2c", Device.CPU, "Fake, 2 CPUs", {"cpus": 2})
BOTH = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)
ONE = (RuntimeName.OPENVINO,)
# Blocks that all take equally long meet the target, and those that differ by half do not.
PLAN = SamplingPlan(
    processes=2, max_processes=4, blocks_each=2, max_blocks=12, interval_target=0.05, confirming=0
)


def request(
    *names: str, runtimes: tuple[RuntimeName, ...] = BOTH, plan: SamplingPlan = PLAN
) -> ProfileRequest:
    return ProfileRequest(names, runtimes, threads=(2,), plan=plan)


def in_order(cases: list[Case]) -> None:
    """Leaves the cases as they are."""


def in_turn(*latencies_ms: float) -> Callable[[FakeProcess], float]:
    """One latency for each visit, over and over."""
    left: list[float] = []

    def latency_ms(process: FakeProcess) -> float:
        if not left:
            left.extend(latencies_ms)
        return left.pop(0)

    return latency_ms


class Bench:
    """A campaign over fakes, with what they remember."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.machine = FakeMachine()
        self.listener = FakeListener()
        self.cache = ArtefactCache(folder, 1e9)
        self.preparation = FakePreparation(self.cache)
        self.campaign = Campaign(
            catalog=catalog,
            target=TARGET,
            cache=self.cache,
            preparation=self.preparation,
            listener=self.listener,
            lock=no_lock,
            open_process=self.machine.open_process,
            open_canary=self.machine.open_canary,
            profile_nodes=self.machine.profile_nodes,
            available_bytes=self.machine.available_bytes,
            environment_of=fake_environment,
            shuffle=in_order,
            clock=self.machine.time.clock,
            sleep=self.machine.time.sleep,
        )

    def interrupt_after(self, visits: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        """Let the visit after so many raise `error`."""

        def latency_ms(process: FakeProcess) -> float:
            if len(self.machine.visited) == visits:
                raise error
            return 10.0

        self.machine.latency_ms = latency_ms

    def stored(self) -> list[Measurement]:
        with self.catalog.read() as session:
            query = MeasurementQuery(target=TARGET.id)
            return find_measurements(session, query, with_samples=True, with_node_profiles=True)
