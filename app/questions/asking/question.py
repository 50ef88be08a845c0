"""A user's constraints."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields

from app.ranking.budget.budget import Budget
from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Asked
from app.training.task import TrainingTask
from catalog import host
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


class ConfigurationFilter:
    """The configurations to consider: allowed values by field. A field without values allows every value.

    Raises:
        TypeError: a configuration has no such field.
    """

    def __init__(self, **allowed: Collection[object]) -> None:
        if unknown := allowed.keys() - {field.name for field in fields(Configuration)}:
            raise TypeError(f"A configuration has no field {min(unknown)}.")
        self.allowed: Mapping[str, tuple[object, ...]] = {
            name: tuple(values) for name, values in allowed.items() if values
        }

    @property
    def admits_everything(self) -> bool:
        """Whether no field is restricted."""
        return not self.allowed

    def admits(self, configuration: Configuration) -> bool:
        """Whether every field of the configuration has an allowed value."""
        return all(getattr(configuration, name) in values for name, values in self.allowed.items())


@dataclass(frozen=True)
class Question:
    """A user's constraints. Empty tuples and None let everything pass.

    `input_size` is a closed range. `typical_image` is the width and height of the user's images. Of
    candidates of equal score, one whose input is nearer to them comes first. With `training`, each
    recommendation gets a training plan. With `verify`, the answer says what is worth measuring.
    """

    target: str = host.LOCAL
    budget: Budget = field(default_factory=Budget)
    input_size: tuple[int, int] | None = None
    typical_image: tuple[int, int] | None = None
    configuration: ConfigurationFilter = field(default_factory=ConfigurationFilter)
    licenses: tuple[str, ...] = ()
    commercial_use: bool | None = None
    training_data_excluded: tuple[str, ...] = ()
    training_methods_included: tuple[str, ...] = ()
    training_methods_excluded: tuple[str, ...] = ()
    families_included: tuple[str, ...] = ()
    families_excluded: tuple[str, ...] = ()
    tags_included: tuple[str, ...] = ()
    tags_excluded: tuple[str, ...] = ()
    evidence: tuple[Provenance, ...] = ()
    objective: Asked = Metric.TOP1
    training: TrainingTask | None = None
    collapse: Collapse = Collapse.ARCHITECTURE
    limit: int = 10
    verify: bool = False
