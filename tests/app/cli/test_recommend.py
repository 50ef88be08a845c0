"""`archrank recommend`: what it shows."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.opening import open_catalog
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Precision, RuntimeName
from tests.app.cli.running import Archrank, check_width, table_of
from tests.app.seeds import OTHER, local
from tests.builders import make_measurement, store_measurements


def test_the_answer_begins_with_what_to_deploy_and_what_to_do_next(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=60", "--min", "top1=70")
    check_width(done)
    assert done.lines[0] == "Deploy convnext_tiny.in12k_ft_in1k with OpenVINO (fp32, 2 threads) at 224 px."
    entries = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.lines[1:12] if line.strip()}
    assert entries["Numbers"].startswith("top-1 84.19 %, latency 59.50 ms (58.31 to 61.28)")
    assert entries["Why"].startswith("Most accurate of 8 architectures within the budget.")
    assert entries["Weights"].startswith("Licence ")
    assert entries["Load"] == 'timm.create_model("convnext_tiny.in12k_ft_in1k", pretrained=True)'
    assert "archrank profile convnext_tiny --runtime openvino" in done.out
    assert entries["Card"] == "archrank card convnext_tiny.in12k_ft_in1k"


def test_the_table_reads_at_80_columns(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=60", "--min", "top1=70")
    check_width(done)
    header, first, *_ = table_of(done, "#")
    assert header[:4] == ["#", "checkpoint", "px", "runtime"]
    assert first[:8] == ["1", "convnext_tiny.in12k_ft_in1k", "224", "openvino", "t2", "84.19", "59.50", "3"]
    assert first[8] == "75%"


def test_a_terminal_with_room_gets_more_columns_and_a_row_on_one_line(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    header, first, *_ = table_of(archrank("recommend", "--max", "latency_ms=60"), "#")
    assert header[-5:] == ["size", "MB", "params", "M", "licence"]
    assert first[-4:-1] == ["300", "114.4", "28.60"]


def test_what_is_bounded_has_a_column(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "gmacs=5", "--max", "peak_memory_mb=400")
    check_width(done)
    header = table_of(done, "#")[0]
    assert "gmacs" in header
    assert "mem" in header


def test_the_table_reads_at_80_columns_however_long_its_cells(archrank: Archrank, seeded_url: str) -> None:
    catalog = open_catalog(seeded_url)
    store_measurements(
        catalog,
        make_measurement(
            "vit_betwixt_patch16_reg4_gap_384", 12345.678, input_size=384, target=local(), threads=16,
            peak_memory_mb=23456, size_bytes=1_234_567_890, runtime=RuntimeName.OPENVINO,
            precision=Precision.BF16, batch_size=128, doubts=(Doubt.FEW_CALLS,),
        ),
    )  # fmt: skip
    catalog.close()
    done = archrank("recommend", "--input-size", "384")
    check_width(done)
    words = done.out.split()
    for number in ("12346*", "23456", "1235", "384"):
        assert number in words


def test_the_table_says_how_surely_each_row_keeps_the_budget(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=60", "--min", "top1=70")
    header = table_of(done, "#")[0]
    assert header[6:8] == ["±", "%"]
    assert "keeps" in header
    text = " ".join(done.out.split())
    assert (
        "Its latency_ms lies between 58.31 and 61.28 ms (95 % interval). It keeps the budget: 75 %." in text
    )
    assert "First at 90 % confidence: " in text
    assert "keeps" not in table_of(archrank("recommend"), "#")[0]


def test_doubts_are_marked_and_explained(archrank: Archrank) -> None:
    done = archrank("recommend", "--precision", "bf16")
    check_width(done)
    assert "40.00*" in done.out
    assert "* contended: Other processes used the processor" in done.out


def test_published_answers_read_at_80_columns_as_throughputs(archrank: Archrank) -> None:
    done = archrank("recommend", "--target", "rtx-4090", "--min", "top1=70")
    check_width(done)
    header = table_of(done, "#")[0]
    assert "img/s" in header
    assert "ms" not in header
    assert "Its speed was published, not measured here" in " ".join(done.out.split())
    assert "* mean_of_calls:" in done.out


def test_a_filter_of_licences_and_of_data_narrows_the_table(archrank: Archrank) -> None:
    def shown(*options: str) -> set[str]:
        every_row = ("--family", "resnet", "--collapse", "checkpoint", "--limit", "200", *options)
        check_width(archrank("recommend", *every_row))
        found = json.loads(archrank("recommend", *every_row, "--json").out)["recommendations"]
        return {one["checkpoint"].removeprefix("resnet18.") for one in found}

    research, flickr = "fb_swsl_ig1b_ft_in1k", "fb_ssl_yfcc100m_ft_in1k"
    assert {research, flickr, "a1_in1k"} <= shown()
    assert {research, flickr, "a1_in1k"} & shown("--commercial") == {"a1_in1k"}
    assert {research, flickr, "a1_in1k"} & shown("--without-data", "instagram") == {flickr, "a1_in1k"}


def test_nothing_feasible_shows_near_misses_and_relaxations(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=4.5", "--min", "top1=70")
    check_width(done)
    text = " ".join(done.out.split())
    assert "Nothing fits this budget." in text
    assert "Near miss: mobilenetv3_large_100." in text
    assert "latency_ms misses its bound by 0.40 ms" in text
    assert "latency_ms up to 4.90 ms would admit mobilenetv3_large_100." in text
    assert "Every bound wider by" in text


def test_a_budget_far_from_everything_is_answered(archrank: Archrank) -> None:
    check_width(archrank("recommend", "--max", "latency_ms=1", "--min", "top1=70"))


def test_a_near_miss_under_a_confidence_says_what_it_lacks(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=4.6", "--confidence", "0.99", "--family", "regnet")
    check_width(done)
    (miss,) = [line for line in done.lines if "Near miss" in line]
    assert not miss.rstrip().endswith(":")


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["tables", "json"])
def test_check_says_by_the_exit_code_whether_anything_fits(archrank: Archrank, form: list[str]) -> None:
    assert archrank("recommend", "--check", *form).code == 0
    impossible = ["recommend", "--max", "latency_ms=0.001", *form]
    assert archrank(*impossible).code == 0
    done = archrank(*impossible, "--check")
    assert done.code == 1
    assert done.out == archrank(*impossible).out


@pytest.mark.parametrize(
    ("side", "bound"), [("--min", "top1=80"), ("--max", "peak_memory_mb=90"), ("--max", "latency_ms=10")]
)
def test_a_relaxation_as_it_is_shown_admits_what_it_names(
    archrank: Archrank, seeded_url: str, side: str, bound: str
) -> None:
    catalog = open_catalog(seeded_url)
    store_measurements(
        catalog, make_measurement("efficientnet_b1", 12.3412, peak_memory_mb=90.4, threads=8, target=local())
    )
    catalog.close()
    shown = archrank("recommend", side, bound, "--threads", "8")
    words = next(line.split() for line in shown.lines if "would admit" in line)
    again = archrank(
        "recommend", side, f"{words[0]}={words[3]}", "--threads", "8", "--json",
        "--collapse", "checkpoint",
    )  # fmt: skip
    admitted = [one["checkpoint"] for one in json.loads(again.out)["recommendations"]]
    assert words[-1].removesuffix(".") in admitted


@pytest.mark.parametrize("arguments", [[], ["--objective", "knee"], ["--family", "resnet"]])
def test_an_answer_without_a_budget_speaks_of_none(archrank: Archrank, arguments: list[str]) -> None:
    text = " ".join(archrank("recommend", *arguments).out.split())
    assert "No budget was given, so " in text
    assert "keep the budget" not in text
    assert "within the budget" not in text


def test_what_eliminated_the_others_is_told(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=60", "--min", "top1=70")
    text = " ".join(done.out.split())
    assert f"candidates on {local().id} keep the budget" in text
    assert "Outside the budget:" in text
    assert "by latency_ms" in text
    assert "Unknown: " in text


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        ([], {}),
        (["--max", "latency_ms=60", "--min", "top1=70", "--limit", "5"],
         {"budget": {"latency_ms": {"max": 60}, "top1": {"min": 70}}, "limit": 5}),
        (["--target", OTHER.id, "--objective", "latency_ms", "--collapse", "checkpoint"],
         {"target": OTHER.id, "objective": "latency_ms", "collapse": "checkpoint"}),
        (["--min", "peak_memory_mb=100", "--max", "peak_memory_mb=150", "--confidence", "0.9"],
         {"budget": {"peak_memory_mb": {"min": 100, "max": 150}}, "confidence": 0.9}),
        (["--max", "latency_ms=4.5", "--min", "top1=70"],
         {"budget": {"latency_ms": {"max": 4.5}, "top1": {"min": 70}}}),
        (["--input-size", "288"], {"input_size": 288}),
        (["--runtime", "openvino", "--runtime", "onnxruntime", "--precision", "fp32", "--threads", "2"],
         {"configuration": {"runtime": ["openvino", "onnxruntime"], "precision": ["fp32"], "threads": [2]}}),
        (["--family", "resnet", "--family", "levit"], {"families": {"include": ["resnet", "levit"]}}),
        (["--max", "device_memory_mb=5"], {"budget": {"device_memory_mb": {"max": 5}}}),
        (["--commercial"], {"license": {"commercial_use": True}}),
        (["--without-data", "instagram", "--without-data", "yfcc-100m", "--collapse", "checkpoint"],
         {"training_data": {"exclude": ["instagram", "yfcc-100m"]}, "collapse": "checkpoint"}),
        (["--target", "rtx-4090", "--objective", "throughput_ips", "--precision", "amp_fp16"],
         {"target": "rtx-4090", "objective": "throughput_ips", "configuration": {"precision": ["amp_fp16"]}}),
    ],
)  # fmt: skip
def test_json_is_the_apis_response(
    archrank: Archrank, own_client: TestClient, arguments: list[str], question: dict[str, Any]
) -> None:
    done = archrank("recommend", *arguments, "--json")
    assert done.code == 0
    assert json.loads(done.out) == own_client.post("/v1/recommendations", json=question).json()


def test_each_cause_of_an_empty_answer_is_told_with_what_to_do(archrank: Archrank) -> None:
    for arguments, words in (
        (["--target", "rtx-4090", "--max", "latency_ms=10"], "Bound throughput_ips instead of latency_ms."),
        (["--target", "rtx-4090", "--precision", "fp16"], "Ask for precision amp_fp16."),
        (["--max", "latency_ms=1"], "Allow latency_ms at most"),
        (["--target", "rtx-4090", "--objective", "latency_ms"], "Rank by throughput_ips instead"),
    ):
        done = archrank("recommend", *arguments)
        check_width(done)
        assert words in " ".join(done.out.split())


def test_the_size_of_the_images_is_answered_with_what_becomes_of_them(archrank: Archrank) -> None:
    done = archrank("recommend", "--typical-image", "1024x1024")
    check_width(done)
    text = " ".join(done.out.split())
    assert "shrinks your images 4.6 times, which loses detail." in text
    assert "Published top-1 of resnet50.a1_in1k: " in text
