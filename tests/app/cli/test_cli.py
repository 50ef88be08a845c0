import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.cli.not_considered import in_lines
from catalog import host
from catalog.command import main
from catalog.opening import open_catalog
from catalog.reference.reading import ReferenceTables
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Precision, RuntimeName
from tests.app.seeds import OTHER, PUBLISHED, local
from tests.builders import make_measurement, make_target, store_measurements
from tests.fakes.terminal import TERMINAL
from tests.reference_tables import in_place_of_shipped


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Archrank = Callable[..., Done]


@pytest.fixture
def archrank(
    seeded_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Archrank:
    """The command on the seeded catalog and a terminal of 80 columns."""
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", seeded_url)
    for name, value in TERMINAL.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, out, err)

    return run


def check_width(done: Done) -> None:
    """Nothing is wider than the terminal, and nothing was cut to fit."""
    assert done.code == 0, done.err
    assert max(len(line) for line in done.lines) <= 80
    assert "…" not in done.out


# recommend


def test_the_table_reads_at_80_columns(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=60", "--min", "top1=70")
    check_width(done)
    header = done.lines[0].split()
    assert header[:4] == ["#", "checkpoint", "px", "runtime"]
    first, *folded = (line.split() for line in done.lines[1:4])
    assert first[0] == "1"
    assert first[2:] == ["224", "openvino", "t2", "84.19", "59.50", "3", "75%", "300", "114.4"]
    assert first[1] + "".join(words[0] for words in folded) == "convnext_tiny.in12k_ft_in1k"
    assert "1. convnext_tiny: Most accurate of 8 architectures within the budget." in done.out


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
    for number in ("12345.68*", "23456", "1234.6", "384"):
        assert number in words


def test_the_table_says_how_surely_each_row_keeps_the_budget(archrank: Archrank) -> None:
    done = archrank("recommend", "--max", "latency_ms=60", "--min", "top1=70")
    assert done.lines[0].split()[6:8] == ["±", "%"]
    assert "keeps" in done.lines[0].split()
    text = " ".join(done.out.split())
    assert (
        "Its latency_ms lies between 58.31 and 61.28 ms (95 % interval). It keeps the budget: 75 %." in text
    )
    assert "First at 90 % confidence: " in text
    assert "keeps" not in archrank("recommend").lines[0].split()


def test_doubts_are_marked_and_explained(archrank: Archrank) -> None:
    done = archrank("recommend", "--precision", "bf16")
    check_width(done)
    assert "40.00*" in done.out
    assert "* contended: Other processes used the processor" in done.out


def test_published_answers_read_at_80_columns_as_throughputs(archrank: Archrank) -> None:
    done = archrank("recommend", "--target", "rtx-4090", "--min", "top1=70")
    check_width(done)
    assert "img/s" in done.lines[0].split()
    assert "ms" not in done.lines[0].split()
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend", "--max", "latency=60"], "unknown metric 'latency'"),
        (["recommend", "--max", "=60"], "unknown metric ''"),
        (["recommend", "--max", "latency_ms"], "not METRIC=VALUE"),
        (["recommend", "--max", "latency_ms="], "not METRIC=VALUE"),
        (["recommend", "--max", "latency_ms=fast"], "not METRIC=VALUE"),
        (["recommend", "--max", "latency_ms=-5"], "at least 0"),
        (["recommend", "--min", "top1=nan"], "at least 0"),
        (["recommend", "--min", "top1=inf"], "number"),
        (["recommend", "--max", "latency_ms=1e400"], "number"),
        (["recommend", "--max", "latency_ms=5", "--max", "latency_ms=6"], "given twice"),
        (["recommend", "--min", "top1=80", "--max", "top1=70"], "--min 80 is above --max 70"),
        (["recommend", "--target", "bogus"], "unknown target 'bogus'"),
        (["recommend", "--target", ""], "unknown target ''"),
        (["recommend", "--family", "bogus"], "unknown family 'bogus'"),
        (["recommend", "--without-data", "bogus"], "unknown training data 'bogus'"),
        (["recommend", "--objective", "speed"], "speed"),
        (["recommend", "--runtime", "tvm"], "tvm"),
        (["recommend", "--collapse", "family"], "family"),
        (["recommend", "--limit", "0"], "limit"),
        (["recommend", "--limit", "201"], "limit"),
        (["recommend", "--confidence", "1"], "confidence"),
        (["recommend", "--confidence", "nan"], "confidence"),
        (["recommend", "--input-size", "0"], "input-size"),
        (["recommend", "--input-size", "big"], "input-size"),
        (["recommend", "--input-size", "100001"], "input_size.min: Input should be less than"),
        (["recommend", "--typical-image", "640"], "not WIDTHxHEIGHT"),
        (["recommend", "--threads", "0"], "threads"),
        (["recommend", "--bogus"], "bogus"),
        (["card", "resnet5O"], "resnet50"),
        (["card", "bogus\0"], "unknown architecture"),
        (["card"], "name"),
    ],
)  # fmt: skip
def test_a_mistake_ends_in_one_message(archrank: Archrank, arguments: list[str], message: str) -> None:
    done = archrank(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert message.lower() in " ".join(done.err.split()).lower()
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["recommend", "--max", "latency=60"], "peak_memory_mb"),
        (["recommend", "--target", "bogus"], "archrank targets"),
        (["recommend", "--family", "bogus"], "resnet"),
        (["recommend", "--without-data", "bogus"], "laion-2b"),
        (["recommend", "--objective", "speed"], "latency_ms"),
        (["card", "resnet5O"], "resnet50"),
    ],
)
def test_a_mistake_is_told_what_is_known(archrank: Archrank, arguments: list[str], known: str) -> None:
    assert known in archrank(*arguments).err


