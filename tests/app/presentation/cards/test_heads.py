"""A network that was measured as no checkpoint has it: with a head of other classes, or for other images."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.command import build
from catalog.entities.networks import Checkpoint
from catalog.opening import open_catalog
from catalog.storage.facts.facts import save_checkpoints
from catalog.words.doubts import Doubt
from tests.app.conftest import client_of
from tests.builders import TARGET_ID, make_measurement, store_measurements

SENTENCE = "With 10 classes, the fp32 file has 44.8 MB. No weights come with it."
OF_CHANNELS = "With 12 channels, the fp32 file has 46.9 MB. No weights come with it."


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """resnet18 was measured with 1,000 classes and with 10, and for images of 12 channels."""
    shutil.copy(sqlite_template, tmp_path / "catalog.sqlite")
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    catalog = open_catalog(url)
    store_measurements(
        catalog,
        make_measurement("resnet18"),
        make_measurement("resnet18", 9.0, num_classes=10, size_bytes=44_800_000, peak_memory_mb=118.0),
        make_measurement("resnet18", 8.0, in_chans=12, size_bytes=46_900_000, doubts=(Doubt.IMPRECISE,)),
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
        assert OF_CHANNELS in text
        assert text.count("224, 12 channels") >= 1
        assert text.count("224, 10 classes") >= 1
        assert "1000 classes" not in text


def test_the_command_of_a_doubt_measures_the_same_network(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", url)
    text = CliRunner().invoke(build(), ["card", "resnet18"]).stdout
    assert "--in-chans 12 --max-blocks 200" in text


def test_the_command_that_repeats_a_speed_measures_the_same_network(url: str) -> None:
    with client_of(url) as client:
        speeds = client.get("/v1/architectures/resnet18").json()["speeds"]
        page = client.get("/architectures/resnet18").text
    commands = {
        (row["num_classes"], row["in_chans"]): row["reproduce"]
        for row in speeds
        if row["target"] == TARGET_ID
    }
    assert commands[10, 3].endswith(" --num-classes 10")
    assert commands[1000, 12].endswith(" --in-chans 12")
    assert "--num-classes" not in commands[1000, 3] + commands[1000, 12]
    assert "--in-chans" not in commands[1000, 3] + commands[10, 3]
    assert all(command in page for command in commands.values())


def test_every_measurement_says_its_channels(url: str) -> None:
    with client_of(url) as client:
        items = client.get("/v1/measurements", params={"architecture": "resnet18"}).json()["items"]
        card = client.get("/v1/architectures/resnet18").json()
    assert {item["in_chans"] for item in items if item["target"] == TARGET_ID} == {3, 12}
    assert {12, 3} == {workload["in_chans"] for workload in card["workloads"]}
    assert card["metrics"]["params_m"]["value"] == pytest.approx(11.69, abs=0.01)


def test_it_is_no_candidate(url: str) -> None:
    question = {"target": TARGET_ID, "objective": "latency_ms", "collapse": "configuration"}
    with client_of(url) as client:
        answer = client.post("/v1/recommendations", json=question).json()
    assert {row["metrics"]["latency_ms"]["value"] for row in answer["recommendations"]} == {10.0}


def test_a_checkpoint_with_classes_of_its_own_is_reproduced_by_its_name(url: str) -> None:
    with open_catalog(url) as catalog:
        with catalog.write() as session:
            save_checkpoints(session, [Checkpoint("resnet18.mine_in21k", "resnet18", num_classes=21841)])
        store_measurements(catalog, make_measurement("resnet18", 12.0, num_classes=21841))
    question = {"target": TARGET_ID, "objective": "latency_ms", "collapse": "checkpoint"}
    with client_of(url) as client:
        rows = client.post("/v1/recommendations", json=question).json()["recommendations"]
    commands = {row["checkpoint"]: row["reproduce"] for row in rows}
    assert commands.pop("resnet18.mine_in21k").startswith("archrank profile resnet18.mine_in21k --runtime ")
    assert all(command.startswith("archrank profile resnet18 --") for command in commands.values())
