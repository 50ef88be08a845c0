"""Placements as the contract shows them."""

from app.contract.placements import PlacementsResponse, PlacementTargetView, PlacementView
from app.presentation.candidates import candidate_view
from app.questions.placements import TargetAnswer


def placements_response(checkpoint: str, answers: list[TargetAnswer], revision: int) -> PlacementsResponse:
    """The answer of `POST /v1/placements`."""
    return PlacementsResponse(
        checkpoint=checkpoint,
        placements=[
            PlacementView(**candidate_view(one.columns, one.fit, row).model_dump(), target=one.target.id)
            for one in answers
            for row in one.rows
        ],
        targets=[
            PlacementTargetView(
                target=one.target.id,
                considered=len(one.columns),
                fitting=int(one.fit.fits.sum()),
                eliminated=dict(one.elimination.eliminated),
                unknown={metric: count for metric, count in one.elimination.unknown.items() if count},
                near_miss=None
                if one.near_miss is None
                else candidate_view(one.columns, one.fit, one.near_miss),
            )
            for one in answers
        ],
        catalog_revision=revision,
    )
