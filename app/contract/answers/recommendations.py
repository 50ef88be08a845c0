"""Recommendations: the answer, with its training plans."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.contract.answers.candidates import CandidateView
from app.contract.answers.explanations import (
    ArchitectureCountsView,
    ExplanationView,
    FilterView,
    NotConsideredView,
)
from app.contract.answers.questions import WeightsSchema
from app.contract.common.fields import CONSIDERED, ELIMINATED, LACKING, REVISION, BoundSchema
from app.ranking.budget.sides import Side
from app.ranking.order.objective import Scheme
from app.ranking.order.outcome import Outcome
from app.training.advice import Topic
from catalog.entities.configurations import Configuration
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric


class SourceView(BaseModel):
    """A publication, page or measurement that advice rests on."""

    title: Annotated[str, Field(description="Title of the source.")]
    url: Annotated[str | None, Field(description="Address of the source, if it has one.")] = None


class AdviceView(BaseModel):
    """One line of a training plan. It is advice and was not measured on the user's images."""

    topic: Annotated[Topic, Field(description="What the advice is about.")]
    value: Annotated[
        float | int | str | None,
        Field(description="The recommended setting. Absent if more must be known to choose it."),
    ] = None
    unit: Annotated[str | None, Field(description="Unit of the recommended setting, if it has one.")] = None
    parameters: Annotated[
        dict[str, float | str],
        Field(description="Further settings, and the numbers that the advice was computed from."),
    ]
    text: Annotated[str, Field(description="The advice in words.")]
    provenance: Annotated[
        str,
        Field(
            description="`advice` if the line rests on its sources alone, else also what it was computed "
            "from."
        ),
    ]
    sources: Annotated[list[SourceView], Field(description="Publications and runs that the advice rests on.")]


class RecommendationView(CandidateView):
    """A candidate that keeps the budget, with its rank and the reasons for the rank."""

    rank: Annotated[
        int,
        Field(
            description="Place in the ranking, from 1. A candidate shares the rank of the first leader of a "
            "rank from which it differs by less than the error, at 95 %, in the score and in every metric of "
            "the objective. It does not where another of that rank is better by more than the error. Of a "
            "published speed, a part of the interval counts, because networks seldom change places."
        ),
    ]
    shares_rank_with: Annotated[int, Field(description="Number of other candidates with the same rank.")]
    on_frontier: Annotated[
        bool,
        Field(
            description="Whether no fitting candidate is at least as good in the objective, every bounded "
            "metric and the time per image, and better in one. Better means by more than the error, at "
            "95 %. False if a compared number is unknown."
        ),
    ]
    dominators: Annotated[
        int,
        Field(
            description="Number of architectures with a fitting candidate that is at least as good in the "
            "objective, every bounded metric and the time per image, and better in one by more than the "
            "error."
        ),
    ]
    dominated_by: Annotated[
        list[str],
        Field(
            description="Names of up to three candidates that dominate the candidate, the best one first. "
            "Each is of another architecture."
        ),
    ] = []
    enlargement: Annotated[
        float | None,
        Field(
            description="Factor by which the short side of the typical image must grow to fill the input. 1 "
            "if the image is large enough. Enlarging costs time and adds no detail, but the weights "
            "expect the input size."
        ),
    ] = None
    shrinkage: Annotated[
        float | None,
        Field(
            description="Factor by which the short side of the typical image must shrink to fit the input. 1 "
            "if the image is small enough. Shrinking loses detail."
        ),
    ] = None
    top1_by_size: Annotated[
        dict[int, float] | None,
        Field(
            description="Published top-1 of the checkpoint by input size in pixels. Present if the request "
            "has a typical image."
        ),
    ] = None
    score: Annotated[
        float | None,
        Field(
            description="Weighted sum of the utilities, at most 1. Absent if a metric of the objective is "
            "unknown."
        ),
    ] = None
    utilities: Annotated[
        dict[Metric, float],
        Field(
            description="Each metric of the objective on a scale from 0, the worst, to 1, the best. The "
            "scale spans the fitting candidates, or with several metrics their Pareto frontier. What is "
            "worse than the whole frontier has less than 0. Quantities are scaled by their logarithm, "
            "accuracies linearly."
        ),
    ] = {}
    reasons: Annotated[list[str], Field(description="Sentences that say why the candidate has its rank.")]
    reproduce: Annotated[
        str | None,
        Field(
            description="The command that measures the candidate on its target: again, or for the first time "
            "if it was estimated. Absent if its speed was published."
        ),
    ] = None
    reproduce_training: Annotated[
        str | None, Field(description="The command that measures its training run again on its target.")
    ] = None
    load: Annotated[
        str | None,
        Field(description="Python code that builds the network with its weights, by the package timm."),
    ] = None
    training_plan: Annotated[
        list[AdviceView] | None,
        Field(description="Advice on fine-tuning the candidate. Present if the request includes it."),
    ] = None


