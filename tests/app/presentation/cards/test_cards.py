import re
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.contract.common.fields import MetricSchema
from app.presentation.wording.numbers import number
from catalog.reference.texts.families import families_of
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance
from tests.app.seeds import PUBLISHED, local


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


FIRST_LINE = (
    "ResNet, 2015: Deep Residual Learning for Image Recognition. <https://arxiv.org/abs/1512.03385> "
    "Default checkpoint: resnet50.a1_in1k."
)


def test_the_card_says_what_was_counted_measured_and_published(client: TestClient) -> None:
    lines = markdown(client, "resnet50")
    start = lines.index("# resnet50")
    assert lines[start : start + 3] == ["# resnet50", "", FIRST_LINE]
    assert "| multiply-accumulates of one image | 4.11 G |" in lines
    case = f"| {local().id} | openvino fp32, 2 threads | 224 |"
    assert any(line.startswith(f"{case} 43.40 ms (42.53 to 44.70) |") for line in lines)
    assert any(line.startswith("| resnet50.a1_in1k | 224 | 80.38") and "Apache-2.0" in line for line in lines)


def test_the_card_shows_the_quiet_latency_the_one_met_and_the_slowdown(client: TestClient) -> None:
    numbers = ["43.40 ms (42.53 to 44.70)", "47.45 ms (46.03 to 49.35)", "1.09 x"]
    page = page_of(client, "resnet50")
    for rows in (markdown_rows(client, "resnet50"), page.rows):
        (shown,) = [row for row in rows if row and row[1] == "openvino fp32, 2 threads"]
        assert shown[3:6] == numbers
        unmet = [row for row in rows if row and row[1].startswith("pytorch")]
        assert {tuple(row[4:6]) for row in unmet} == {("-", "-")}
    for text in (" ".join(markdown(client, "resnet50")), page.text):
        assert "Speed: measured while the machine is quiet. It is what we rank by." in text
        assert "As met: the median time of one call as it was met during the campaign." in text
        assert "Slowdown: 1.07 = the machine was 7 % slower than quiet." in text


def test_the_card_of_what_has_no_slowdown_does_not_explain_it(client: TestClient) -> None:
    assert "Slowdown: " not in " ".join(markdown(client, "toynet"))


def test_the_card_says_one_thread(client: TestClient) -> None:
    assert not any(" 1 threads" in line for line in markdown(client, "resnet50"))


def test_the_card_tells_a_failure_with_its_reason(client: TestClient) -> None:
    assert any("failed: The process ran out of memory" in line for line in markdown(client, "convnext_tiny"))


def test_the_card_tells_doubts(client: TestClient) -> None:
    lines = markdown(client, "resnet50")
    assert any(line.endswith("| contended |") for line in lines)
    assert len([line for line in lines if line.startswith("- contended: Other processes used")]) == 1


def test_the_card_of_what_is_little_known_says_so(client: TestClient) -> None:
    lines = markdown(client, "unpublished_net")
    assert "Family unknown." in lines
    assert "Nothing was counted yet. Run `archrank profile unpublished_net`." in lines
    assert "No pretrained checkpoint is known." in lines
    assert "Not measured on any target yet. Run `archrank profile vit_base_patch16_224`." in markdown(
        client, "vit_base_patch16_224"
    )


# Families, licences, training data, published rows


def card_of(client: TestClient, name: str) -> dict[str, Any]:
    card: dict[str, Any] = client.get(f"/v1/architectures/{name}").json()
    return card


