"""Uploading over HTTP: who may, what comes back, and what is kept of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Reads, ServerSettings
from catalog.entities.configurations import Target
from catalog.entities.identity import hardware_id
from catalog.entities.measurements import Measurement
from catalog.exchange.writing import lines_of
from catalog.opening import open_catalog
from catalog.storage import database, engines
from catalog.storage.keys import add_key, revoke_key
from catalog.words.vocabulary import Device, Scope
from tests.builders import NOON, make_measurement

NOW = datetime.now(UTC)
IDENTITY: dict[str, str | int] = {"model_name": "Runner", "cpus": 2}
RUNNER = Target(hardware_id("runner-2c", IDENTITY), Device.CPU, "Runner, 2 CPUs", IDENTITY)
PATH, LINES, ARRAY = "/v1/measurements", "application/x-ndjson", "application/json"


@pytest.fixture
def keys(seeded_url: str) -> dict[str, str]:
    """Keys by what is of interest in them."""
    made = {}
    with open_catalog(seeded_url) as catalog, catalog.write() as session:
        for scope in Scope:
            made[str(scope)] = add_key(session, scope, scope, NOW)
        made["expired"] = add_key(session, "expired", Scope.ADMIN, NOW, NOW - timedelta(seconds=1))
        made["revoked"] = add_key(session, "revoked", Scope.ADMIN, NOW)
        revoke_key(session, "revoked", NOW)
        made["other"] = add_key(session, "other", Scope.INGEST, NOW)
    return made


@pytest.fixture
def keyed_client(seeded_url: str) -> Iterator[TestClient]:
    """A client of an application that reads are keyed of."""
    with TestClient(create_app(ServerSettings(catalog_url=seeded_url, reads=Reads.KEYED))) as client:
        yield client


def export(*measurements: Measurement) -> str:
    return "\n".join(lines_of([RUNNER, *measurements]))


def measured(latency: float = 5.0, days: int = 0) -> Measurement:
    return make_measurement("resnet18", latency, target=RUNNER, measured_at=NOON + timedelta(days=days))


def upload(client: TestClient, key: str | None, body: str, media_type: str = LINES) -> Any:
    headers = {"Content-Type": media_type} | ({"Authorization": f"Bearer {key}"} if key else {})
    return client.post(PATH, content=body, headers=headers)


def test_an_upload_shows_in_the_next_answer_with_its_uploader(
    own_client: TestClient, keys: dict[str, str]
) -> None:
    response = upload(own_client, keys["ingest"], export(measured()))
    assert response.status_code == 200
    assert response.json() == {"measurements": 1, "new": 1}
    again = upload(own_client, keys["ingest"], export(measured()))
    assert again.json() == {"measurements": 1, "new": 0}
    (item,) = own_client.get(PATH, params={"target": RUNNER.id}).json()["items"]
    assert item["uploaded_by"] == "ingest"
    answer = own_client.post("/v1/recommendations", json={"target": RUNNER.id}).json()
    assert answer["recommendations"][0]["architecture"] == "resnet18"


def test_an_array_is_taken_too(own_client: TestClient, keys: dict[str, str]) -> None:
    records = [json.loads(line) for line in export(measured()).splitlines()[1:-1]]
    assert upload(own_client, keys["ingest"], json.dumps(records), ARRAY).json()["new"] == 1


@pytest.mark.parametrize(
    ("key", "status"),
    [(None, 401), ("unknown", 401), ("expired", 401), ("revoked", 401), ("read", 403), ("admin", 200)],
)
def test_who_may_upload(own_client: TestClient, keys: dict[str, str], key: str | None, status: int) -> None:
    text = None if key is None else keys.get(key, f"ark_00000000_{'a' * 43}")
    response = upload(own_client, text, export(measured()))
    assert response.status_code == status
    if status == 401:
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_stranger_is_refused_before_the_body_is_read(own_client: TestClient) -> None:
    assert upload(own_client, None, "x" * 40_000_000).status_code == 401


@pytest.mark.parametrize("change", ["{}x", "{}"[:-1], "x{}", "{} "])
def test_a_key_that_is_nearly_right_is_wrong(
    own_client: TestClient, keys: dict[str, str], change: str
) -> None:
    right = keys["ingest"]
    wrong = change.format(right) if "{}" in change else right[:-1]
    expected = 200 if wrong.strip() == right else 401
    assert upload(own_client, wrong, export(measured())).status_code == expected


def test_a_conflict_and_a_fault_name_their_line(own_client: TestClient, keys: dict[str, str]) -> None:
    upload(own_client, keys["ingest"], export(measured()))
    conflict = upload(own_client, keys["other"], export(measured(0.1, days=1)))
    assert conflict.status_code == 409
    assert [error["field"] for error in conflict.json()["errors"]] == ["line 3"]
    fault = upload(own_client, keys["ingest"], export(measured()).replace('"measured_at"', '"measured"'))
    assert fault.status_code == 422
    assert [error["field"] for error in fault.json()["errors"]] == ["line 3"]
    assert "Nothing of the upload was stored." in fault.json()["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/xml", "multipart/form-data"])
def test_another_content_type_is_refused(
    own_client: TestClient, keys: dict[str, str], media_type: str
) -> None:
    assert upload(own_client, keys["ingest"], export(measured()), media_type).status_code == 415


def test_the_size_and_the_rate_of_uploads_are_settings(seeded_url: str, keys: dict[str, str]) -> None:
    settings = ServerSettings(catalog_url=seeded_url, max_ingest_bytes=100, ingest_rate_limit="2/day")
    with TestClient(create_app(settings)) as client:
        statuses = [upload(client, keys["ingest"], "x" * size).status_code for size in (101, 100, 100)]
        assert statuses == [413, 422, 429]
        assert upload(client, keys["other"], "x").status_code == 422


def test_many_wrong_keys_of_an_address_do_not_lock_a_right_one_out(
    own_client: TestClient, keys: dict[str, str]
) -> None:
    wrong = [upload(own_client, f"ark_{number:08x}_{'a' * 43}", "").status_code for number in range(32)]
    assert wrong[0] == 401
    assert wrong[-1] == 429
    assert upload(own_client, keys["ingest"], export(measured())).status_code == 200


READS = ["/", "/v1/targets", "/v1/measurements", "/v1/architectures", "/v1/families", "/families"]


def test_where_reads_are_keyed_each_read_needs_a_key(keyed_client: TestClient, keys: dict[str, str]) -> None:
    for path in [*READS, "/metrics"]:
        assert keyed_client.get(path).status_code == 401, path
    assert keyed_client.post("/v1/recommendations", json={}).status_code == 401
    for path in ("/healthz", "/readyz"):
        assert keyed_client.get(path).status_code == 200
    for path in READS:
        headers = {"Authorization": f"Bearer {keys['read']}"}
        assert keyed_client.get(path, headers=headers).status_code == 200, path
    scopes = {
        scope: keyed_client.get("/metrics", headers={"Authorization": f"Bearer {keys[scope]}"}).status_code
        for scope in Scope
    }
    assert scopes == {"read": 403, "ingest": 403, "admin": 200}


def test_a_revoked_key_is_refused_at_the_next_request(
    own_client: TestClient, seeded_url: str, keys: dict[str, str]
) -> None:
    assert upload(own_client, keys["ingest"], export(measured())).status_code == 200
    with open_catalog(seeded_url) as catalog, catalog.write() as session:
        revoke_key(session, "ingest", NOW)
    assert upload(own_client, keys["ingest"], export(measured())).status_code == 401


def test_an_upload_to_a_full_disk_is_refused_whole_and_taken_when_there_is_room(
    own_client: TestClient, seeded_url: str, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says of a file that may not grow what it says of a full disk."""
    configure, full = engines._configure_sqlite, [True]

    def configured(connection: Any, record: object) -> None:
        configure(connection, record)
        if full[0]:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(engines, "_configure_sqlite", configured)
    many = export(*(measured(days=days) for days in range(200)))
    answers = [upload(own_client, keys["ingest"], many) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "The disk of" in answers[0].json()["detail"]
    assert answers[0].headers["retry-after"] == "5"
    assert RUNNER.id not in own_client.get("/v1/targets").text
    full[0] = False
    own_client.app.state.catalog.close()  # type: ignore[attr-defined]
    assert upload(own_client, keys["ingest"], many).json() == {"measurements": 200, "new": 200}


def test_a_catalog_opened_on_a_full_disk_is_written_when_there_is_room(
    own_client: TestClient, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True]
    for module in (database, engines):
        monkeypatch.setattr(module, "has_no_space", lambda _: full[0])
    assert own_client.get("/v1/targets").status_code == 200
    refused = upload(own_client, keys["ingest"], export(measured()))
    assert refused.status_code == 503
    assert "is full" in refused.json()["detail"]
    full[0] = False
    assert upload(own_client, keys["ingest"], export(measured())).json()["new"] == 1


@pytest.mark.parametrize("media_type", [LINES, ARRAY])
@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "9" * 5000])
def test_a_number_that_is_none_is_refused_wherever_it_is(
    own_client: TestClient, keys: dict[str, str], media_type: str, number: str
) -> None:
    records = export(measured()).splitlines()
    lines = [line.replace('"record":', f'"more":{number},"record":') for line in records]
    body = "\n".join(lines) if media_type == LINES else f"[{','.join(lines[1:-1])}]"
    refused = upload(own_client, keys["ingest"], body, media_type)
    assert refused.status_code == 422
    assert len(refused.text) < 1000


@pytest.mark.parametrize("media_type", [LINES, ARRAY])
def test_what_would_take_long_to_read_is_refused_unread(
    own_client: TestClient, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, media_type: str
) -> None:
    monkeypatch.setattr("catalog.receiving._MOST_OBJECTS", 1000)
    refused = upload(own_client, keys["ingest"], "[" + "{}," * 1000 + "{}]", media_type)
    assert refused.status_code == 422
    assert "more than 1000 JSON objects" in refused.json()["detail"]


def test_no_key_is_stored(seeded_url: str, keys: dict[str, str]) -> None:
    stored = Path(seeded_url.removeprefix("sqlite:///")).read_bytes()
    assert keys["ingest"][:12].encode() in stored
    for key in keys.values():
        assert key.encode() not in stored
        assert key[13:].encode() not in stored
