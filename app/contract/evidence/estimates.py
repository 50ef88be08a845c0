"""Estimates: numbers of cases that were not measured, and what they stand on."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.common.fields import MetricSchema
from catalog.entities.configurations import Configuration
from catalog.words.metrics import Metric


class EstimateView(BaseModel):
    """The estimates of one case that was not measured."""

    target: Annotated[str, Field(description="Id of the target.")]
    num_classes: Annotated[int, Field(description="Number of classes of the head.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[Configuration, Field(description="How the network would be run.")]
    metrics: Annotated[dict[Metric, MetricSchema], Field(description="The estimated numbers, by metric.")]
    refused: Annotated[
        dict[Metric, str], Field(description="Why a metric is not estimated, by metric, in words.")
    ] = {}
    estimator: Annotated[str, Field(description="The estimator, with its version.")]
    measurements: Annotated[
        int, Field(description="Number of measurements of the target that the estimator learnt from.")
    ]


class SimilarityView(BaseModel):
    """How alike this target and another one are, by the networks that were measured here and are known
    there."""

    target: Annotated[str, Field(description="Id of the other target.")]
    configuration: Annotated[Configuration, Field(description="How the networks are run there.")]
    networks: Annotated[int, Field(description="Number of networks that both have.")]
    factor: Annotated[float, Field(description="Median of the time here over the time there.")]
    spread: Annotated[
        float,
        Field(
            description="Standard deviation of the logarithm of the time here over the time there. "
            "The smaller it is, the more alike the targets are."
        ),
    ]


class EstimatorAccuracyView(BaseModel):
    """How well the estimates of one metric in one configuration met measurements that they had not seen."""

    configuration: Annotated[Configuration, Field(description="How the networks are run.")]
    metric: Annotated[Metric, Field(description="The metric that is estimated.")]
    networks: Annotated[
        int, Field(description="Number of measured networks. Each was estimated without its measurement.")
    ]
    median_error: Annotated[
        float, Field(description="Median of the relative errors. 0.03 if half of the errors are below 3 %.")
    ]
    within_10: Annotated[float, Field(description="Share of the estimates with an error of at most 10 %.")]
    coverage: Annotated[
        float, Field(description="Share of the measured numbers that lie within their intervals.")
    ]
    level: Annotated[float, Field(description="Confidence level of the intervals.")]
    covered: Annotated[int, Field(description="Number of workloads that have an estimate.")]
    refused: Annotated[int, Field(description="Number of workloads for which the estimator refuses.")]
    similar: Annotated[
        list[SimilarityView],
        Field(description="Other targets and configurations that were compared, the most alike first."),
    ] = []


class EstimateBasisView(BaseModel):
    """What the estimates of a target stand on."""

    estimator: Annotated[str, Field(description="The estimator, with its version.")]
    computed_at: Annotated[datetime, Field(description="Time at which the estimates were computed.")]
    measurements: Annotated[
        list[str], Field(description="Ids of the measurements that the estimator learnt from.")
    ]
    accuracies: Annotated[
        list[EstimatorAccuracyView], Field(description="Errors on measurements that were left out.")
    ]
