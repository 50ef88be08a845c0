"""A campaign over fakes, and what it is asked for."""

from pathlib import Path

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement
from catalog.storage.database import Catalog
from catalog.storage.finding_measurements import MeasurementQuery, find_measurements
from catalog.words.vocabulary import Device, RuntimeName
from profiler.artefacts.cache import ArtefactCache
from profiler.campaign.campaign import Campaign
from profiler.campaign.request import ProfileRequest
from profiler.protocol.plan import SamplingPlan
from tests.fakes.campaign import FakeListener, FakeMeasure, fake_environment, no_lock
from tests.fakes.preparation import FakePreparation

TARGET = Target("fake-2c", Device.CPU, "Fake, 2 CPUs", {"cpus": 2})
BOTH = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)
ONE = (RuntimeName.OPENVINO,)


def request(
    *names: str, runtimes: tuple[RuntimeName, ...] = BOTH, processes: int = 3, at_most: int | None = None
) -> ProfileRequest:
    plan = SamplingPlan(processes=processes, max_processes=at_most or processes, confirming=0)
    return ProfileRequest(names, runtimes, threads=(2,), plan=plan)


class Bench:
    """A campaign over fakes, with what they remember."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.catalog = catalog
        self.measure = FakeMeasure()
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
            measure=self.measure,
            environment_of=fake_environment,
        )

    def stored(self) -> list[Measurement]:
        with self.catalog.read() as session:
            query = MeasurementQuery(target=TARGET.id)
            return find_measurements(session, query, with_samples=True)
