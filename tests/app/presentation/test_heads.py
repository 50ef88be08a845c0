"""A network that was measured with a head of other classes, as a fine-tuned one has."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.command import build
from catalog.opening import open_catalog
from tests.app.conftest import client_of
from tests.builders import TARGET_ID, make_measurement, store_measurements

SENTENCE = "With 10 classes, the fp32 file has 44.8 MB. No weights come with it."


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """resnet18 was measured with 1,000 classes and with 10."""
    shutil.copy(sqlite_template, tmp_path / "catalog.sqlite")
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    catalog = open_catalog(url)
    store_measurements(
        catalog,
        make_measurement("resnet18"),
        make_measurement("resnet18", 9.0, num_classes=10, size_bytes=44_800_000, peak_memory_mb=118.0),
    )
    catalog.close()
    return url


def test_every_card_says_the_classes_and_the_size_of_the_file(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(url) as client:
        texts = [
            client.get("/v1/architectures/resnet18", headers={"Accept": "text/markdown"}).text,
            client.get("/architectures/resnet18").text,
        ]
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", url)
    texts.append(CliRunner().invoke(build(), ["card", "resnet18"]).stdout)
    for text in texts:
        assert SENTENCE in text
        assert text.count("224, 10 classes") >= 1
        assert "1000 classes" not in text


def test_it_is_no_candidate(url: str) -> None:
    question = {"target": TARGET_ID, "objective": "latency_ms", "collapse": "configuration"}
    with client_of(url) as client:
        answer = client.post("/v1/recommendations", json=question).json()
    assert {row["metrics"]["latency_ms"]["value"] for row in answer["recommendations"]} == {10.0}
