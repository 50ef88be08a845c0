"""How a user gets a number that is unknown."""

from catalog.words.metrics import Metric, Subject

_OF_TRAINING = (Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB)


def remedy(metric: Metric, *, local: bool) -> str:
    """How to get the number of `metric` where it is unknown."""
    if metric.subject is Subject.CHECKPOINT:
        return "no accuracy is published at that input size: evaluate the checkpoint, or ask for another size"
    if metric.subject is Subject.WORKLOAD:
        return "that input size was not counted: archrank profile NAME --input-size SIZE"
    command = f"archrank profile NAME{' --train' if metric in _OF_TRAINING else ''}"
    if local:
        return f"not measured here: {command}"
    return f"its source does not tell: run `{command}` on that hardware and import what it exports"
