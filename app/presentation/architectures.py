"""Architectures as the contract lists them."""

from app.contract.architectures import ArchitectureItem, MostAccurateView
from app.contract.fields import MetricSchema
from catalog.entities.networks import CountedWorkload
from catalog.storage.search import ArchitectureSummary
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance


def architecture_item(summary: ArchitectureSummary) -> ArchitectureItem:
    one, best = summary.architecture, summary.most_accurate
    return ArchitectureItem(
        name=one.name,
        family=one.family,
        year=one.year,
        tags=list(one.tags),
        native_size=one.native_size,
        metrics=counted_metrics(summary.counted),
        most_accurate=None
        if best is None
        else MostAccurateView(checkpoint=best.checkpoint, input_size=best.input_size, top1=best.top1),
        checkpoints=summary.checkpoints,
    )


def counted_metrics(one: CountedWorkload | None) -> dict[Metric, MetricSchema]:
    if one is None or one.counts is None:
        return {}
    numbers = {
        Metric.PARAMS_M: one.counts.params_m,
        Metric.GMACS: one.counts.gmacs,
        Metric.GFLOPS: 2 * one.counts.gmacs,
        Metric.ACTIVATIONS_M: one.counts.activations_m,
        Metric.SIZE_MB: None if one.counts.weights_bytes is None else one.counts.weights_bytes / 1e6,
    }
    return {
        metric: MetricSchema(value=value, provenance=Provenance.COUNTED)
        for metric, value in numbers.items()
        if value is not None
    }
