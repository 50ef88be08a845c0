"""The answer as a decision."""

from fastapi.testclient import TestClient

from app.contract.answers.recommendations import RecommendationResponse, RecommendationView
from app.contract.common.fields import MetricSchema
from app.presentation.answers.decision import decision_of, risk_of, trade
from app.presentation.answers.winner import numbers
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

LATENCY, TOP1, SIZE = Metric.LATENCY_MS, Metric.TOP1, Metric.SIZE_MB


def answer(client: TestClient, **fields: object) -> RecommendationResponse:
    return RecommendationResponse.model_validate(client.post("/v1/recommendations", json=fields).json())


def with_numbers(view: RecommendationView, rank: int, **values: float) -> RecommendationView:
    metrics = {
        Metric(name): MetricSchema(value=value, provenance=Provenance.MEASURED)
        for name, value in values.items()
    }
    return view.model_copy(update={"metrics": metrics, "rank": rank, "reasons": []})


def test_the_trade_names_what_is_won_and_what_is_lost(client: TestClient) -> None:
    view = answer(client).recommendations[0]
    winner = with_numbers(view, 1, latency_ms=10, top1=80, size_mb=40)
    faster = with_numbers(view, 2, latency_ms=8, top1=78.5, size_mb=20)
    assert (
        trade(faster, winner) == "is 25 % faster and 2.0 times smaller on disk, but 1.5 points less accurate."
    )
    worse = with_numbers(view, 1, latency_ms=12, top1=80.01, size_mb=40)
    assert trade(worse, winner) == "is tied with it. It is 20 % slower."
    assert trade(with_numbers(view, 3), winner) == "differs in no number that is shown."


def test_an_estimated_memory_has_its_interval_and_a_measured_one_is_the_largest_seen(
    client: TestClient,
) -> None:
    view = answer(client).recommendations[0]

    def shown(provenance: Provenance) -> str:
        memory = MetricSchema(value=300, low=280, high=320, level=0.9, provenance=provenance)
        return numbers(view.model_copy(update={"metrics": {Metric.PEAK_MEMORY_MB: memory}}))

    assert shown(Provenance.ESTIMATED) == "estimated peak memory 300 MB (280 to 320)"
    assert shown(Provenance.MEASURED) == "peak memory 300 MB"


def test_what_lies_within_the_error_is_no_difference(client: TestClient) -> None:
    view = answer(client).recommendations[0]

    def with_interval(
        rank: int, value: float, half: float, top1: float, **changes: object
    ) -> RecommendationView:
        latency = MetricSchema(
            value=value, low=value / half, high=value * half, level=0.95, provenance=Provenance.MEASURED
        ).model_copy(update=changes)
        found = with_numbers(view, rank, top1=top1)
        return found.model_copy(update={"metrics": found.metrics | {LATENCY: latency}})

    winner = with_interval(1, 10.0, 1.05, 80.0)
    # Each is known to 5 %, so the difference is known to 7 %.
    assert trade(with_interval(2, 10.6, 1.05, 80.3), winner) == "differs in no number by more than the error."
    assert trade(with_interval(2, 11.1, 1.05, 79.0), winner) == "is 1.0 points less accurate and 11 % slower."
    # At 90 %, the same ends say less.
    assert trade(with_interval(2, 10.75, 1.05, 80.0, level=0.9), winner).startswith("differs in no number by")


def test_the_risk_is_the_most_serious_one(client: TestClient) -> None:
    view = answer(client, budget={"latency_ms": {"max": 50}}).recommendations[0]
    number = view.metrics[LATENCY]

    def risk(**changes: object) -> str:
        speed = number.model_copy(
            update={name: changes.pop(name) for name in ("provenance", "doubts") if name in changes}
        )
        metrics = view.metrics | {LATENCY: speed}
        return risk_of(view.model_copy(update={"metrics": metrics, "fit_probability": 0.99} | changes))

    assert "with a probability of 62 %" in risk(fit_probability=0.62)
    assert "was estimated, not measured" in risk(provenance=Provenance.ESTIMATED)
    assert risk(doubts=[Doubt.CONTENDED]).endswith(Doubt.CONTENDED.meaning)
    assert "no clear answer about commercial use" in risk(commercial_use=None, doubts=[])
    assert "published for this hardware" in risk(
        provenance=Provenance.PUBLISHED, commercial_use=True, doubts=[Doubt.UNDATED]
    )
    assert "may differ on your images" in risk(commercial_use=True, doubts=[])


def test_of_those_that_are_tied_the_recommended_one_is_deployed_and_the_first_is_the_other_choice(
    client: TestClient,
) -> None:
    response = answer(client, target="rtx-4090")
    first = response.recommendations[0]
    reasons = ["Tied with it.", "Recommended of the 2 tied, because it is the fastest.", "It is light."]
    chosen = first.model_copy(update={"reasons": reasons})
    third = response.recommendations[1].model_copy(update={"rank": first.rank, "reasons": []})
    decision = decision_of(response.model_copy(update={"recommendations": [first, third, chosen]}))
    assert decision is not None
    assert decision.winner is chosen
    assert decision.why == "Tied with it. Recommended of the 2 tied, because it is the fastest."
    assert decision.runner_up is first
    assert decision.trade.startswith("is tied with it. It ")


def test_nothing_is_deployed_where_nothing_fits(client: TestClient) -> None:
    assert decision_of(answer(client, budget={"latency_ms": {"max": 0.1}})) is None
