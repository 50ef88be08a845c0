"""Estimates as the contract shows them."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from app.contract.common.fields import MetricSchema
from app.contract.evidence.estimates import (
    EstimateBasisView,
    EstimateView,
    EstimatorAccuracyView,
    SimilarityView,
)
from catalog.entities.estimates import Estimate, EstimateBasis, EstimatorAccuracy
from catalog.words.vocabulary import Provenance


def estimate_views(estimated: Iterable[tuple[EstimateBasis, Estimate]]) -> list[EstimateView]:
    """The estimates, those of a case together. Those of a case follow one another."""
    cases = groupby(estimated, key=lambda one: (one[0].target.id, one[1].workload, one[1].configuration))
    return [_case(list(of_case)) for _, of_case in cases]


def _case(of_case: Sequence[tuple[EstimateBasis, Estimate]]) -> EstimateView:
    basis, first = of_case[0]
    return EstimateView(
        target=basis.target.id,
        num_classes=first.workload.num_classes,
        input_size=first.workload.input_size,
        configuration=first.configuration,
        metrics={
            one.metric: MetricSchema(
                value=one.value,
                low=one.low,
                high=one.high,
                level=one.level,
                provenance=Provenance.ESTIMATED,
                measured_at=basis.computed_at,
            )
            for _, one in of_case
            if one.value is not None
        },
        refused={one.metric: one.absent_reason for _, one in of_case if one.absent_reason is not None},
        estimator=basis.estimator,
        measurements=len(basis.measurements),
    )


def basis_view(basis: EstimateBasis) -> EstimateBasisView:
    """What the estimates of a target stand on."""
    return EstimateBasisView(
        estimator=basis.estimator,
        computed_at=basis.computed_at,
        measurements=list(basis.measurements),
        accuracies=[_accuracy_view(one) for one in basis.accuracies],
    )


def _accuracy_view(accuracy: EstimatorAccuracy) -> EstimatorAccuracyView:
    similar = [SimilarityView(**vars(one)) for one in accuracy.similar]
    return EstimatorAccuracyView(**{**vars(accuracy), "similar": similar})