DOUBTS = Annotated[
    list[Doubt],
    Field(description="Reasons to distrust the numbers of the candidate that the change rests on."),
]


class RelaxationView(BaseModel):
    """The smallest change of one side of one bound that admits another candidate."""

    metric: Annotated[Metric, Field(description="The metric whose bound would change.")]
    side: Annotated[Side, Field(description="`min` or `max`: the side of the bound that would change.")]
    bound: Annotated[float, Field(description="The changed bound, in the metric's unit.")]
    admits: Annotated[str, Field(description="Name of the candidate that the changed bound admits.")]
    doubts: DOUBTS = []


class JointRelaxationView(BaseModel):
    """The smallest widening of all bounds by one common share that admits a candidate."""

    factor: Annotated[
        float, Field(description="Share by which every bound is widened. 0.1 makes each bound 10 % wider.")
    ]
    budget: Annotated[dict[Metric, BoundSchema], Field(description="The widened bounds, by metric.")]
    admits: Annotated[str, Field(description="Name of the candidate that the widened budget admits.")]
    doubts: DOUBTS = []


class FewestRelaxationView(BaseModel):
    """The budget that admits a candidate and changes as few bounds as possible."""

    metrics: Annotated[list[Metric], Field(description="Metrics whose bounds were changed.")]
    budget: Annotated[
        dict[Metric, BoundSchema], Field(description="All bounds by metric, changed and unchanged ones.")
    ]
    admits: Annotated[str, Field(description="Name of the candidate that the changed budget admits.")]
    doubts: DOUBTS = []


class OtherWinnerView(BaseModel):
    """The first candidate of the answer to the same question with another confidence."""

    confidence: Annotated[
        float | None, Field(description="The other confidence. Absent if the question had none.")
    ] = None
    winner: Annotated[
        str | None, Field(description="Name of the first candidate. Absent if nothing would fit.")
    ] = None
    fit_probability: Annotated[
        float | None, Field(description="Probability that this candidate keeps every bound.")
    ] = None


class EliminatedBy(BaseModel):
    """Number of candidates that exactly one combination of bounds eliminated."""

    metrics: Annotated[
        list[Metric], Field(description="Metrics of every bound that the counted candidates break.")
    ]
    count: Annotated[int, Field(description="Number of candidates that break exactly the named bounds.")]


class WorthMeasuringView(BaseModel):
    """An estimated candidate that is worth measuring."""

    architecture: Annotated[str, Field(description="Name of the architecture, as timm names it.")]
    input_size: Annotated[int, Field(description="Height and width of the input, in pixels.")]
    configuration: Annotated[Configuration, Field(description="How the network is run.")]
    command: Annotated[str, Field(description="The command that measures the candidate on the target.")]


class VerificationView(BaseModel):
    """Whether the first recommendations stand on measurements, and what to measure if they do not."""

    top: Annotated[int, Field(description="Number of first recommendations that are verified.")]
    verified: Annotated[
        bool,
        Field(
            description="Whether these are measured, and no estimated candidate could plausibly displace "
            "one. False if there are none, or if one is published."
        ),
    ]
    measure: Annotated[
        list[WorthMeasuringView],
        Field(
            description="Up to ten estimated candidates, the one whose measurement is worth most first. "
            "Measure some, and ask again."
        ),
    ]


