"""What published speeds promise, and what another confidence would choose, over the shipped tables."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.app.shipped.cases import Ask, Body
from tests.reference_tables import WHOLE

I9, OLDER = "i9-10940x", "benchmark-infer-fp32-nchw-pt221-cpu-i9_10940x-dynamo.csv"


@pytest.fixture(scope="module")
def budgets(ask: Ask) -> list[float]:
    """19 budgets of latency, which split the candidates of the i9 evenly."""
    body = {"target": I9, "objective": "latency_ms", "collapse": "configuration", "limit": 200}
    found: list[float] = []
    bound = 0.0
    while rows := ask(body | {"budget": {"latency_ms": {"min": bound}}})["recommendations"]:
        found += [row["metrics"]["latency_ms"]["value"] for row in rows]
        bound = found[-1] * (1 + 1e-12)
    return [float(limit) for limit in np.quantile(found, np.arange(1, 20) / 20)]


def broken(ask: Ask, budgets: list[float], confidence: float | None) -> int:
    """How many of the budgets the picks of the newer run break in the older, the best that both runs have."""
    names = WHOLE.aliases()
    (rows,) = (rows for source, rows in WHOLE.speeds().items() if source.name == OLDER)
    older = {(names.get(row.model, row.model).partition(".")[0], row.input_size): row.step_ms for row in rows}
    asked = {} if confidence is None else {"confidence": confidence}
    count = 0
    for limit in budgets:
        body = {"target": I9, "budget": {"latency_ms": {"max": limit}}, "limit": 20, **asked}
        picks = [(row["architecture"], row["input_size"]) for row in ask(body)["recommendations"]]
        count += next(older[pick] for pick in picks if pick in older) > limit
    return count


def test_picks_by_the_newer_run_keep_their_budgets_in_the_older_with_the_confidence(
    ask: Ask, budgets: list[float]
) -> None:
    assert broken(ask, budgets, None) >= 12  # they broke as many before, whatever the confidence
    assert broken(ask, budgets, 0.9) <= 0.1 * 19
    assert broken(ask, budgets, 0.95) <= 1
    assert broken(ask, budgets, 0.99) == 0


@pytest.mark.parametrize("target", [I9, "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"])
def test_every_published_speed_has_an_interval_that_says_where_it_is_from(ask: Ask, target: str) -> None:
    for row in ask({"target": target, "limit": 50})["recommendations"]:
        for metric in {"latency_ms", "throughput_ips", "train_throughput_ips"} & row["metrics"].keys():
            number = row["metrics"][metric]
            assert number["low"] < number["value"] < number["high"]
            assert "learnt_interval" in number["doubts"]
            assert "no_interval" not in number["doubts"]


def test_a_published_speed_at_its_bound_keeps_it_half_of_the_time(ask: Ask) -> None:
    first = ask({"target": "rtx-4090", "limit": 1})["recommendations"][0]
    bound = {"throughput_ips": {"min": first["metrics"]["throughput_ips"]["value"]}}
    (row,) = ask({"target": "rtx-4090", "budget": bound, "limit": 1})["recommendations"]
    assert row["fit_probability"] == pytest.approx(0.5)


def test_a_confidence_asks_each_published_candidate_for_itself(ask: Ask) -> None:
    body = {"target": I9, "budget": {"latency_ms": {"max": 20}}, "confidence": 0.9, "limit": 200}
    answer = ask(body)
    assert answer["required_probability"] == pytest.approx(0.9)
    assert min(row["fit_probability"] for row in answer["recommendations"]) >= 0.9


# Other winners


def name_of(answer: Body) -> object:
    """What the answer's first row is called, without what tells it from a row of the same name."""
    rows = answer["recommendations"]
    return (rows[0].get("checkpoint") or rows[0]["architecture"]) if rows else None


ASKED: list[Body] = [
    {"target": target, "budget": {metric: {side: limit}}, "objective": objective, "collapse": collapse}
    for target, metric, side, limits in (
        (I9, "latency_ms", "max", (5, 20, 40)),
        ("rtx-4090", "throughput_ips", "min", (1000, 10_000)),
        ("rtx-3090", "train_throughput_ips", "min", (500,)),
        ("local", "latency_ms", "max", (10, 30)),
    )
    for limit in limits
    for objective, collapse in (
        ("top1", "architecture"),
        ("balanced", "checkpoint"),
        ("top1", "configuration"),
    )
]


def named(answer: Body) -> set[object]:
    """The names of all that the answer says to be first, here or under another confidence."""
    others = {(other.get("winner") or "").partition(" (")[0] or None for other in answer["other_winners"]}
    return {name_of(answer)} | others


def test_an_other_winner_is_first_when_its_confidence_is_asked_for(ask: Ask) -> None:
    changed = 0
    for body in ASKED:
        for other in ask(body)["other_winners"]:
            changed += 1
            answer = ask(body | {"confidence": other["confidence"], "limit": 1})
            assert name_of(answer) == ((other.get("winner") or "").partition(" (")[0] or None), body
            if "winner" in other:
                probability = answer["recommendations"][0]["fit_probability"]
                assert other["fit_probability"] == pytest.approx(probability), body
    assert changed > 10


@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_where_another_confidence_has_another_winner_the_answer_says_so(ask: Ask, confidence: float) -> None:
    for body in ASKED:
        assert name_of(ask(body | {"confidence": confidence, "limit": 1})) in named(ask(body)), body


def test_under_a_confidence_the_answer_says_who_is_first_without(ask: Ask) -> None:
    for body in ASKED:
        sure = ask(body | {"confidence": 0.95, "limit": 1})
        assert name_of(ask(body | {"limit": 1})) in named(sure), body
        assert all(other.get("confidence") != 0.95 for other in sure["other_winners"])


def test_the_page_says_how_surely_each_row_keeps_the_budget_and_who_else_would_be_first(
    shipped_client: TestClient,
) -> None:
    asked = {"target": I9, "latency_ms": "8", "confidence": "any"}
    page = shipped_client.get("/", params=asked).text.replace("<wbr>", "")
    assert '<th class="num">Keeps the<br>budget</th>' in page
    assert "It keeps the budget with a probability of 61 %" in page
    assert "First at 90 % confidence: mobilenetv3_large_100.miil_in21k_ft_in1k." in page
    surely = shipped_client.get("/", params=asked | {"latency_ms": "20"}).text
    assert "of the 4 that keep the budget with a probability of at least 90 %" in surely
    assert "It keeps the budget with a probability of" not in surely
    assert (
        '<th class="num">Keeps the<br>budget</th>' not in shipped_client.get("/", params={"target": I9}).text
    )
