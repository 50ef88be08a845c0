"""The file of cases that `archrank profile --cases` reads."""

import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.errors import FileInaccessible
from catalog.words.vocabulary import Device, Precision, RuntimeName
from profiler.cases import Case
from profiler.cli.case_file import read_cases
from profiler.errors import CasesMalformed

WORKLOAD = {"architecture": "resnet50", "num_classes": 1000, "input_size": 224}
CASES = (
    Case(
        Workload("resnet50", 1000, 224),
        Configuration(RuntimeName.OPENVINO, precision=Precision.FP32, batch_size=8, threads=2),
    ),
    Case(Workload("vit_tiny_patch16_224", 21841, 384), Configuration(RuntimeName.ONNXRUNTIME, threads=1)),
)


def written(folder: Path, *lines: Any) -> Path:
    path = folder / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_cases_are_read_in_their_order_and_each_once(tmp_path: Path) -> None:
    lines = [asdict(case) for case in (*CASES, CASES[0])]
    assert read_cases(written(tmp_path, lines[0], "", *lines[1:])) == CASES


def test_what_has_a_default_may_be_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, {"workload": WORKLOAD, "configuration": {"runtime": "openvino", "threads": 2}})
    assert read_cases(path) == (
        Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.OPENVINO, threads=2)),
    )


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asdict(CASES[1]))))
    assert read_cases(Path("-")) == CASES[1:]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "Line 1 is not a case"),
        ({"workload": WORKLOAD}, "configuration: It is missing"),
        ({"workload": WORKLOAD, "configuration": {"runtime": "tvm", "threads": 1}}, "configuration.runtime"),
        ({"workload": WORKLOAD, "configuration": {"runtime": "openvino", "thread": 1}}, "thread"),
        ({"workload": {}, "configuration": {"runtime": "openvino", "threads": 1}}, "workload.architecture"),
        (
            {"workload": WORKLOAD, "configuration": {"runtime": "openvino", "threads": None}},
            "how many threads",
        ),
        ("", "holds no case"),
    ],
)
def test_what_is_no_case_is_refused_with_its_place(tmp_path: Path, line: Any, complaint: str) -> None:
    with pytest.raises(CasesMalformed, match=complaint) as refused:
        read_cases(written(tmp_path, line))
    assert "resnet50" in (refused.value.remedy or "")


def test_cases_of_two_devices_are_refused(tmp_path: Path) -> None:
    on_gpu = Case(CASES[0].workload, Configuration(RuntimeName.PYTORCH, threads=1, device=Device.CUDA))
    with pytest.raises(CasesMalformed, match="several devices"):
        read_cases(written(tmp_path, asdict(CASES[0]), asdict(on_gpu)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileInaccessible, match="no-such-file"):
        read_cases(tmp_path / "no-such-file")


def test_a_closed_standard_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileInaccessible, match="Standard input is closed"):
        read_cases(Path("-"))


def test_a_mark_of_byte_order_is_no_part_of_the_first_case(tmp_path: Path) -> None:
    file = written(tmp_path, asdict(CASES[0]))
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_cases(file) == CASES[:1]
