"""How a user gets a number that is unknown."""

from catalog.words.metrics import Metric, Subject

_OF_TRAINING = (Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB)


def remedy(metric: Metric, *, local: bool) -> str:
    """How to get the number of `metric` where it is unknown."""
    if metric.subject is Subject.CHECKPOINT:
        return (
            "No accuracy is published at that input size. Evaluate the checkpoint, or ask for another size."
        )
    if metric.subject is Subject.WORKLOAD:
        return "That input size was not counted. Run `archrank profile NAME --input-size SIZE`."
    command = f"archrank profile NAME{' --train' if metric in _OF_TRAINING else ''}"
    if local:
        return f"Not measured on this machine. Run `{command}`."
    return f"The source does not state the number. Run `{command}` on that hardware and import its export."
