"""Comparisons and frontiers as the contract shows them."""

from app.contract.comparisons import CompareResponse, FrontierResponse, SideView
from app.presentation.candidates import candidate_view
from app.questions.comparison import Comparison, Frontier
from catalog.words.metrics import Metric


def compare_response(one: Comparison) -> CompareResponse:
    """The answer of `GET /v1/compare`."""
    return CompareResponse(
        target=one.target.id,
        items=[
            SideView(
                asked=side.asked,
                candidate=None if side.row is None else candidate_view(one.columns, one.fit, side.row),
            )
            for side in one.sides
        ],
        best={metric: one.best[metric] for metric in Metric if metric in one.best},
        catalog_revision=one.catalog_revision,
    )


def frontier_response(one: Frontier) -> FrontierResponse:
    """The answer of `GET /v1/frontier`."""
    return FrontierResponse(
        target=one.target.id,
        metrics=list(one.metrics),
        items=[candidate_view(one.columns, one.fit, row) for row in one.rows],
        considered=one.considered,
        unknown=one.unknown,
        catalog_revision=one.catalog_revision,
    )
