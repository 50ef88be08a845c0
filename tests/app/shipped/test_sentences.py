"""Each sentence of an answer is computed again from the numbers beside it."""

import re
from collections import Counter

import pytest

from app.contract.answers.recommendations import RecommendationResponse
from app.presentation.wording.budgets import certainty, other_winners, relaxed_bound, shortfall
from tests.app.shipped.cases import Ask, Body, Case, PlainRanker
from tests.oracle.outcome_sentences import Said, check_answer
from tests.oracle.reasons import Reasons
from tests.oracle.sentences import TEMPLATES, check_reasons

# Questions whose answers have the sentences that questions of chance seldom get.
MORE: list[Body] = [
    {
        "target": "i9-10940x",
        "budget": {"latency_ms": {"max": 10.0}},
        "typical_image": {"width": 96, "height": 96},
    },
    {
        "target": "i9-10940x",
        "budget": {"latency_ms": {"max": 30.0}},
        "typical_image": {"width": 1024, "height": 768},
    },
    {"target": "i9-10940x", "budget": {"params_m": {"max": 5.0}, "gmacs": {"max": 0.6}}},
    {"target": "i9-10940x", "budget": {"top1": {"min": 80.0}}, "objective": "latency_ms"},
    {"target": "rtx-3090", "budget": {"top1": {"min": 80.0}}, "objective": "train_throughput_ips"},
    {
        "target": "rtx-3090",
        "budget": {"throughput_ips": {"min": 2000.0}, "train_throughput_ips": {"min": 500.0}},
    },
    {"target": "rtx-4090", "objective": "latency_ms"},
    {"target": "rtx-4090", "objective": "throughput_ips", "collapse": "checkpoint"},
    {"target": "local", "objective": "peak_memory_mb", "collapse": "configuration", "limit": 200},
    {"target": "local", "objective": "knee"},
    {"target": "local", "objective": "balanced", "collapse": "configuration", "limit": 200},
]


@pytest.fixture(scope="module")
def more(ask: Ask, plain: PlainRanker) -> list[Case]:
    questions = [{"objective": "top1", "collapse": "architecture", "limit": 20} | body for body in MORE]
    return [Case(body, ask(body), plain.search(body)) for body in questions]


def test_each_sentence_of_a_reason_is_true_of_the_numbers_beside_it(
    cases: list[Case], more: list[Case]
) -> None:
    for case in [*cases, *more]:
        assert check_reasons(Reasons(case.answer, case.search)) == [], case.body


def test_what_an_answer_says_of_itself_is_true(cases: list[Case], more: list[Case]) -> None:
    for case in [*cases, *more]:
        assert check_answer(Said(case.answer, case.search)) == [], case.body


def test_most_templates_of_reasons_are_met(cases: list[Case], more: list[Case]) -> None:
    """A check of a template that no answer has says nothing."""
    met: Counter[str] = Counter()
    for case in [*cases, *more]:
        for one in case.answer["recommendations"]:
            for sentence in one["reasons"]:
                met.update(pattern for pattern, _ in TEMPLATES if re.fullmatch(pattern, sentence))
    assert [pattern for pattern, _ in TEMPLATES if pattern not in met] == []


# Beyond it a number has more digits than a float.
LARGEST_SHOWN = 1e15


def shown_limit(text: str, sign: int, limit: float, step: float) -> bool:
    """Whether the first number of a text is the limit, rounded outwards to its last decimal."""
    (number, *_) = re.findall(r"\d+\.?\d*", text)
    return limit > LARGEST_SHOWN or -1e-9 * limit <= sign * (float(number) - limit) <= step + 1e-9 * limit


def test_the_terminal_says_the_numbers_of_the_answer(cases: list[Case], more: list[Case]) -> None:
    for case in [*cases, *more]:
        response = RecommendationResponse.model_validate(case.answer)
        for relaxation in response.relaxations:
            step = 10.0 ** -relaxation.metric.decimals_of(relaxation.bound)
            sign = 1 if relaxation.side == "max" else -1
            assert shown_limit(relaxed_bound(relaxation), sign, relaxation.bound, step), case.body
        for miss in response.near_misses:
            text = shortfall(miss)
            outside = {metric: slack for metric, slack in miss.slack.items() if slack < 0}
            assert outside or "keeps every bound only with probability" in text, case.body
            for metric, slack in outside.items():
                unit = "points" if metric.unit == "%" else metric.unit
                assert f"{metric} misses its bound by {metric.show(-slack)} {unit}" in text, case.body
        for one in response.recommendations[:3]:
            surely = re.search(r"It keeps the budget: (>99|<1|\d+) %\.", certainty(one))
            assert (surely is not None) is bool(one.slack), case.body
            if surely and surely[1].isdigit():
                assert abs(int(surely[1]) / 100 - (one.fit_probability or 0)) <= 0.005 + 1e-9
        said = other_winners(response.other_winners)
        for other in response.other_winners:
            assert (other.winner or "nothing, because nothing fits") in said