class Cells(HTMLParser):
    """The cells of each row of a page's tables, and the page's text; titles are what a pointer shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.titles: list[str] = []
        self.text = ""
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.titles += [value for name, value in attrs if name == "title" and value]
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        self._inside = tag == "td" or (self._inside and tag not in ("tr", "table"))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "td"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside:
            self.rows[-1][-1] += data


def page_of(client: TestClient, name: str) -> Cells:
    return Cells(client.get(f"/architectures/{name}").text)


def markdown_rows(client: TestClient, name: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in markdown(client, name)
        if line.startswith("| ")
    ]


def test_the_card_tells_the_architecture_s_families(client: TestClient) -> None:
    card = card_of(client, "resnet50")
    described = families_of("resnet50", "resnet")
    assert [one["slug"] for one in card["families"]] == [one.slug for one in described]
    (family,) = card["families"]
    assert (card["year"], card["paper"]) == (family["year"], family["paper"])
    for text in (" ".join(markdown(client, "resnet50")), page_of(client, "resnet50").text):
        for field in ("title", "introduced", "strengths", "drawbacks", "choose_when"):
            assert family[field] in text
        for claim in family["claims"]:
            assert claim["text"] in text


def test_the_most_specific_family_comes_first(client: TestClient) -> None:
    shown = [one["slug"] for one in card_of(client, "repvgg_a0")["families"]]
    assert shown[0] == "repvgg"
    assert shown[1:] == ["byobnet"]


def test_a_card_tells_size_tags_and_feature_maps(client: TestClient) -> None:
    card = card_of(client, "resnet50")
    assert card["native_size"] == 224
    assert card["fixed_input"] is False
    assert card["stages"][-1] == {"stride": 32, "channels": 2048}
    assert "feature-pyramid" in card["tags"]
    lines = markdown(client, "resnet50")
    assert "| input size | 224 px, other sizes are accepted |" in lines
    assert "| feature maps (stride x channels) | 2x64, 4x256, 8x512, 16x1024, 32x2048 |" in lines
    assert any(line.startswith("Tags: ") and "feature-pyramid" in line for line in lines)
    page = page_of(client, "resnet50").text
    assert "other sizes are accepted" in page
    assert "32 \N{MULTIPLICATION SIGN} 2048" in page
    fixed = card_of(client, "vit_base_patch16_224")
    assert fixed["fixed_input"] is True
    assert "fixed_input" not in card_of(client, "unpublished_net")


def test_the_card_reads_every_licence_that_its_checkpoints_have(client: TestClient) -> None:
    card = card_of(client, "resnet18")
    readings = {one["id"]: one for one in card["licenses"]}
    assert readings.keys() == {one["license"] for one in card["checkpoints"] if "license" in one}
    assert {"Apache-2.0", "BSD-3-Clause", "CC-BY-NC-4.0", "MIT"} == readings.keys()
    assert readings["Apache-2.0"]["commercial_use"] is True
    assert readings["CC-BY-NC-4.0"]["commercial_use"] is False
    lines, page = "\n".join(markdown(client, "resnet18")), page_of(client, "resnet18").text
    for one in readings.values():
        assert one["url"].startswith("https://")
        use = "yes" if one["commercial_use"] else "no"
        assert f"- {one['title']}: commercial use {use}. {one['reading']} <{one['url']}>" in lines
        assert f"{one['title']}: commercial use {use}. {one['reading']}" in page


def test_a_licence_that_says_neither_is_not_shown_as_allowing(client: TestClient) -> None:
    card = card_of(client, "fastvit_t8")
    assert "commercial_use" not in card["checkpoints"][0]
    assert [one["id"] for one in card["licenses"]] == ["apple-ascl"]
    assert "commercial_use" not in card["licenses"][0]
    rows = [*markdown_rows(client, "fastvit_t8"), *page_of(client, "fastvit_t8").rows]
    shown = [row for row in rows if row and row[0] == "fastvit_t8.apple_in1k"]
    assert [row[4:7] for row in shown] == [["imagenet-1k", "apple-ascl", "unclear"]] * 2
    for text in (" ".join(markdown(client, "fastvit_t8")), page_of(client, "fastvit_t8").text):
        assert f"{card['licenses'][0]['title']}: commercial use unclear." in text


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenetv3_large_100"])
def test_each_checkpoint_is_shown_with_its_training_data_and_its_licence(
    client: TestClient, name: str
) -> None:
    checkpoints = {one["name"]: one for one in card_of(client, name)["checkpoints"]}
    for rows in (markdown_rows(client, name), page_of(client, name).rows):
        shown = [row for row in rows if row and row[0] in checkpoints]
        assert {row[0] for row in shown} == checkpoints.keys()
        for row in shown:
            one = checkpoints[row[0]]
            use = {True: "yes", False: "no", None: "unclear"}[one.get("commercial_use")]
            assert row[4] == (", ".join(one["training_data"]) or "unknown")
            assert row[5:7] == [one.get("license", "unknown"), use]


def test_the_card_says_that_a_licence_is_disputed(client: TestClient) -> None:
    (checkpoint,) = card_of(client, "gcvit_tiny")["checkpoints"]
    assert checkpoint["license"] == "Apache-2.0"
    assert "commercial_use" not in checkpoint
    assert "non-commercial" in checkpoint["license_dispute"]
    page = page_of(client, "gcvit_tiny")
    assert checkpoint["license_dispute"] in page.text
    (row,) = [row for row in page.rows if row and row[0] == "gcvit_tiny.in1k"]
    assert row[5:7] == ["Apache-2.0", "disputed"]
    assert checkpoint["license_dispute"] in page.titles
    assert "license_dispute" not in str(card_of(client, "resnet50"))


def test_the_card_in_markdown_says_that_a_licence_is_disputed(client: TestClient) -> None:
    (checkpoint,) = card_of(client, "gcvit_tiny")["checkpoints"]
    (row,) = [row for row in markdown_rows(client, "gcvit_tiny") if row[0] == "gcvit_tiny.in1k"]
    assert row[6] == "disputed"
    assert checkpoint["license_dispute"] in "\n".join(markdown(client, "gcvit_tiny"))


SPEEDS = {"training": "train_throughput_ips", "single_stream": "throughput_ips"}


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenetv3_large_100"])
def test_a_throughput_in_batches_is_never_shown_as_a_latency(client: TestClient, name: str) -> None:
    card = card_of(client, name)
    batched = [one for one in card["measurements"] if one["configuration"]["batch_size"] > 1]
    assert {one["target"] for one in batched} == PUBLISHED - {"i9-10940x"}
    for one in batched:
        assert one["metrics"].keys() == {SPEEDS[one["configuration"]["scenario"]]}
    for rows in (markdown_rows(client, name), page_of(client, name).rows):
        in_batches = re.compile(r"batch (\d{2,}|[2-9])\b")
        shown = [row for row in rows if row and row[0] in PUBLISHED and in_batches.search(row[1])]
        assert shown
        assert len(shown) <= len(batched)
        for row in shown:
            assert "images/s" in row[3]
            assert not re.search(r"\bms\b", row[3])


def test_a_published_latency_of_one_image_is_shown_as_one(client: TestClient) -> None:
    """The table of the i9-10940x was made with one image a call."""
    for rows in (markdown_rows(client, "resnet50"), page_of(client, "resnet50").rows):
        shown = [row for row in rows if row and row[0] == "i9-10940x"]
        assert shown
        for row in shown:
            assert "batch" not in row[1]
            assert re.search(r"^\d+\.\d\d ms", row[3])


def test_published_rows_are_told_from_measured_ones(client: TestClient) -> None:
    card = card_of(client, "resnet50")
    for rows, column in ((markdown_rows(client, "resnet50"), 7), (page_of(client, "resnet50").rows, 8)):
        shown = [row for row in rows if row and row[0] in {one["target"] for one in card["measurements"]}]
        assert len(shown) in (len(card["measurements"]), len(card["speeds"]))
        for row in shown:
            assert row[column].startswith("published" if row[0] in PUBLISHED else "measured")
    lines = markdown(client, "resnet50")
    line = next(line for line in lines if line.startswith("| rtx-4090 ") and "training" not in line)
    assert "mean_of_calls" in line
    assert "torch 2." in line
    assert " thread" not in line


def test_a_published_row_in_html_claims_no_day(client: TestClient) -> None:
    """The time that is stored is the earliest possible: the framework's release."""
    published = [row for row in page_of(client, "resnet50").rows if row and row[0] in PUBLISHED]
    assert published
    assert {row[8] for row in published} == {"published"}


def test_a_card_says_how_far_an_int8_file_parts_from_the_original(client: TestClient) -> None:
    (line,) = [one for one in markdown(client, "resnet50") if "int8 at 224 px" in one]
    assert "differs from torch's fp32 output by 0.0001 % of its largest value" in line
    assert "accuracy is unknown until it is evaluated" in line
    assert not [one for one in markdown(client, "convnext_tiny") if "int8" in one]
