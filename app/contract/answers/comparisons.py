"""Frontier and comparison: the queries and the answers."""

from typing import Annotated

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from app.contract.answers.candidates import CandidateView
from app.contract.answers.explanations import ExplanationView
from app.contract.common.fields import MOST_PIXELS, REVISION, TARGET, Request, ShortText
from app.ranking.order.collapsing import Collapse
from app.ranking.order.outcome import Outcome
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, RuntimeName


class CandidateFilters(Request):
    """Candidates of a target to consider. An absent field allows every value."""

    target: Annotated[ShortText, Field(description=TARGET)] = "local"
    runtime: Annotated[
        list[RuntimeName], Field(description="Allowed runtimes. Empty allows every runtime.")
    ] = []
    precision: Annotated[
        list[Precision], Field(description="Allowed precisions. Empty allows every precision.")
    ] = []
    compiled: Annotated[
        bool | None, Field(description="Whether torch.compile must have compiled the network.")
    ] = None
    input_size: Annotated[
        int | None, Field(ge=1, le=MOST_PIXELS, description="The only allowed input size, in pixels.")
    ] = None
    commercial_use: Annotated[
        bool | None, Field(description="Whether the licence must allow commercial use.")
    ] = None
    tag: Annotated[
        list[ShortText],
        Field(
            description="Consider only architectures with at least one of the tags. Test networks are "
            "considered only if they are named, or if `test-network` is one of the tags."
        ),
    ] = []


class FrontierSearch(CandidateFilters):
    """Two metrics whose Pareto frontier is asked for."""

    x: Annotated[
        Metric,
        Field(
            description="First metric of the frontier. Where no candidate has the metric, `instead` of the "
            "explanation names the metrics that candidates have."
        ),
    ] = Metric.LATENCY_MS
    y: Annotated[
        Metric,
        Field(description="Second metric of the frontier. It must differ from `x`.", validate_default=True),
    ] = Metric.TOP1
    collapse: Annotated[
        Collapse,
        Field(
            description="What gets one row. `configuration` keeps every candidate of the frontier, so an "
            "architecture may have several rows. `architecture` and `checkpoint` keep the row that is best "
            "in `x`."
        ),
    ] = Collapse.CONFIGURATION

    @field_validator("y")
    @classmethod
    def _differs(cls, y: Metric, others: ValidationInfo) -> Metric:
        if others.data.get("x") is y:
            raise ValueError("x and y are the same metric. Choose two different metrics.")
        return y


class CompareSearch(CandidateFilters):
    """Two to five candidates to compare."""

    candidate: Annotated[
        list[ShortText],
        Field(
            min_length=2,
            max_length=5,
            description="Names of checkpoints. An architecture's name asks for its most accurate checkpoint, "
            "and prefers one that allows commercial use to one that is more accurate by less than the error.",
        ),
    ]


class ComparedCandidate(BaseModel):
    """One compared name and the candidate that represents it: the most accurate one, in its fastest
    configuration."""

    asked: Annotated[str, Field(description="The checkpoint or architecture that was asked for.")]
    candidate: Annotated[
        CandidateView | None,
        Field(
            description="The candidate that is compared. Absent if no candidate of the name passes the "
            "filters on the target."
        ),
    ] = None
    outcome: Annotated[
        Outcome,
        Field(
            description="`fits`: a candidate is compared. `filtered_out`: no candidate of the name passes "
            "the filters, or the target has no number of the name. `all_failed`: every measurement failed."
        ),
    ]
    explanation: Annotated[
        ExplanationView | None,
        Field(description="Why no candidate is compared, and what the user can do. Absent if one is."),
    ] = None


class FrontierCandidate(CandidateView):
    """A candidate of the frontier, and what the error leaves of its difference from the previous item."""

    within_error: Annotated[
        list[Metric],
        Field(
            description="Metrics of the frontier in which the candidate is within the error of the previous "
            "item. Which of the two is better in such a metric is unknown. Empty for the first item."
        ),
    ]


class CompareResponse(BaseModel):
    """Candidates side by side."""

    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    items: Annotated[
        list[ComparedCandidate], Field(description="The compared candidates, in the order asked for.")
    ]
    best: Annotated[
        dict[Metric, str],
        Field(
            description="The name with the best number, by metric. Of several, the first of `items`. "
            "`leading` also has the names that are as good within the error."
        ),
    ]
    leading: Annotated[
        dict[Metric, list[str]],
        Field(
            description="The names whose number is the best, or as good as the best: within the error, or "
            "equal in the digits that are shown. A metric is absent if all names are as good, or if only one "
            "name has the number."
        ),
    ]
    catalog_revision: Annotated[int, Field(description=REVISION)]


class FrontierResponse(BaseModel):
    """The candidates that no candidate dominates, from the best in the first metric to the worst."""

    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    metrics: Annotated[list[Metric], Field(description="The two metrics of the frontier.")]
    outcome: Annotated[
        Outcome,
        Field(
            description="What the question came to. `fits`: there is a frontier. `objective_unknown`: no "
            "candidate has both numbers. `filtered_out`: no candidate passed the filters. `all_failed`: "
            "every measurement failed."
        ),
    ]
    explanation: Annotated[
        ExplanationView, Field(description="The outcome in words, and what the user can do.")
    ]
    items: Annotated[
        list[FrontierCandidate],
        Field(description="The frontier, ordered from the best in the first metric."),
    ]
    considered: Annotated[int, Field(description="Number of candidates that passed the filters.")]
    unknown: Annotated[int, Field(description="Number of candidates that lack one of the two metrics.")]
    catalog_revision: Annotated[int, Field(description=REVISION)]
