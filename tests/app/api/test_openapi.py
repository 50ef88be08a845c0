"""The document at /openapi.json is true: answers are as it says, and no request that it describes, or that
comes close to one, breaks the server."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from app.main import create_app
from app.settings import Reads, ServerSettings
from catalog.opening import open_catalog
from catalog.storage.keys import add_key
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Scope
from tests.builders import NOON
from tests.plain_language import faults

Document = dict[str, Any]

OPERATIONS = [
    ("POST", "/v1/recommendations"),
    ("GET", "/v1/architectures"),
    ("GET", "/v1/architectures/{name}"),
    ("GET", "/v1/families"),
    ("GET", "/v1/frontier"),
    ("GET", "/v1/compare"),
    ("POST", "/v1/placements"),
    ("GET", "/v1/targets"),
    ("GET", "/v1/targets/{id}"),
    ("GET", "/v1/measurements"),
    ("POST", "/v1/measurements"),
    ("GET", "/v1/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
]


@pytest.fixture(scope="module")
def document(client: TestClient) -> Document:
    found: Document = client.get("/openapi.json").json()
    return found


def declared(document: Document, method: str, path: str) -> Document:
    """The answers that the document declares, by status."""
    answers: Document = document["paths"][path][method.lower()]["responses"]
    return answers


def test_the_document_describes_just_these_operations(document: Document) -> None:
    found = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert found == set(OPERATIONS)


def test_the_question_comes_with_examples_that_get_an_answer(document: Document, client: TestClient) -> None:
    examples = document["components"]["schemas"]["RecommendationRequest"]["examples"]
    assert {
        "target": "local",
        "budget": {"latency_ms": {"max": 60}, "top1": {"min": 70}},
        "limit": 5,
    } in examples
    for example in examples:
        assert client.post("/v1/recommendations", json=example).json()["recommendations"]


def test_the_document_names_every_metric(document: Document) -> None:
    assert document["components"]["schemas"]["Metric"]["enum"] == [str(metric) for metric in Metric]


def test_the_document_says_what_a_field_means(document: Document) -> None:
    schemas = document["components"]["schemas"]
    for schema, field in (
        ("RecommendationRequest", "target"),
        ("RecommendationRequest", "confidence"),
        ("RecommendationResponse", "considered"),
        ("RecommendationRequest", "typical_image"),
        ("RecommendationResponse", "fitting"),
        ("RecommendationResponse", "eliminated_together"),
        ("RecommendationResponse", "required_probability"),
        ("RecommendationView", "rank"),
        ("RecommendationView", "dominated_by"),
        ("RecommendationView", "on_frontier"),
        ("CandidateView", "slack"),
    ):
        assert schemas[schema]["properties"][field]["description"]


def texts_of(node: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every description within `node` and where it is: those of the document, not fields of that name."""
    if isinstance(node, dict):
        for key, value in node.items():
            here = f"{place}/{key}"
            if key == "description" and isinstance(value, str):
                yield here, value
            elif key not in ("example", "examples", "default"):
                yield from texts_of(value, here)
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from texts_of(value, f"{place}/{position}")


def test_every_text_of_the_document_can_be_read_alone(document: Document) -> None:
    texts = dict(texts_of(document))
    assert len(texts) > 500
    assert {place: (found, text) for place, text in texts.items() if (found := faults(text))} == {}


def test_every_schema_and_each_of_its_fields_has_a_description(document: Document) -> None:
    schemas = document["components"]["schemas"]
    fields = {
        f"{name}.{field}": one
        for name, it in schemas.items()
        for field, one in it.get("properties", {}).items()
    }
    assert [name for name, one in (schemas | fields).items() if not one.get("description")] == []


