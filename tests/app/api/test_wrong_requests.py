"""A wrong question, field by field: bodies and queries."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from catalog.words.metrics import Metric
from tests.app.api.problems import problem_of
from tests.app.seeds import OTHER

METRICS = [str(metric) for metric in Metric]
OBJECTIVES = ["balanced", "knee", *METRICS]
FIELDS = [
    "target", "budget", "input_size", "configuration", "license", "training_data", "families", "objective",
    "evidence", "collapse", "confidence", "limit",
]  # fmt: skip
RUNTIMES = ["pytorch", "onnxruntime", "openvino"]


def post(client: TestClient, content: str | bytes) -> Any:
    return client.post("/v1/recommendations", content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("body", "field", "allowed"),
    [
        ('{"target": "bogus"}', "target", ["local", OTHER.id]),
        ('{"target": "x\\u0000"}', "target", ["local", OTHER.id]),
        pytest.param(
            '{"target": "\\ud800"}', "target", ["local", OTHER.id],
        ),
        ('{"target": null}', "target", None),
        ('{"target": 5}', "target", None),
        ('{"target": ["local"]}', "target", None),
        ('{"budget": {"latency": {"max": 1}}}', "budget.latency", METRICS),
        ('{"budget": {"LATENCY_MS": {"max": 1}}}', "budget.LATENCY_MS", METRICS),
        ('{"budget": {"": {"max": 1}}}', "budget.", METRICS),
        ('{"budget": {"\\u0000": {"max": 1}}}', "budget.\0", METRICS),
        ('{"budget": {"latency_ms": {"max": -1}}}', "budget.latency_ms.max", [">= 0.0"]),
        ('{"budget": {"latency_ms": {"min": -0.001}}}', "budget.latency_ms.min", [">= 0.0"]),
        ('{"budget": {"latency_ms": {"min": 3, "max": 1}}}', "budget.latency_ms", None),
        ('{"budget": {"latency_ms": {}}}', "budget.latency_ms", None),
        ('{"budget": {"latency_ms": {"min": null, "max": null}}}', "budget.latency_ms", None),
        ('{"budget": {"latency_ms": {"max": NaN}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": Infinity}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": -Infinity}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": 1e400}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": 1%s}}}' % ("0" * 400), "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": "60"}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": true}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"max": [60]}}}', "budget.latency_ms.max", None),
        ('{"budget": {"latency_ms": {"maximum": 60}}}', "budget.latency_ms.maximum", ["min", "max"]),
        ('{"budget": {"latency_ms": 60}}', "budget.latency_ms", None),
        ('{"budget": {"latency_ms": null}}', "budget.latency_ms", None),
        ('{"budget": [{"latency_ms": {"max": 60}}]}', "budget", None),
        ('{"budget": null}', "budget", None),
        ('{"bogus": 1}', "bogus", FIELDS),
        ('{"Target": "local"}', "Target", FIELDS),
        ('{"configuration": {"bogus": []}}', "configuration.bogus", ["runtime", "threads"]),
        ('{"configuration": {"runtime": ["tvm"]}}', "configuration.runtime.0", RUNTIMES),
        ('{"configuration": {"runtime": "openvino"}}', "configuration.runtime", None),
        ('{"configuration": {"precision": ["fp32", "fp64"]}}', "configuration.precision.1", ["bf16"]),
        ('{"configuration": {"threads": [0]}}', "configuration.threads.0", [">= 1"]),
        ('{"configuration": {"threads": [1.5]}}', "configuration.threads.0", None),
        ('{"configuration": {"batch_size": [true]}}', "configuration.batch_size.0", None),
        ('{"configuration": {"batch_size": ["1"]}}', "configuration.batch_size.0", None),
        ('{"input_size": "224"}', "input_size", None),
        ('{"input_size": true}', "input_size", None),
        ('{"input_size": 224.5}', "input_size", None),
        ('{"input_size": {"min": 300, "max": 200}}', "input_size", None),
        ('{"input_size": {"least": 300}}', "input_size.least", ["min", "max"]),
        ('{"license": {"allow": []}}', "license", None),
        ('{"license": {}}', "license", None),
        ('{"license": {"commercial_use": "yes"}}', "license.commercial_use", None),
        ('{"license": {"commercial_use": 1}}', "license.commercial_use", None),
        ('{"license": {"forbid": []}}', "license.forbid", ["allow", "commercial_use"]),
        ('{"training_data": {"exclude": "laion"}}', "training_data.exclude", None),
        ('{"training_data": {"exclude": [1]}}', "training_data.exclude.0", None),
        ('{"training_data": {"only": []}}', "training_data.only", ["exclude"]),
        ('{"training_data": {"exclude": ["bogus"]}}', "training_data.exclude", ["laion-2b", "imagenet-1k"]),
        ('{"training_data": {"exclude": [""]}}', "training_data.exclude", ["laion-2b"]),
        ('{"training_data": {"exclude": ["LAIONS"]}}', "training_data.exclude", ["laion-2b"]),
        ('{"configuration": {"batch_policy": ["any"]}}', "configuration.batch_policy.0", ["fixed"]),
        ('{"license": {"allow": "mit"}}', "license.allow", None),
        ('{"license": ["mit"]}', "license", None),
        ('{"families": {"include": ["bogus"]}}', "families", ["resnet", "levit"]),
        ('{"license": {"allow": ["MIT", "bogus"]}}', "license.allow", ["Apache-2.0", "MIT"]),
        ('{"families": {"exclude": ["bogus"]}}', "families", ["resnet", "levit"]),
        ('{"families": {"only": []}}', "families.only", ["include", "exclude"]),
        ('{"objective": "speed"}', "objective", OBJECTIVES),
        ('{"objective": null}', "objective", OBJECTIVES),
        ('{"objective": {"weights": {}}}', "objective.weights", None),
        ('{"objective": {"weights": {"top1": 0}}}', "objective.weights.top1", ["> 0.0"]),
        ('{"objective": {"weight": {"top1": 1}}}', "objective.weights", None),
        ('{"evidence": "measured"}', "evidence", None),
        ('{"evidence": ["guessed"]}', "evidence.0", ["measured", "estimated", "published"]),
        ('{"evidence": ["counted"]}', "evidence.0", ["measured", "estimated", "published"]),
        ('{"collapse": "family"}', "collapse", ["architecture", "checkpoint", "configuration"]),
        ('{"confidence": 0}', "confidence", ["> 0.0"]),
        ('{"confidence": 1}', "confidence", ["< 1.0"]),
        ('{"confidence": "0.9"}', "confidence", None),
        ('{"confidence": NaN}', "confidence", None),
        ('{"limit": 0}', "limit", [">= 1"]),
        ('{"limit": 201}', "limit", ["<= 200"]),
        ('{"limit": -1}', "limit", [">= 1"]),
        ('{"limit": true}', "limit", None),
        ('{"limit": "5"}', "limit", None),
        ('{"limit": 5.5}', "limit", None),
        ('{"limit": null}', "limit", None),
        ('{"limit": 1%s}' % ("0" * 400), "limit", ["<= 200"]),
        ("[]", "body", None),
        ("null", "body", None),
        ('"local"', "body", None),
        ("5", "body", None),
        ("NaN", "body", None),
        ("", "body", None),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_field(
    client: TestClient, body: str, field: str, allowed: list[str] | None
) -> None:
    document = problem_of(post(client, body), 422)
    errors = {error["field"]: error for error in document["errors"]}
    assert field in errors
    assert errors[field]["detail"]
    assert field in document["detail"] or errors[field]["detail"] in document["detail"]
    if allowed is not None:
        assert set(allowed) <= set(errors[field]["allowed"])


@pytest.mark.parametrize(
    ("path", "field"),
    [("/v1/recommendations", "budget"), ("/v1/placements", "checkpoint")],
)
def test_an_unknown_field_of_a_body_is_answered_with_the_fields_that_exist(
    client: TestClient, path: str, field: str
) -> None:
    document = problem_of(client.post(path, json={"bogus": 1}), 422)
    assert field in allowed_instead_of("bogus", document)


@pytest.mark.parametrize(
    ("path", "field"),
    [("/v1/architectures", "min_top1"), ("/v1/frontier", "x"), ("/v1/compare", "candidate")],
)
def test_an_unknown_field_of_a_query_is_answered_with_the_fields_that_exist(
    client: TestClient, path: str, field: str
) -> None:
    document = problem_of(client.get(path, params={"bogus": 1}), 422)
    assert field in allowed_instead_of("bogus", document)


def test_every_route_refuses_unknown_parameters(read_only_app: FastAPI) -> None:
    client = TestClient(read_only_app)
    operations = [
        (method, path.replace("{name}", "resnet50").replace("{id}", "local"))
        for path, item in read_only_app.openapi()["paths"].items()
        for method in item
    ]
    assert len(operations) > 10
    statuses = {
        operation: client.request(*operation, params={"bogus": 1}, json={}).status_code
        for operation in operations
    }
    assert set(statuses.values()) == {422}, statuses


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/measurements?limit=5&limit=6", "limit"),
        ("/v1/measurements?target=local&target=local", "target"),
        ("/v1/architectures?q=a&q=b", "q"),
        ("/v1/architectures?min_top1=70&min_top1=80", "min_top1"),
        ("/v1/frontier?target=local&x=gmacs&x=top1", "x"),
    ],
)
def test_a_parameter_that_is_stated_twice_is_refused(client: TestClient, path: str, field: str) -> None:
    document = problem_of(client.get(path), 422)
    assert [error["field"] for error in document["errors"]] == [field]


def test_a_parameter_that_may_have_several_values_has_several(client: TestClient) -> None:
    assert client.get("/v1/architectures?tag=convolutional&tag=resnet").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        '{"limit": 5, "limit": 5}',
        '{"budget": {"latency_ms": {"max": 5, "max": 50}}}',
        '{"budget": {"latency_ms": {"max": 5}, "latency_ms": {"max": 50}}}',
        '{"limit": 5, "l\\u0069mit": 6}',
    ],
)
@pytest.mark.parametrize("path", ["/v1/recommendations", "/v1/placements"])
def test_a_field_that_is_stated_twice_is_refused(client: TestClient, path: str, body: str) -> None:
    response = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert "more than once" in problem_of(response, 400)["detail"]


def allowed_instead_of(field: str, document: dict[str, Any]) -> list[str]:
    (fault,) = [error for error in document["errors"] if error["field"] == field]
    allowed: list[str] = fault["allowed"]
    return allowed


@pytest.mark.parametrize("size", ["0", "-1", "1000000", '{"min": 0}', '{"max": 1000000}', '{"min": "1"}'])
def test_an_input_size_out_of_range_is_refused(client: TestClient, size: str) -> None:
    document = problem_of(post(client, f'{{"input_size": {size}}}'), 422)
    assert all(error["field"].startswith("input_size") for error in document["errors"])


NOT_JSON: dict[str, str | bytes] = {
    "cut off": "{",
    "words": "not JSON",
    "single quotes": "{'target': 'local'}",
    "no closing brace": '{"target": "local"',
    "two documents": '{"target": "local"} {}',
    "a number of 5000 digits": f'{{"limit": 1{"0" * 5000}}}',
    "deep arrays cut off": "[" * 100_000,
    "deep objects cut off": '{"a":' * 100_000,
    "deep arrays": f'{{"budget": {"[" * 50_000}{"]" * 50_000}}}',
    "invalid UTF-8": b'{"target": "\xff"}',
    "cut off UTF-16": b"\xff\xfe\x00",
    "NUL": b"\x00",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_a_body_that_is_not_json_is_refused(client: TestClient, body: str | bytes) -> None:
    document = problem_of(post(client, body), 400)
    assert document["detail"] == "The body is not JSON."
    assert [error["field"] for error in document["errors"]] == ["body"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("a number of 5000 digits", "A number has too many digits."),
        ("deep arrays", "It is nested too deeply."),
        ("invalid UTF-8", "It is not text in UTF-8."),
    ],
)
def test_a_body_that_cannot_be_read_says_why(client: TestClient, body: str, why: str) -> None:
    (error,) = problem_of(post(client, NOT_JSON[body]), 400)["errors"]
    assert error["detail"] == why


@pytest.mark.parametrize("query", ["/v1/architectures?q=%00", "/v1/compare?tag=%00&candidate=a&candidate=b"])
def test_a_text_with_nul_is_refused_in_plain_words(client: TestClient, query: str) -> None:
    (error,) = problem_of(client.get(query), 422)["errors"]
    assert error["detail"] == "Give a text without the character NUL."


@pytest.mark.parametrize(
    ("size", "right"),
    [('"224"', "224"), ("224.0", "224"), ("[224]", "224"), ("224.5", '{"min": 192, "max": 288}')],
)
def test_a_size_of_another_type_is_told_how_to_write_it(client: TestClient, size: str, right: str) -> None:
    (error,) = problem_of(post(client, f'{{"input_size": {size}}}'), 422)["errors"]
    assert error["detail"].endswith(f'Write {{"input_size": {right}}}.')
    assert post(client, f'{{"input_size": {right}}}').status_code == 200


def test_several_faults_are_told_at_once(client: TestClient) -> None:
    body = '{"budget": {"latency": {"max": 1}, "top1": {"min": -1}}, "limit": 0, "bogus": 1}'
    document = problem_of(post(client, body), 422)
    fields = ["budget.latency", "budget.top1.min", "limit", "bogus"]
    assert [error["field"] for error in document["errors"]] == fields
    assert all(field in document["detail"] for field in fields)


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/json", "jsonp/x", ""])
def test_a_body_of_another_media_type_is_told_which_is_wanted(client: TestClient, media_type: str) -> None:
    """As curl sends it where no header is given, and what only looks like the right one."""
    response = client.post(
        "/v1/recommendations",
        content='{"limit": 5}',
        headers={"Content-Type": media_type},
    )
    assert 400 <= response.status_code < 500
    assert "application/json" in problem_of(response, response.status_code)["detail"] + response.text


@pytest.mark.parametrize(
    "body",
    ['{"budget": {"latency_ms": 60}}', '{"input_size": "224"}', "[]"],
    ids=["bound", "input size", "body"],
)
def test_faults_are_told_without_words_of_python(client: TestClient, body: str) -> None:
    text = post(client, body).text
    assert "dictionary" not in text
    assert "instance" not in text.replace('"instance":', "")


@pytest.mark.parametrize(
    ("path", "field", "allowed"),
    [
        ("/v1/measurements?cursor=bogus", "cursor", None),
        ("/v1/measurements?architecture=resnet5", "architecture", ["resnet50"]),
        ("/v1/measurements?cursor=%00", "cursor", None),
        ("/v1/measurements?cursor=" + "9" * 300, "cursor", None),
        ("/v1/measurements?limit=0", "limit", [">= 1"]),
        ("/v1/measurements?limit=201", "limit", ["<= 200"]),
        ("/v1/measurements?limit=true", "limit", None),
        ("/v1/measurements?limit=", "limit", None),
        ("/v1/measurements?limit=" + "9" * 5000, "limit", None),
        ("/v1/measurements?status=bogus", "status", ["ok", "failed"]),
        ("/v1/measurements?runtime=tvm", "runtime", RUNTIMES),
        ("/v1/measurements?samples=perhaps", "samples", None),
        ("/v1/measurements?target=bogus", "target", ["local", OTHER.id]),
        ("/v1/measurements?target=%00", "target", None),
        ("/v1/measurements?architecture=%00", "architecture", None),
        ("/v1/architectures?q=%00", "q", None),
        ("/v1/architectures?family=%00", "family", None),
        ("/v1/architectures?cursor=a%00", "cursor", None),
        ("/v1/architectures?q=" + "x" * 201, "q", None),
        ("/v1/architectures?limit=0", "limit", [">= 1"]),
        ("/v1/architectures?limit=201", "limit", ["<= 200"]),
    ],
)
def test_a_wrong_query_is_refused_by_field(
    client: TestClient, path: str, field: str, allowed: list[str] | None
) -> None:
    document = problem_of(client.get(path), 422)
    errors = {error["field"]: error for error in document["errors"]}
    assert field in errors
    if allowed is not None:
        assert set(allowed) <= set(errors[field]["allowed"])