def test_a_terminal_is_not_sent_to_a_route_of_the_api(archrank: Archrank) -> None:
    assert "GET /" not in archrank("card", "qqqqqqqqqq").err


def test_an_unprofiled_machine_is_told_how_to_profile_it(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "local_target", lambda: make_target("elsewhere"))
    done = archrank("recommend")
    assert done.code == 2
    assert "This machine has not been profiled" in done.err
    assert "archrank profile --preset starter" in done.err


def test_a_catalog_that_cannot_be_opened_ends_in_one_message(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql://someone:secret@127.0.0.1:1/nowhere")
    for arguments in (["recommend"], ["card", "resnet50"], ["targets"]):
        done = archrank(*arguments)
        assert done.code == 2
        assert "cannot be reached" in done.err
        assert "secret" not in done.err
        assert "Traceback" not in done.err


# card


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
    assert "± is half of the 95 % interval of the speed." in text
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
    (end,) = [place for place, line in enumerate(lines) if "as met ms" in line]
    targets = {local().id, *PUBLISHED}
    starts = [words[0] for line in lines[:end] if (words := line.split()) and words[0] in targets]
    assert starts[:5] == [local().id] * 4 + starts[4:5]
    published = [place for place, name in enumerate(starts) if name in PUBLISHED]
    assert published
    assert published[0] > max(place for place, name in enumerate(starts) if name == local().id)
    assert "archrank card resnet50 --json" in lines[-1]


def test_the_card_tells_failures_and_what_is_missing(archrank: Archrank) -> None:
    assert "out_of_memory" in archrank("card", "convnext_tiny").out
    text = " ".join(archrank("card", "vit_base_patch16_224").out.split())
    assert "Not measured on any target. Run `archrank profile vit_base_patch16_224`." in text


@pytest.mark.parametrize("name", ["resnet50", "toynet", "convnext_tiny"])
def test_the_cards_json_is_the_apis(archrank: Archrank, own_client: TestClient, name: str) -> None:
    answer = own_client.get(f"/v1/architectures/{name}").json()
    assert json.loads(archrank("card", name, "--json").out) == answer


# targets


def test_targets_have_a_line_each_and_this_machine_its_alias(archrank: Archrank) -> None:
    done = archrank("targets")
    check_width(done)
    assert done.lines[0].split() == ["id", "alias", "kind", "hardware"]
    lines = {line.split()[0]: line for line in done.lines[1:]}
    assert lines.keys() == {local().id, OTHER.id, *PUBLISHED}
    assert lines[local().id].split()[1] == "local"
    assert [name for name, line in lines.items() if "local" in line] == [local().id]
    assert "Other CPU, 4 CPUs" in lines[OTHER.id]


def test_no_target_is_told_how_to_make_one(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_reference: ReferenceTables
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    with in_place_of_shipped(no_reference):
        done = archrank("targets")
    assert done.code == 0
    assert "archrank profile --preset starter" in done.out


# settings


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PORT", "abc", "ARCHRANK_PORT cannot be 'abc'."),
        ("MAX_BODY_BYTES", "-1", "ARCHRANK_MAX_BODY_BYTES cannot be '-1'."),
        ("HOST", "a..b", "Cannot serve on a..b:"),
    ],
)
def test_the_server_refuses_a_malformed_setting_in_one_message(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"ARCHRANK_{variable}", value)
    done = archrank("serve")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert f"ARCHRANK_{variable}" in done.err


def test_a_command_on_a_terminal_is_broken_where_a_shell_continues_it() -> None:
    command = f"archrank profile {' '.join(f'network_{place:02}' for place in range(12))} --runtime openvino"
    lines = in_lines(command, 80).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert shlex.split(in_lines(command, 80).replace("\\\n", " ")) == command.split()


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
