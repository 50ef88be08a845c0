"""Each answer as JSON, CSV and Markdown, and the commands `compare` and `frontier`."""

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from markdown_it import MarkdownIt

from app.contract.answers.recommendations import RecommendationResponse
from app.presentation.answers.winner import winner_of
from app.presentation.documents.spreadsheets import recommendation_csv
from catalog.command import main
from tests.app.seeds import OTHER, local

COMMANDS = {
    "recommend": ["recommend", "--max", "latency_ms=60"],
    "nothing": ["recommend", "--max", "latency_ms=0.001"],
    "card": ["card", "resnet50"],
    "checkpoint": ["card", "resnet50.tv_in1k"],
    "bare card": ["card", "unpublished_net"],
    "compare": ["compare", "resnet50", "convnext_tiny", "vit_base_patch16_224"],
    "frontier": ["frontier"],
    "published": ["frontier", "--target", "rtx-4090"],
    "targets": ["targets"],
    "target": ["targets", "local"],
}


@pytest.fixture
def out(seeded_template: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Run":
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{seeded_template}")
    return Run(monkeypatch, capsys)


class Run:
    """Runs the command on the seeded catalog, through a pipe."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        self._monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = self._capsys.readouterr()
        assert (ended.value.code or 0) == code, captured.err
        return captured.err if code else captured.out


@pytest.mark.parametrize("name", COMMANDS)
def test_csv_is_a_header_and_rows_of_as_many_cells(out: Run, name: str) -> None:
    text = out(*COMMANDS[name], "--csv")
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1
    assert len(set(rows[0])) == len(rows[0])
    assert len(rows) > 1 or name in ("nothing", "bare card")
    assert "\x1b" not in text


@pytest.mark.parametrize("name", COMMANDS)
def test_markdown_has_tables_whose_rows_have_as_many_cells(out: Run, name: str) -> None:
    text = out(*COMMANDS[name], "--markdown")
    body = text.split("---\n", 2)[-1] if text.startswith("---") else text
    tokens = MarkdownIt().enable("table").parse(body)
    tables = [token for token in tokens if token.type == "table_open"]
    written = sum(1 for line in body.splitlines() if set(line) <= set("|-: ") and "---" in line)
    assert len(tables) == written
    assert tables or name in ("nothing", "bare card")
    cells: list[int] = []
    for token in tokens:
        if token.type == "tr_open":
            cells.append(0)
        elif token.type in ("td_open", "th_open"):
            cells[-1] += 1
    lines = [line for line in body.splitlines() if line.startswith("|") and not set(line) <= set("|-: ")]
    assert cells == [line.replace("\\|", "").count("|") - 1 for line in lines]


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_a_document(out: Run, name: str) -> None:
    assert json.loads(out(*COMMANDS[name], "--json"))


def test_csv_has_the_numbers_that_json_has(out: Run) -> None:
    answer = json.loads(out("recommend", "--max", "latency_ms=60", "--json"))["recommendations"]
    rows = list(csv.DictReader(io.StringIO(out("recommend", "--max", "latency_ms=60", "--csv"))))
    assert [row["checkpoint"] for row in rows] == [one.get("checkpoint", "") for one in answer]
    for row, one in zip(rows, answer, strict=True):
        latency = one["metrics"]["latency_ms"]
        assert [float(row[f"latency_ms{part}"]) for part in ("", "_low", "_high")] == [
            latency["value"], latency["low"], latency["high"],
        ]  # fmt: skip
        assert row["latency_ms_provenance"] == latency["provenance"]
        assert float(row["latency_ms_level"]) == latency["level"]
        assert row["load"].startswith("timm.create_model(")


def test_csv_marks_the_row_to_deploy(out: Run) -> None:
    answer = RecommendationResponse.model_validate_json(out("recommend", "--max", "latency_ms=60", "--json"))
    first, second, third = answer.recommendations[:3]
    winner = winner_of(answer)
    assert winner is not None
    rows = list(csv.DictReader(io.StringIO(recommendation_csv(answer))))
    assert [row["checkpoint"] for row in rows if row["recommended"] == "true"] == [winner.checkpoint]
    # The recommended of a rank may not be among the rows that were asked for.
    tied = second.model_copy(update={"rank": first.rank})
    shown = answer.model_copy(update={"recommendations": [first, third], "recommended": tied})
    rows = list(csv.DictReader(io.StringIO(recommendation_csv(shown))))
    assert [(row["checkpoint"], row["recommended"]) for row in rows] == [
        (first.checkpoint, "false"), (tied.checkpoint, "true"), (third.checkpoint, "false"),
    ]  # fmt: skip


def test_an_answer_has_one_form(out: Run) -> None:
    assert "--json and --csv are two forms" in out("recommend", "--json", "--csv", code=2)


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["compare", "resnet50", "convnext_tiny"], "/v1/compare?candidate=resnet50&candidate=convnext_tiny"),
        (["compare", "resnet50", "resnet18", "--runtime", "openvino"],
         "/v1/compare?candidate=resnet50&candidate=resnet18&runtime=openvino"),
        (["frontier"], "/v1/frontier?collapse=architecture"),
        (["frontier", "--target", "rtx-4090", "--x", "throughput_ips", "--commercial"],
         "/v1/frontier?target=rtx-4090&x=throughput_ips&commercial_use=true&collapse=architecture"),
        (["targets"], "/v1/targets"),
        (["targets", "local"], "/v1/targets/local"),
        (["card", "resnet50.tv_in1k"], "/v1/architectures/resnet50.tv_in1k"),
        (["card", "resnet50", "--target", OTHER.id], f"/v1/architectures/resnet50?target={OTHER.id}"),
    ],
)  # fmt: skip
def test_json_is_the_apis_response(out: Run, client: TestClient, arguments: list[str], address: str) -> None:
    assert json.loads(out(*arguments, "--json")) == client.get(address).json()


def test_a_comparison_marks_the_best_number_of_each_line(out: Run) -> None:
    lines = out("compare", "resnet50", "convnext_tiny").splitlines()
    assert lines[0] == f"On {local().id}:"
    (top1,) = [line.split() for line in lines if line.startswith("top1 %")]
    assert top1[-1] == "84.19<"
    (gmacs,) = [line.split() for line in lines if line.startswith("gmacs")]
    assert gmacs[-1].endswith("<")


def test_a_candidate_without_numbers_is_named_with_the_command_that_measures_it(out: Run) -> None:
    text = " ".join(out("compare", "resnet50", "vit_base_patch16_224").split())
    assert "B vit_base_patch16_224: " in text
    assert "archrank profile vit_base_patch16_224" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "resnet50"], "Give at least 2, not 1."),
        (["compare", "resnet50", "resnet5O"], "resnet50"),
        (["frontier", "--x", "top1"], "x and y are the same metric"),
        (["frontier", "--target", "bogus"], "Unknown target"),
        (["frontier", "--plot", "frontier.gif"], "Give a name that ends in .svg or .png"),
        (["frontier", "--plot", "/no/such/folder/f.svg"], "there is no folder"),
    ],
)
def test_a_mistake_ends_in_one_message(out: Run, arguments: list[str], message: str) -> None:
    assert message in " ".join(out(*arguments, code=2).split())


def test_a_frontier_marks_what_is_within_the_error_of_the_row_above(out: Run) -> None:
    answer = json.loads(out("frontier", "--target", "i9-10940x", "--json"))
    marked = sum(len(row["within_error"]) for row in answer["items"])
    assert marked
    table, _, legend = out("frontier", "--target", "i9-10940x").partition("\n\u00b1")
    assert table.count("=") == marked
    assert "= Within the error of the row above." in legend
    text = out("frontier", "--target", "i9-10940x", "--markdown")
    assert text.count("published = |") == marked
    rows = list(csv.DictReader(io.StringIO(out("frontier", "--target", "i9-10940x", "--csv"))))
    assert [row["within_error"].split() for row in rows] == [row["within_error"] for row in answer["items"]]


@pytest.mark.parametrize("arguments", [["frontier"], ["compare", "resnet50", "resnet18"]])
def test_markdown_says_where_each_number_is_from(out: Run, arguments: list[str]) -> None:
    text = out(*arguments, "--markdown")
    assert re.search(r" ms \([\d.]+ to [\d.]+\), measured[ |]", text)
    assert re.search(r" %, published[ |]", text)


def test_markdown_says_where_the_numbers_of_ranked_rows_are_from(out: Run) -> None:
    rows = [line for line in out(*COMMANDS["recommend"], "--markdown").splitlines() if line.startswith("| 1")]
    assert rows
    for row in rows:
        assert re.search(r" ms \([^|]*, measured \|[^|]*\| [\d.]+ MB, measured \| [\d.]+ MB, counted \|", row)


def test_a_comparison_marks_no_number_that_is_better_by_less_than_the_error(out: Run) -> None:
    names = ["resnet50.a1_in1k", "resnet50.d_in1k", "--target", "i9-10940x", "--input-size", "224"]
    lines = {line.split()[0]: line for line in out("compare", *names).splitlines() if line}
    assert "<" not in lines["latency_ms"]
    assert "<" not in lines["params_m"]
    assert "(best)" not in "".join(
        line for line in out("compare", *names, "--markdown").splitlines() if "time of one call" in line
    )


def test_a_target_without_latencies_gets_the_frontier_of_throughput(out: Run) -> None:
    text = out("frontier", "--target", "rtx-4090")
    assert text.splitlines()[0].split()[:4] == ["checkpoint", "px", "runtime", "img/s"]
    assert "so there is no frontier. Ask for throughput_ips instead of latency_ms" in out(
        "frontier", "--target", "rtx-4090", "--x", "latency_ms"
    )


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_frontier_is_drawn_the_same_each_time(out: Run, tmp_path: Path, ending: str) -> None:
    first, again = (tmp_path / f"{name}.{ending}" for name in ("first", "again"))
    for path in (first, again):
        out("frontier", "--plot", str(path))
    assert first.read_bytes() == again.read_bytes()
    if ending == "svg":
        picture = first.read_text()
        assert "convnext_tiny.in12k_ft_in1k" in picture
        assert "<dc:date>" not in picture


def test_a_missing_extra_is_named_with_its_install_line(
    out: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.tables.plotting.missing_packages", lambda extra: ["matplotlib"])
    text = out("frontier", "--plot", str(tmp_path / "f.svg"), code=2)
    assert "--plot needs matplotlib." in text
    assert "pip install 'archrank[plot]'" in text
