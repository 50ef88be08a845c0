"""Placements as the contract shows them."""

from app.contract.placements import PlacementsResponse, PlacementTargetView, PlacementView
from app.presentation.candidates import candidate_fields, candidate_view
from app.questions.placements import Placements


def placements_response(placements: Placements) -> PlacementsResponse:
    """The answer of `POST /v1/placements`."""
    return PlacementsResponse(
        checkpoint=placements.checkpoint,
        placements=[
            PlacementView(**candidate_fields(answer.columns, answer.fit, row), target=answer.target.id)
            for answer in placements.answers
            for row in answer.rows
        ],
        targets=[
            PlacementTargetView(
                target=answer.target.id,
                considered=len(answer.columns),
                fitting=int(answer.fit.fits.sum()),
                eliminated=dict(answer.elimination.eliminated),
                unknown={metric: count for metric, count in answer.elimination.unknown.items() if count},
                near_miss=None
                if answer.near_miss is None
                else candidate_view(answer.columns, answer.fit, answer.near_miss),
            )
            for answer in placements.answers
        ],
        catalog_revision=placements.catalog_revision,
    )
