"""Architectures as the contract lists them."""

from app.contract.common.fields import MetricSchema
from app.contract.networks.architectures import ArchitectureItem, MostAccurateView
from catalog.entities.networks import CountedWorkload
from catalog.storage.facts.search import ArchitectureSummary
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


def architecture_item(summary: ArchitectureSummary) -> ArchitectureItem:
    """An item of the answer of `GET /v1/architectures`."""
    architecture, best = summary.architecture, summary.most_accurate
    return ArchitectureItem(
        name=architecture.name,
        family=architecture.family,
        year=architecture.year,
        tags=list(architecture.tags),
        native_size=architecture.native_size,
        metrics=counted_metrics(summary.counted, summary.file_bytes),
        most_accurate=None
        if best is None
        else MostAccurateView(checkpoint=best.checkpoint, input_size=best.input_size, top1=best.top1),
        checkpoints=summary.checkpoints,
        training_methods=list(summary.training_methods),
    )


def counted_metrics(
    workload: CountedWorkload | None, file_bytes: int | None = None
) -> dict[Metric, MetricSchema]:
    """The counts of a workload, by metric. Empty where nothing was counted.

    The size on disk is that of the file with `file_bytes` bytes, else that of the fp32 weights.
    """
    numbers: dict[Metric, float | None] = {}
    size = file_bytes
    if workload is not None and (counts := workload.counts) is not None:
        numbers = {
            Metric.PARAMS_M: counts.params_m,
            Metric.GMACS: counts.gmacs,
            Metric.GFLOPS: 2 * counts.gmacs,
            Metric.ACTIVATIONS_M: counts.activations_m,
        }
        size = size or counts.weights_bytes
    numbers[Metric.SIZE_MB] = None if size is None else size / 1e6
    return {
        metric: MetricSchema(value=value, provenance=Provenance.COUNTED)
        for metric, value in numbers.items()
        if value is not None
    }
