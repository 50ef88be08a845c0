"""One line of a training plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.reference.texts.recipes import Source

ADVICE = "advice"


class Topic(StrEnum):
    """Subject of one line of a training plan."""

    BATCH_SIZE = "batch_size"
    OPTIMIZER = "optimizer"
    LEARNING_RATE = "learning_rate"
    OTHER_OPTIMIZER = "other_optimizer"
    SCHEDULE = "schedule"
    WARM_UP = "warm_up"
    LAYERS_TO_RETRAIN = "layers_to_retrain"
    EARLY_STOPPING = "early_stopping"
    TRAINING_TIME = "training_time"


@dataclass(frozen=True)
class Advice:
    """One line: `value` in `unit`, further `parameters`, and the reason as `text`.

    `value` is None where nothing determines it. `provenance` is "advice" where the line rests on its sources
    alone. Otherwise it says what the number was computed from.
    """

    topic: Topic
    value: float | int | str | None
    text: str
    sources: tuple[Source, ...]
    unit: str = ""
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    provenance: str = ADVICE


def without_noise(number: float) -> float:
    """`number` without the last digits, which binary fractions leave."""
    return float(f"{number:.12g}")
