"""Placements as the contract shows them."""

import shlex
from math import inf

from app.contract.answers.explanations import ExplanationView
from app.contract.answers.placements import PlacementsResponse, PlacementTargetView, PlacementView
from app.presentation.answers.candidates import candidate_fields, candidate_view
from app.presentation.answers.outcomes import explanation_of_name
from app.questions.answers.placements import Placements, TargetAnswer
from app.ranking.order.outcome import Outcome
from catalog.entities.identity import architecture_of

# The best first. Where some targets exceed the budget and others are unknown, they count as exceeding.
_BEST_FIRST = (
    Outcome.FITS,
    Outcome.ALL_EXCEED,
    Outcome.ALL_UNKNOWN,
    Outcome.ALL_FAILED,
    Outcome.FILTERED_OUT,
)


def placements_response(placements: Placements) -> PlacementsResponse:
    """The answer of `POST /v1/placements`."""
    return PlacementsResponse(
        checkpoint=placements.checkpoint,
        outcome=_outcome(placements),
        explanation=_explanation(placements),
        placements=[
            PlacementView(
                **candidate_fields(answer.judgement.columns, answer.judgement.fit, row),
                target=answer.judgement.target.id,
            )
            for answer in placements.answers
            for row in answer.rows
        ],
        targets=[_target(placements.checkpoint, answer) for answer in placements.answers],
        catalog_revision=placements.catalog_revision,
    )


def _target(checkpoint: str, answer: TargetAnswer) -> PlacementTargetView:
    judgement = answer.judgement
    elimination = judgement.elimination
    return PlacementTargetView(
        target=judgement.target.id,
        outcome=judgement.outcome,
        explanation=explanation_of_name(judgement, checkpoint),
        considered=judgement.considered,
        fitting=elimination.fitting,
        undecided=elimination.undecided,
        failed=elimination.failed,
        eliminated=dict(elimination.eliminated),
        unknown={metric: count for metric, count in elimination.unknown.items() if count},
        near_miss=None
        if answer.near_miss is None
        else candidate_view(judgement.columns, judgement.fit, answer.near_miss),
    )


def _outcome(placements: Placements) -> Outcome:
    outcomes = {answer.judgement.outcome for answer in placements.answers}
    return next((outcome for outcome in _BEST_FIRST if outcome in outcomes), Outcome.FILTERED_OUT)


def _explanation(placements: Placements) -> ExplanationView:
    """What the question came to over all targets. The remedy is that of the target with the best outcome, and
    of several the nearest."""
    name, outcome = placements.checkpoint, _outcome(placements)
    if not placements.answers:
        command = f"archrank profile {shlex.quote(architecture_of(name))}"
        return ExplanationView(
            text=f"No target has a number of {name}.",
            remedy=f"Measure it on this machine: run `{command}`.",
            command=command,
        )
    best = [answer for answer in placements.answers if answer.judgement.outcome is outcome]
    if len(placements.answers) == 1:
        return explanation_of_name(best[0].judgement, name)
    count = len(placements.answers)
    if outcome is Outcome.FITS:
        names = ", ".join(answer.judgement.target.id for answer in best)
        runs = "keeps the budget" if best[0].judgement.fit.by_bound else "has numbers"
        return ExplanationView(text=f"{name} {runs} on {len(best)} of {count} targets: {names}.")
    nearest = min(best, key=lambda answer: inf if answer.distance is None else answer.distance)
    explained = explanation_of_name(nearest.judgement, name)
    target = nearest.judgement.target.id
    nearest_is = "" if nearest.distance is None else f" The nearest is {target}."
    return explained.model_copy(
        update={
            "text": f"{name} keeps the budget on none of {count} targets.{nearest_is} {explained.text}",
            "remedy": explained.remedy and f"On {target}: {explained.remedy}",
        }
    )
