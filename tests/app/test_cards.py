import pytest
from fastapi.testclient import TestClient

from app.cards import number
from app.schemas import MetricSchema
from catalog.metrics import Metric
from catalog.vocabulary import Provenance
from tests.app.seeds import local


@pytest.mark.parametrize(
    ("metric", "found", "shown"),
    [
        (Metric.LATENCY_MS, None, "-"),
        (Metric.LATENCY_MS, MetricSchema(value=12.346, provenance=Provenance.MEASURED), "12.35 ms"),
        (
            Metric.LATENCY_MS,
            MetricSchema(value=12, low=11.5, high=12.25, level=0.95, provenance=Provenance.MEASURED),
            "12.00 ms (11.50 to 12.25)",
        ),
        (Metric.PEAK_MEMORY_MB, MetricSchema(value=120.4, provenance=Provenance.MEASURED), "120 MB"),
        (Metric.SIZE_MB, MetricSchema(value=46.81, provenance=Provenance.COUNTED), "46.8 MB"),
    ],
)
def test_a_number_is_shown_with_unit_and_interval(
    metric: Metric, found: MetricSchema | None, shown: str
) -> None:
    assert number(metric, found) == shown


def markdown(client: TestClient, name: str) -> list[str]:
    response = client.get(f"/v1/architectures/{name}", headers={"Accept": "text/markdown"})
    assert response.status_code == 200
    return response.text.splitlines()


def tables(lines: list[str]) -> list[list[str]]:
    """The tables of a Markdown document, as their lines."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


@pytest.mark.parametrize(
    "name", ["resnet50", "convnext_tiny", "toynet", "unpublished_net", "vit_base_patch16_224"]
)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(client: TestClient, name: str) -> None:
    for table in tables(markdown(client, name)):
        assert len(table) > 2
        assert len({line.count("|") for line in table}) == 1


def test_the_card_says_what_was_counted_measured_and_published(client: TestClient) -> None:
    lines = markdown(client, "resnet50")
    assert lines[:3] == ["# resnet50", "", "Family resnet; default checkpoint resnet50.a1_in1k."]
    assert "| multiply-accumulates of one image | 4.11 G |" in lines
    case = f"| {local().id} | openvino fp32, 2 threads, batch 1 | 224 |"
    assert any(line.startswith(f"{case} 43.40 ms (42.53 to 44.70) |") for line in lines)
    assert any(line.startswith("| resnet50.a1_in1k | 224 | 80.38") and "apache-2.0" in line for line in lines)


def test_the_card_says_one_thread(client: TestClient) -> None:
    assert not any(" 1 threads" in line for line in markdown(client, "resnet50"))


def test_the_card_tells_a_failure_with_its_reason(client: TestClient) -> None:
    assert any("failed: the process ran out of memory" in line for line in markdown(client, "convnext_tiny"))


def test_the_card_tells_doubts(client: TestClient) -> None:
    assert any(line.endswith("| contended |") for line in markdown(client, "resnet50"))


def test_the_card_of_what_is_little_known_says_so(client: TestClient) -> None:
    lines = markdown(client, "unpublished_net")
    assert "Family unknown." in lines
    assert "Nothing was counted yet: `archrank profile unpublished_net`." in lines
    assert "None is known." in lines
    assert "On no target yet: `archrank profile vit_base_patch16_224`." in markdown(
        client, "vit_base_patch16_224"
    )