class RecommendationResponse(BaseModel):
    """Ranked candidates, why other candidates were eliminated, and which bounds to relax."""

    recommendations: Annotated[
        list[RecommendationView], Field(description="Candidates that keep the budget, the best one first.")
    ]
    recommended: Annotated[
        RecommendationView | None,
        Field(
            description="The candidate to take of all that share the first rank. Absent if the candidate is "
            "among the recommendations. Its reasons say that it is recommended."
        ),
    ] = None
    outcome: Annotated[
        Outcome,
        Field(
            description="What the answer came to. `fits`: candidates keep the budget. `objective_unknown`: "
            "candidates keep the budget, but none has the number to rank by, so none is the best. `no_knee`: "
            "no candidate lies beyond the line between the ends of the frontier, so candidates are ranked by "
            "their balance. `filtered_out`: no candidate passed the filters. `all_failed`: every measurement "
            "failed. `all_unknown`: every candidate lacks a bounded number. `all_exceed`: no candidate keeps "
            "the budget."
        ),
    ]
    explanation: Annotated[
        ExplanationView, Field(description="The outcome in words, and what the user can do.")
    ]
    target: Annotated[str, Field(description="Id of the target that the answer is for.")]
    objective: Annotated[
        Metric | Scheme | WeightsSchema, Field(description="The objective that the candidates are ranked by.")
    ]
    weights: Annotated[
        dict[Metric, float], Field(description="Weight of each metric of the objective. Weights sum to 1.")
    ]
    considered: Annotated[int, Field(description=CONSIDERED)]
    fitting: Annotated[
        int, Field(description="Number of considered candidates that keep every bound, before collapsing.")
    ]
    undecided: Annotated[
        int,
        Field(
            description="Number of considered candidates that break no bound but lack the number of a "
            "bounded metric."
        ),
    ]
    failed: Annotated[int, Field(description="Number of considered candidates whose measurement failed.")]
    eliminated: Annotated[dict[Metric, int], Field(description=ELIMINATED)]
    eliminated_doubtful: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break each bound with a number that has a doubt. They may "
            "keep it in truth."
        ),
    ]
    eliminated_only_by: Annotated[
        dict[Metric, int],
        Field(
            description="Number of candidates that break the bound on this metric and keep all other bounds."
        ),
    ]
    eliminated_together: Annotated[
        list[EliminatedBy],
        Field(
            description="Number of candidates for each combination of broken bounds. Each candidate is "
            "counted once. Only the 20 most frequent combinations are listed."
        ),
    ]
    filters: Annotated[list[FilterView], Field(description="What each filter of the request left out.")] = []
    architectures: Annotated[
        ArchitectureCountsView, Field(description="Numbers of architectures that the answer is about.")
    ]
    not_considered: Annotated[NotConsideredView, Field(description="What the answer did not look at.")]
    unknown: Annotated[dict[Metric, int], Field(description=LACKING)]
    unknown_remedies: Annotated[
        dict[Metric, str], Field(description="How to get the numbers that candidates lack, by metric.")
    ]
    confidence: Annotated[
        float | None,
        Field(description="The confidence that was asked for. Absent if none was."),
    ] = None
    required_probability: Annotated[
        float | None,
        Field(
            description="Probability of keeping the budget that each measured candidate needs by itself, so "
            "that all measured candidates together reach the requested `confidence`. For an estimated or "
            "published candidate, the requested `confidence` is enough."
        ),
    ] = None
    other_winners: Annotated[
        list[OtherWinnerView],
        Field(
            description="First candidates without a confidence, and with confidences of 0.9 and 0.99. Only "
            "candidates that are not first in this answer are listed, each once."
        ),
    ] = []
    near_misses: Annotated[
        list[CandidateView],
        Field(
            description="Nearest candidates outside the budget, the nearest one first. The nearest needs the "
            "smallest widening of all bounds by one share, under the requested `confidence`. Each is of "
            "another architecture, and no candidate of that architecture fits."
        ),
    ]
    relaxations: Annotated[
        list[RelaxationView],
        Field(description="Smallest change of each side of each bound that admits another candidate."),
    ]
    joint_relaxation: Annotated[
        JointRelaxationView | None,
        Field(
            description="Smallest widening of all bounds by one share. Absent if a candidate fits already."
        ),
    ] = None
    fewest_relaxation: Annotated[
        FewestRelaxationView | None,
        Field(
            description="Change of as few bounds as possible, each by the smallest share of itself. Absent "
            "if a candidate fits already."
        ),
    ] = None
    verification: Annotated[
        VerificationView | None,
        Field(description="What to measure to verify the answer. Present if the request asks to verify."),
    ] = None
    catalog_revision: Annotated[int, Field(description=REVISION)]
