"""`archrank card`."""

import json

import pytest
from fastapi.testclient import TestClient

from tests.app.cli.running import Archrank, check_width
from tests.app.seeds import OTHER, PUBLISHED, local


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "resnet50",
        "convnext_tiny",
        "toynet",
        "unpublished_net",
        "vit_base_patch16_224",
        "gcvit_tiny",
    ],
)
def test_the_card_reads_at_80_columns(archrank: Archrank, name: str) -> None:
    done = archrank("card", name)
    check_width(done)
    assert done.lines[0].startswith(f"{name}  family ")


def test_the_card_shows_what_was_counted_measured_and_published(archrank: Archrank) -> None:
    text = " ".join(archrank("card", "resnet50").out.split())
    assert "gmacs 4.11 G" in text
    assert "43.40" in text
    assert "40.00 ms* 2" in text
    assert "± is half of the 95 % interval." in text
    assert "resnet50.a1_in1k" in text
    assert "Apache-2.0" in text


def test_the_card_shows_the_quiet_latency_the_one_met_and_the_slowdown(archrank: Archrank) -> None:
    done = archrank("card", "resnet50")
    (row,) = [line.split() for line in done.lines if "47.45" in line]
    assert row == [local().id, "openvino", "t2", "224", "43.40", "47.45", "1.09"]
    assert "Slowdown: 1.07 = the machine was 7 % slower than quiet." in done.out
    unmet = archrank("card", "toynet").out
    assert "as met" not in unmet
    assert "Slowdown" not in unmet


def test_the_latency_met_and_the_slowdown_may_be_bounded(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_met_ms=30", "--max", "slowdown=1.07", "--json")
    answer = json.loads(done.out)
    assert answer["recommendations"]
    for one in answer["recommendations"]:
        assert one["metrics"]["latency_met_ms"]["value"] <= 30
        assert one["metrics"]["slowdown"]["value"] <= 1.07
        assert one["slack"].keys() == {"latency_met_ms", "slowdown"}
    assert answer["unknown"]["slowdown"]


def test_the_card_puts_what_was_measured_before_what_was_published(archrank: Archrank) -> None:
    lines = archrank("card", "resnet50").lines
    start = next(place for place, line in enumerate(lines) if line.startswith("target"))
    end = next(place for place, line in enumerate(lines) if line.startswith("The fastest of"))
    targets = {local().id, OTHER.id, *PUBLISHED}
    starts = [words[0] for line in lines[start:end] if (words := line.split()) and words[0] in targets]
    assert starts[0] in (local().id, OTHER.id)
    published = [place for place, name in enumerate(starts) if name in PUBLISHED]
    assert published
    measured = [place for place, name in enumerate(starts) if name not in PUBLISHED]
    assert measured == list(range(len(measured)))
    assert "Every case: `archrank card resnet50 --csv`." in lines


def test_the_card_tells_failures_and_what_is_missing(archrank: Archrank) -> None:
    assert "out_of_memory" in archrank("card", "convnext_tiny").out
    text = " ".join(archrank("card", "vit_base_patch16_224").out.split())
    assert "Not measured on any target. Run `archrank profile vit_base_patch16_224`." in text


@pytest.mark.parametrize("name", ["resnet50", "toynet", "convnext_tiny"])
def test_the_cards_json_is_the_apis(archrank: Archrank, own_client: TestClient, name: str) -> None:
    answer = own_client.get(f"/v1/architectures/{name}").json()
    assert json.loads(archrank("card", name, "--json").out) == answer
