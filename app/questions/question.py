"""A user's constraints."""

from dataclasses import dataclass, field

from app.ranking.budget import Budget
from app.ranking.objective import Asked
from app.ranking.order import Collapse
from app.training.task import TrainingTask
from catalog import host
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Layout, Precision, Provenance, RuntimeName, Scenario


@dataclass(frozen=True)
class ConfigurationFilter:
    """The configurations to consider; an empty field lets everything pass."""

    runtime: tuple[RuntimeName, ...] = ()
    precision: tuple[Precision, ...] = ()
    batch_size: tuple[int, ...] = ()
    threads: tuple[int, ...] = ()
    batch_policy: tuple[BatchPolicy, ...] = ()
    layout: tuple[Layout, ...] = ()
    scenario: tuple[Scenario, ...] = ()
    clients: tuple[int, ...] = ()
    compiled: bool | None = None

    def admits(self, configuration: Configuration) -> bool:
        return (
            (not self.runtime or configuration.runtime in self.runtime)
            and (not self.precision or configuration.precision in self.precision)
            and (not self.batch_size or configuration.batch_size in self.batch_size)
            and (not self.threads or configuration.threads in self.threads)
            and (not self.batch_policy or configuration.batch_policy in self.batch_policy)
            and (not self.layout or configuration.layout in self.layout)
            and (not self.scenario or configuration.scenario in self.scenario)
            and (not self.clients or configuration.clients in self.clients)
            and (self.compiled is None or configuration.compiled is self.compiled)
        )


@dataclass(frozen=True)
class Question:
    """A user's constraints. Empty tuples and None let everything pass; `input_size` is a closed range.

    `typical_image` is the width and height of the user's images: an input that enlarges them ranks behind, by
    the octave (so that a factor below 1.4 does not count). With `training`, each recommendation gets a
    training plan.
    """

    target: str = host.LOCAL
    budget: Budget = field(default_factory=Budget)
    input_size: tuple[int, int] | None = None
    typical_image: tuple[int, int] | None = None
    configuration: ConfigurationFilter = field(default_factory=ConfigurationFilter)
    licenses: tuple[str, ...] = ()
    commercial_use: bool | None = None
    training_data_excluded: tuple[str, ...] = ()
    families_included: tuple[str, ...] = ()
    families_excluded: tuple[str, ...] = ()
    tags_included: tuple[str, ...] = ()
    tags_excluded: tuple[str, ...] = ()
    evidence: tuple[Provenance, ...] = ()
    objective: Asked = Metric.TOP1
    training: TrainingTask | None = None
    collapse: Collapse = Collapse.ARCHITECTURE
    limit: int = 10
