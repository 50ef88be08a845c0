"""The network that is to be trained."""

from dataclasses import dataclass

from catalog.entities.measurements import TrainingRun


@dataclass(frozen=True)
class Network:
    """An architecture of timm's module `family` at `input_size` pixels.

    The counts (millions) are those of the form that is trained. `weight_layers` and `batch_norms` are how
    many layers hold weights and how many normalise over the batch. `methods` are how its weights were
    trained. `runs` are observed trainings. None is unknown, as is an empty `methods`.
    """

    architecture: str
    family: str | None
    input_size: int
    params_m: float | None = None
    activations_m: float | None = None
    weight_layers: int | None = None
    batch_norms: int | None = None
    methods: tuple[str, ...] = ()
    runs: tuple[TrainingRun, ...] = ()
