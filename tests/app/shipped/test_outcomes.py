"""What answers come to, and what their filters leave out, are those of the plain ranker."""

from collections import Counter
from typing import Any

import pytest

from tests.app.shipped.cases import Ask, Body, Case, PlainRanker, some
from tests.oracle.outcome import effects, filter_fields, is_smallest_blame, outcome

# No question of chance asks for what does not exist.
NOTHING: list[Body] = [
    {"target": "rtx-4090", "configuration": {"precision": ["fp16"]}},
    {"target": "rtx-4090", "configuration": {"precision": ["fp16"], "runtime": ["onnxruntime"]}},
    {"target": "rtx-4090", "configuration": {"precision": ["amp_fp16"], "compiled": True}, "input_size": 999},
    {"target": "i9-10940x", "evidence": ["measured"], "license": {"commercial_use": True}},
    {"target": "i9-10940x", "families": {"include": ["resnet"]}, "tags": {"include": ["transformer"]}},
    {"target": "local", "evidence": ["published"], "configuration": {"threads": [2]}},
]


def rows_of(plain: PlainRanker, body: Body) -> Any:
    return lambda evidence: plain.rows(body["target"], evidence)


def put(body: Body, path: str, values: list[Any]) -> Body:
    """The question with `values` in a field. Without values, the field is left out."""
    name, _, part = path.partition(".")
    if not part:
        left = {key: value for key, value in body.items() if key != name}
        if not values:
            return left
        if name == "input_size":
            sizes = [int(value) for value in values]
            return left | {name: {"min": min(sizes), "max": max(sizes)}}
        return left | {name: values}
    parts = {key: value for key, value in body[name].items() if key != part}
    if not parts and not values:
        return {key: value for key, value in body.items() if key != name}
    if part in ("batch_size", "threads", "clients"):
        values = [int(value) for value in values]
    if part in ("compiled", "arena"):
        return body | {name: parts | ({part: values[0] == "true"} if values else {})}
    return body | {name: parts | ({part: values} if values else {})}


def test_the_outcome_is_that_of_the_plain_ranker(cases: list[Case]) -> None:
    seen: Counter[str] = Counter()
    for case in some(cases, lambda case: case.one_metric):
        assert case.answer["outcome"] == outcome(case.search), case.body
        seen[case.answer["outcome"]] += 1
    assert {"fits", "all_exceed", "filtered_out"} <= set(seen)  # the others are asked for below


def test_each_filter_says_what_it_leaves_out(cases: list[Case], plain: PlainRanker) -> None:
    for case in some(cases, lambda case: bool(filter_fields(case.body))):
        found = {one["field"]: (one["passing"], one["left_out"]) for one in case.answer["filters"]}
        assert found == effects(case.body, rows_of(plain, case.body)), case.body


@pytest.mark.parametrize("body", NOTHING, ids=str)
def test_what_exists_instead_of_a_filter_that_leaves_nothing_makes_an_answer(
    plain: PlainRanker, ask: Ask, body: Body
) -> None:
    answer = ask(body)
    assert answer["outcome"] == "filtered_out"
    instead = answer["explanation"]["instead"]
    assert is_smallest_blame(body, list(instead), rows_of(plain, body))
    again = body
    for path, values in instead.items():
        again = put(again, path, values)
    assert ask(again)["considered"] > 0


def test_every_empty_answer_of_a_filter_names_what_to_change(
    cases: list[Case], plain: PlainRanker, ask: Ask
) -> None:
    for case in [case for case in cases if case.answer["outcome"] == "filtered_out"]:
        instead = case.answer["explanation"]["instead"]
        assert instead, case.body
        assert is_smallest_blame(case.body, list(instead), rows_of(plain, case.body)), case.body
        again = case.body
        for path, values in instead.items():
            again = put(again, path, values)
        assert ask(again)["considered"] > 0, case.body


def test_a_precision_that_the_tables_lack_names_those_that_they_have(ask: Ask) -> None:
    explanation = ask(NOTHING[0])["explanation"]
    assert explanation["instead"] == {"configuration.precision": ["amp_fp16"]}
    assert (
        explanation["text"]
        == "No candidate on rtx-4090 has precision fp16. Candidates there have precision amp_fp16."
    )
    assert explanation["remedy"] == "Ask for precision amp_fp16."


def test_a_latency_that_the_tables_lack_names_the_throughput(ask: Ask) -> None:
    answer = ask({"target": "rtx-4090", "budget": {"latency_ms": {"max": 10.0}}})
    assert answer["outcome"] == "all_unknown"
    explanation = answer["explanation"]
    assert explanation["instead"] == {"budget.latency_ms": ["throughput_ips"]}
    assert f"None of {answer['considered']} candidates on rtx-4090 can be judged" in explanation["text"]
    assert explanation["remedy"].startswith("Bound throughput_ips instead of latency_ms.")


def test_an_objective_that_nothing_has_names_what_can_be_ranked_by(ask: Ask) -> None:
    answer = ask({"target": "rtx-4090", "objective": "latency_ms"})
    assert answer["outcome"] == "objective_unknown"
    assert answer["explanation"]["instead"] == {"objective": ["throughput_ips"]}
    assert ask({"target": "rtx-4090", "objective": "throughput_ips"})["outcome"] == "fits"


def test_a_batch_that_only_giants_have_says_so(ask: Ask) -> None:
    answer = ask({"target": "rtx-pro-6000-max-q", "configuration": {"batch_size": [64]}})
    (found,) = answer["filters"]
    assert found["field"] == "configuration.batch_size"
    assert "each network was run at the largest batch that fitted" in found["note"]
    left_out = answer["architectures"]["on_target"] - answer["architectures"]["considered"]
    assert f"{left_out} others" in found["note"] or left_out > 0
    assert ask({"target": "rtx-pro-6000-max-q"})["filters"] == []
