"""Making the files of networks: exporting, then quantising."""

from pathlib import Path

import pytest

from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.artefacts.cache import Format
from profiler.failures import CaseFailed
from profiler.preparation import Job
from profiler.processes.serving import Json
from tests.profiler.preparation.preparing import Bench


def jobs(*precisions: Precision) -> list[Job]:
    return [
        Job(Workload("alpha", 1000, 224), Format.ONNX, count=False, precision=precision)
        for precision in precisions
    ]


def answering(bench: Bench, monkeypatch: pytest.MonkeyPatch, failing: Precision | None = None) -> list[str]:
    """Makes artefacts in all precisions but `failing`; returns those that are asked for, in order."""
    asked: list[str] = []

    def reply(request: Json) -> Json:
        asked.append(request["precision"])
        if request["precision"] == failing:
            raise CaseFailed(FailureReason.UNSUPPORTED_EXPORT, "no such operator")
        return {}

    monkeypatch.setattr(bench, "_reply", reply)
    return asked


def test_quantising_begins_where_the_export_of_its_network_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, 2)
    asked = answering(bench, monkeypatch)
    done = list(bench.preparation.prepare(jobs(Precision.INT8, Precision.FP32)))
    assert asked == [Precision.FP32, Precision.INT8]
    assert all(prepared.failure is None for prepared in done)
    assert len(bench.processes) == 1


def test_what_cannot_be_exported_is_not_exported_again_to_be_quantised(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(bench, monkeypatch, failing=Precision.FP32)
    done = list(bench.preparation.prepare(jobs(Precision.FP32, Precision.INT8)))
    assert asked == [Precision.FP32]
    assert [prepared.job.precision for prepared in done] == [Precision.FP32, Precision.INT8]
    failures = [prepared.failure for prepared in done]
    assert all(isinstance(failure, CaseFailed) for failure in failures)
    assert {failure.reason for failure in failures if isinstance(failure, CaseFailed)} == {
        FailureReason.UNSUPPORTED_EXPORT
    }


def test_what_cannot_be_quantised_is_exported_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(bench, monkeypatch, failing=Precision.INT8)
    done = list(bench.preparation.prepare(jobs(Precision.FP32, Precision.INT8)))
    assert [prepared.failure is None for prepared in done] == [True, False]
