"""What follows from one answer holds in others."""

import random
import shutil
from math import inf
from pathlib import Path

import jsonschema_rs
from fastapi.testclient import TestClient

from catalog.opening import open_catalog
from catalog.words.metrics import Direction, Metric
from tests.app.conftest import client_of
from tests.app.shipped.cases import Ask, Body, Case, again, some
from tests.app.shipped.measured import TWIN, seed
from tests.builders import make_target
from tests.oracle.identity import identity, identity_of


def test_tightening_a_bound_never_adds_a_candidate(cases: list[Case], ask: Ask) -> None:
    rng = random.Random(3)
    asked = 0
    for case in cases:
        tighter = {
            metric: {
                side: limit * (rng.choice([1.0, 1.05]) if side == "min" else rng.choice([1.0, 0.95]))
                for side, limit in bound.items()
            }
            for metric, bound in case.body["budget"].items()
        }
        ordered = all(one.get("min", 0) <= one.get("max", inf) for one in tighter.values())
        if not ordered or tighter == case.body["budget"] or rng.random() < 0.5:
            continue
        asked += 1
        after = ask(again(case.body, tighter))
        assert after["considered"] == case.answer["considered"], case.body
        assert after["fitting"] <= case.answer["fitting"], case.body
        before = {identity(row) for row in case.search.fitting}
        assert {identity_of(one) for one in after["recommendations"]} <= before, case.body
    assert asked >= 10


def test_the_winners_own_numbers_as_bounds_keep_the_winner(cases: list[Case], ask: Ask) -> None:
    """Beside the bounds that it kept; weights as they were, since a scheme's follow from the bounds."""
    answered = some(
        cases[::2], lambda case: bool(case.answer["recommendations"]) and "confidence" not in case.body
    )
    for case in answered:
        winner = case.answer["recommendations"][0]
        budget = {metric: dict(bound) for metric, bound in case.body["budget"].items()}
        for metric, number in winner["metrics"].items():
            side = "max" if Metric(metric).direction is Direction.LOWER else "min"
            budget.setdefault(metric, {})[side] = number["value"]
        objective = case.body["objective"]
        if objective in ("balanced", "knee"):
            objective = {"weights": case.answer["weights"]}
        answer = ask(case.body | {"budget": budget, "objective": objective, "limit": 1})
        assert identity_of(answer["recommendations"][0]) == identity_of(winner), case.body
        assert all(slack == 0 or metric in case.body["budget"] for metric, slack in winner["slack"].items())


def test_a_filter_that_the_winner_passes_keeps_the_winner(cases: list[Case], ask: Ask) -> None:
    rng = random.Random(5)
    answered = some(
        cases,
        lambda case: (
            bool(case.answer["recommendations"]) and case.one_metric and "confidence" not in case.body
        ),
    )
    for case in answered:
        found = case.answer["recommendations"]
        row = case.search.collapsed[0]
        run = row.configuration
        filters: list[Body] = [
            {"input_size": row.input_size},
            {
                "configuration": {
                    "precision": [run.precision],
                    "runtime": [run.runtime],
                }
            },
        ]
        if case.body["target"] == "local":
            filters.append({"evidence": [row.provenance]})
        if row.family:
            filters.append({"families": {"include": [row.family]}})
        if row.tags:
            filters.append({"tags": {"include": list(row.tags[:1])}})
        if row.commercial_use is not None:
            filters.append({"license": {"commercial_use": row.commercial_use}})
        one = rng.choice([each for each in filters if not set(each) & set(case.body)] or [{}])
        answer = ask(case.body | one | {"limit": 1})
        assert answer["considered"] <= case.answer["considered"]
        assert identity_of(answer["recommendations"][0]) == identity_of(found[0]), (case.body, one)


def without(answer: Body, *names: str) -> Body:
    return {name: one for name, one in answer.items() if name not in names}


def test_another_name_of_a_target_changes_nothing(cases: list[Case], ask: Ask) -> None:
    """What is measured here is measured on its twin, too."""
    for case in some(cases[::2], lambda case: case.body["target"] == "local"):
        answer = ask(case.body | {"target": TWIN})
        names = ("target", "unknown_remedies", "explanation", "not_considered")
        assert without(answer, *names) == without(case.answer, *names), case.body


def test_one_target_more_changes_nothing_for_the_others(
    cases: list[Case], path: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "copied.sqlite"
    shutil.copy(path, copied)
    with open_catalog(f"sqlite:///{copied}") as catalog:
        seed(catalog, make_target("aaa-new-cpu"))
    asked = [case for case in cases if case.body["target"] in ("local", "i9-10940x")][::4]
    assert len(asked) > 30
    with client_of(f"sqlite:///{copied}") as client:
        answers = [client.post("/v1/recommendations", json=case.body).json() for case in asked]
    for case, answer in zip(asked, answers, strict=True):
        assert answer["catalog_revision"] > case.answer["catalog_revision"]
        assert without(answer, "catalog_revision") == without(case.answer, "catalog_revision"), case.body


def test_every_answer_is_as_the_document_declares(cases: list[Case], shipped_client: TestClient) -> None:
    document = shipped_client.get("/openapi.json").json()
    (content,) = document["paths"]["/v1/recommendations"]["post"]["responses"]["200"]["content"].values()
    # An answer may hold nothing that the document does not know.
    schemas = {
        name: {**schema, "additionalProperties": False} if "properties" in schema else schema
        for name, schema in document["components"]["schemas"].items()
    }
    validator = jsonschema_rs.validator_for({**content["schema"], "components": {"schemas": schemas}})
    for case in cases:
        errors = [f"{one.instance_path}: {one.message}" for one in validator.iter_errors(case.answer)]
        assert errors == [], case.body
