"""Comparisons and frontiers as the contract shows them."""

from app.contract.comparisons import ComparedCandidate, CompareResponse, FrontierResponse
from app.presentation.candidates import candidate_view
from app.questions.comparison import Comparison, Frontier
from catalog.words.metrics import Metric


def compare_response(comparison: Comparison) -> CompareResponse:
    """The answer of `GET /v1/compare`."""
    columns, fit = comparison.columns, comparison.fit
    return CompareResponse(
        target=comparison.target.id,
        items=[
            ComparedCandidate(
                asked=compared.asked,
                candidate=None if compared.row is None else candidate_view(columns, fit, compared.row),
            )
            for compared in comparison.compared
        ],
        best={metric: comparison.best[metric] for metric in Metric if metric in comparison.best},
        catalog_revision=comparison.catalog_revision,
    )


def frontier_response(frontier: Frontier) -> FrontierResponse:
    """The answer of `GET /v1/frontier`."""
    return FrontierResponse(
        target=frontier.target.id,
        metrics=list(frontier.metrics),
        items=[candidate_view(frontier.columns, frontier.fit, row) for row in frontier.rows],
        considered=frontier.considered,
        unknown=frontier.unknown,
        catalog_revision=frontier.catalog_revision,
    )