def test_every_operation_parameter_and_answer_has_a_description(document: Document) -> None:
    operations = [one for path in document["paths"].values() for one in path.values()]
    parts = [*operations, *(parameter for one in operations for parameter in one.get("parameters", []))]
    assert all(part.get("description") for part in parts)
    answers = {answer["description"] for one in operations for answer in one["responses"].values()}
    assert answers.isdisjoint({"Successful Response", "Bad Request", "Not Found", "Unprocessable Entity"})


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_errors_are_declared_as_problem_documents(document: Document, method: str, path: str) -> None:
    for status, answer in declared(document, method, path).items():
        if int(status) >= 400:
            assert list(answer["content"]) == ["application/problem+json"], status
            schema = answer["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


ANSWERS: list[tuple[str, str, str, Document | None]] = [
    ("POST", "/v1/recommendations", "/v1/recommendations", {}),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"budget": {"latency_ms": {"max": 60}}}),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"budget": {"latency_ms": {"max": 4}}}),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"limit": 0}),
    ("GET", "/v1/architectures", "/v1/architectures?limit=200", None),
    ("GET", "/v1/architectures/{name}", "/v1/architectures/resnet50", None),
    ("GET", "/v1/architectures/{name}", "/v1/architectures/toynet", None),
    ("GET", "/v1/architectures/{name}", "/v1/architectures/bogus", None),
    ("GET", "/v1/architectures/{name}", "/v1/architectures/gcvit_tiny", None),
    ("GET", "/v1/architectures", "/v1/architectures?bogus=1", None),
    ("GET", "/v1/architectures", "/v1/architectures?target=bogus", None),
    ("GET", "/v1/families", "/v1/families", None),
    ("GET", "/v1/frontier", "/v1/frontier?target=i9-10940x", None),
    ("GET", "/v1/frontier", "/v1/frontier?x=top1", None),
    ("GET", "/v1/compare", "/v1/compare?target=rtx-4090&candidate=resnet18&candidate=resnet50", None),
    ("GET", "/v1/compare", "/v1/compare?candidate=resnet18", None),
    ("POST", "/v1/placements", "/v1/placements", {"checkpoint": "resnet50", "budget": {"top1": {"min": 75}}}),
    ("POST", "/v1/placements", "/v1/placements", {}),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"target": "rtx-4090", "objective": "knee"}),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"tags": {"exclude": ["bogus"]}}),
    (
        "POST",
        "/v1/recommendations",
        "/v1/recommendations",
        {
            "budget": {"latency_ms": {"max": 4}, "top1": {"min": 70}, "peak_memory_mb": {"max": 90}},
            "confidence": 0.9,
        },
    ),
    (
        "POST",
        "/v1/recommendations",
        "/v1/recommendations",
        {"typical_image": {"width": 640, "height": 112}, "collapse": "configuration", "confidence": 0.5},
    ),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"target": "rtx-4090"}),
    ("POST", "/v1/recommendations", "/v1/recommendations", {"training_data": {"exclude": ["bogus"]}}),
    ("GET", "/v1/measurements", "/v1/measurements?target=i9-10940x", None),
    ("GET", "/v1/targets", "/v1/targets", None),
    ("GET", "/v1/targets/{id}", "/v1/targets/local", None),
    ("GET", "/v1/targets/{id}", "/v1/targets/bogus", None),
    ("GET", "/v1/measurements", "/v1/measurements?samples=true", None),
    ("GET", "/v1/measurements", "/v1/measurements?limit=0", None),
    ("GET", "/healthz", "/healthz", None),
    ("GET", "/readyz", "/readyz", None),
]


@pytest.mark.parametrize(("method", "path", "url", "body"), ANSWERS)
def test_answers_are_as_declared(
    document: Document, client: TestClient, method: str, path: str, url: str, body: Document | None
) -> None:
    response = client.request(method, url, json=body)
    answer = declared(document, method, path)[str(response.status_code)]
    (content,) = [
        schema["schema"] for media_type, schema in answer["content"].items() if media_type.endswith("json")
    ]
    # An answer may hold nothing that the document does not know.
    schemas = {
        name: {**schema, "additionalProperties": False} if "properties" in schema else schema
        for name, schema in document["components"]["schemas"].items()
    }
    schemas["CandidateView"].pop("additionalProperties")
    validator = jsonschema_rs.validator_for({**content, "components": {"schemas": schemas}})
    errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(response.json())]
    assert errors == []


# Requests made from the document


@cache
def schema_of(app: FastAPI) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
# Who has more time than a suite says how many: EXAMPLES=1000 pytest tests/app/api/test_openapi.py
fewer = settings(few, max_examples=int(os.environ.get("EXAMPLES", "3")))
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
made_requests = pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        ("POST", "/v1/recommendations", GenerationMode.POSITIVE),
        ("POST", "/v1/recommendations", GenerationMode.NEGATIVE),
        ("GET", "/v1/architectures", GenerationMode.POSITIVE),
        ("GET", "/v1/architectures", GenerationMode.NEGATIVE),
        ("GET", "/v1/architectures/{name}", GenerationMode.POSITIVE),
        ("GET", "/v1/targets/{id}", GenerationMode.POSITIVE),
        ("GET", "/v1/measurements", GenerationMode.POSITIVE),
        ("GET", "/v1/measurements", GenerationMode.NEGATIVE),
    ],
)


@made_requests
@few
@given(data=st.data())
def test_no_request_breaks_the_server_or_the_document(
    read_only_app: FastAPI, method: str, path: str, mode: GenerationMode, data: st.DataObject
) -> None:
    operation = schema_of(read_only_app)[path][method]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    case.call_and_validate(checks=CHECKS)


@pytest.fixture(scope="module")
def keyed(seeded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, str]]:
    """An application whose reads are keyed, and a key that opens everything."""
    file = Path(shutil.copy(seeded_template, tmp_path_factory.mktemp("keyed")))
    url = f"sqlite:///{file}"
    with open_catalog(url) as catalog, catalog.write() as session:
        key = add_key(session, "admin", Scope.ADMIN, NOON)
    app = create_app(ServerSettings(catalog_url=url, reads=Reads.KEYED, ingest_rate_limit="off"))
    yield app, key
    app.state.refits.close()
    app.state.catalog.close()


def takes_input(document: Document, method: str, path: str) -> bool:
    """Whether a request of the operation can differ from another."""
    operation = document["paths"][path][method.lower()]
    return "requestBody" in operation or bool(operation.get("parameters"))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", MODES)
@fewer
@given(data=st.data())
def test_no_request_with_a_key_breaks_any_operation(
    keyed: tuple[FastAPI, str],
    document: Document,
    method: str,
    path: str,
    mode: GenerationMode,
    data: st.DataObject,
) -> None:
    app, key = keyed
    if not takes_input(document, method, path):
        mode = GenerationMode.POSITIVE
    case = data.draw(schema_of(app)[path][method].as_strategy(generation_mode=mode))
    case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {key}"})
