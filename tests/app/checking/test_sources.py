import json
import urllib.request
from collections.abc import Callable
from email.message import Message
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from app.checking.sources import Side, read_side
from app.errors import CannotCompare
from catalog.exchange.files import write_lines
from catalog.exchange.writing import export_lines
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.words.vocabulary import Provenance
from tests.app.conftest import client_of
from tests.app.gate.sides import measured
from tests.app.seeds import local
from tests.builders import store_measurements


def never() -> Catalog:
    raise AssertionError("the own catalog is not asked")


@pytest.fixture
def own(empty_sqlite_url: str) -> Catalog:
    catalog = open_catalog(empty_sqlite_url)
    for hour in range(3):
        store_measurements(catalog, measured("resnet18", 10.0 + hour, hour=hour, target=local()))
    store_measurements(catalog, measured("resnet18", 9.0, hour=0.5, target=local(), threads=2))
    return catalog


def hours(side: Side) -> list[float]:
    return [one.measured_at.hour - 12 + one.measured_at.minute / 60 for one in side.measurements]


def newest(catalog: Catalog) -> int:
    return int(read_side("local", lambda: catalog).name.rpartition(" ")[2])


def test_the_own_catalog_is_read_in_the_order_of_arrival(own: Catalog) -> None:
    assert hours(read_side("local", lambda: own)) == [0, 1, 2, 0.5]


def test_a_number_is_a_place_in_the_order_of_arrival(own: Catalog) -> None:
    last = newest(own)
    assert hours(read_side(str(last - 1), lambda: own)) == [0, 1, 2]
    with pytest.raises(CannotCompare, match=f"arrived as number {last}, and not {last + 1}"):
        read_side(str(last + 1), lambda: own)


@pytest.mark.parametrize(
    ("text", "found"),
    [("2026-01-01T13:00Z", [0, 0.5]), ("2026-01-01T14:00+00:00", [0, 1, 0.5]), ("2026-01-01", [])],
)
def test_a_time_is_what_was_measured_before_it(own: Catalog, text: str, found: list[float]) -> None:
    assert hours(read_side(text, lambda: own)) == found


def test_only_the_targets_that_are_asked_for(own: Catalog) -> None:
    assert read_side("local", lambda: own, ["another"]).measurements == ()


def test_an_export_is_read_as_it_was_written(own: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    with own.read() as session:
        write_lines(path, export_lines(session))
    found = read_side(str(path), never)
    assert [one.id for one in found.measurements] == [
        one.id for one in read_side("local", lambda: own).measurements
    ]
    assert {one.provenance for one in found.measurements} == {Provenance.MEASURED}
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    with pytest.raises(
        CannotCompare, match=r"export.jsonl is no whole export: Line \d+: the end mark is missing"
    ):
        read_side(str(path), never)


def test_another_archrank_is_read_page_by_page(
    own: Catalog, empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.checking.http_source._PAGE", 3)
    with client_of(empty_sqlite_url) as client:
        there = read_side("http://testserver/", never, (), asking(client))
    here = read_side("local", lambda: own)
    assert [one.id for one in there.measurements] == [one.id for one in here.measurements]
    assert [one.outcome for one in there.measurements] == [one.outcome for one in here.measurements]
    assert [one.protocol_version for one in there.measurements] == [3] * 4


def test_a_network_for_grey_images_is_the_same_one_there_and_here(
    own: Catalog, empty_sqlite_url: str
) -> None:
    store_measurements(own, measured("resnet18", 8.0, hour=4, target=local(), in_chans=1))
    with client_of(empty_sqlite_url) as client:
        there = read_side("http://testserver/", never, (), asking(client))
    here = read_side("local", lambda: own)
    assert {one.workload for one in there.measurements} == {one.workload for one in here.measurements}


def asking(client: TestClient) -> Callable[[str], tuple[str, str | None]]:
    def fetch(address: str) -> tuple[str, str | None]:
        parts = urlsplit(address)
        answer = client.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 200, answer.text
        following = answer.links.get("next", {}).get("url")
        return (
            answer.text,
            following and f"http://testserver{urlsplit(following).path}?{urlsplit(following).query}",
        )

    return fetch


def answered(body: str, following: str, address: str) -> tuple[str, str]:
    return body, following


@pytest.mark.parametrize("body", ["", "[]", json.dumps({"items": [{"id": 1}]}), "<html>"])
def test_what_is_no_archrank_is_refused(body: str) -> None:
    with pytest.raises(CannotCompare, match="does not answer as an archrank does"):
        read_side("http://testserver", never, (), lambda _: (body, None))


def test_pages_that_lead_away_or_in_a_circle_are_refused() -> None:
    body = json.dumps({"items": []})
    for following in ("http://elsewhere/v1/targets", "http://testserver/v1/targets"):
        with pytest.raises(CannotCompare, match="lead nowhere"):
            read_side("http://testserver", never, (), partial(answered, body, following))


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(CannotCompare, match=r"http://127\.0\.0\.1:9/v1/targets does not answer"):
        read_side("http://127.0.0.1:9", never)


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("", "Set ARCHRANK_KEY to a key that `archrank keys create NAME` printed on the server."),
        ("wrong", "The key in ARCHRANK_KEY may not read there: it is wrong, revoked or expired."),
    ],
)
def test_a_server_that_wants_a_key_says_whether_one_was_sent(
    monkeypatch: pytest.MonkeyPatch, key: str, remedy: str
) -> None:
    def closed(request: urllib.request.Request, **_: object) -> None:
        raise HTTPError(request.full_url, 401, "Unauthorized", Message(), None)

    monkeypatch.setattr(urllib.request, "urlopen", closed)
    monkeypatch.setenv("ARCHRANK_KEY", key)
    with pytest.raises(CannotCompare, match="answers with 401 Unauthorized") as refused:
        read_side("http://archrank.example", never)
    assert refused.value.remedy == remedy


@pytest.mark.parametrize("text", ["", "no-such-file.jsonl", "2026-13-45", "-5", "ftp://host/x"])
def test_what_names_nothing_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(CannotCompare) as refused:
        read_side(text, never)
    assert "2026-11-26T08:30Z" in str(refused.value.remedy)
