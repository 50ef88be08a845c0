"""The command line on real networks and runtimes: small networks, so that it takes seconds."""

import json
import re
import signal
import sqlite3
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from catalog.command import main
from catalog.entities.measurements import Measurement
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Precision, RuntimeName, Scenario, Status
from tests.builders import failure_of, success_of
from tests.conftest import Databases
from tests.end_to_end.conftest import Host
from tests.fakes.terminal import TERMINAL

PATIENT_S = 120.0
# Two blocks of one process, or one block of each of two: the blocks of a case begin 2 s apart.
ONE_PROCESS = ("--threads", "1", "--processes", "1", "--max-blocks", "2")
TWO_PROCESSES = ("--threads", "1", "--processes", "2", "--max-blocks", "2")


def block_medians_ms(one: Measurement) -> list[float]:
    """What a call took in each block of a measurement."""
    return [
        float(np.median(calls)) / 1e6
        for sample in success_of(one).samples
        for _, calls in sample.calls_of_blocks()
    ]


def at_quiet_level(one: Measurement, numbers: list[float]) -> tuple[float, float]:
    """The least and the most that a number may be: those of its blocks, brought to the quiet level by no more
    than the canary was away from it."""
    away = [
        block.canary_ns / sample.quiet_ns
        for sample in success_of(one).samples
        for block in sample.blocks
        if sample.quiet_ns is not None
    ]
    factor = max(max(ratio, 1 / ratio) for ratio in away)
    return min(numbers) / factor * 0.999, max(numbers) * factor * 1.001


def test_a_network_is_profiled_through_every_runtime_and_recommended(new_host: Host) -> None:
    runtimes = [argument for name in RuntimeName for argument in ("--runtime", name)]
    profiled = new_host.run("profile", "test_resnet", *runtimes, *TWO_PROCESSES)
    assert profiled.returncode == 0, profiled.stderr
    assert "3 cases measured, 0 failed" in profiled.stdout
    measurements = new_host.measurements()
    assert {one.configuration.runtime for one in measurements} == set(RuntimeName)
    for one in measurements:
        values = {value.metric: value.value for value in success_of(one).values}
        latency_ms, latencies_ms = values[Metric.LATENCY_MS], block_medians_ms(one)
        assert latency_ms is not None
        least, most = at_quiet_level(one, latencies_ms)
        assert least <= latency_ms <= most
        assert values[Metric.LATENCY_MET_MS] is not None
        assert values[Metric.SLOWDOWN] is not None
        assert [len(sample.blocks) for sample in success_of(one).samples] == [1, 1]
        for sample in success_of(one).samples:
            assert len(sample.affinity) == 1
            assert sample.deviation is not None
            assert sample.deviation < 1e-4
            stages = [sample.imported_bytes, sample.loaded_bytes, sample.peak_bytes]
            assert None not in stages
            assert 0 < stages[0] < stages[1] <= stages[2]  # type: ignore[operator]
        assert one.artefact is not None
        assert one.artefact.bytes > 4 * 465_000  # fp32 weights
    recommended = new_host.run(
        "recommend", "--tag", "test-network", "--max", "latency_ms=1000", "--min", "top1=40", **TERMINAL
    )
    assert "test_resnet.r160_in1k" in recommended.stdout
    assert max(map(len, recommended.stdout.splitlines())) <= 80


def test_nothing_is_left_in_the_home_folder(host: Host, tmp_path: Path) -> None:
    """ONNX Runtime and OpenVINO would write the id of a device and of a user there, and send reports."""
    home = tmp_path / "home"
    home.mkdir()
    profiled = host.run("profile", "test_resnet", *ONE_PROCESS, HOME=str(home))
    assert profiled.returncode == 0, profiled.stderr
    assert list(home.rglob("*")) == []


def test_a_network_is_trained_at_several_batch_sizes(host: Host) -> None:
    batches = ("--batch-size", "2", "--batch-size", "4")
    profiled = host.run("profile", "test_resnet", "--train", *batches, *ONE_PROCESS)
    assert profiled.returncode == 0, profiled.stderr
    assert "2 cases measured, 0 failed" in profiled.stdout
    assert "images/s" in profiled.stdout
    measurements = host.measurements()
    assert {one.configuration.batch_size for one in measurements} == {2, 4}
    for one in measurements:
        assert one.workload.form is Form.TRAINING
        assert one.configuration.runtime is RuntimeName.PYTORCH
        values = {value.metric: value.value for value in success_of(one).values}
        assert set(values) == {Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB, Metric.SLOWDOWN}
        per_second = [1e3 * one.configuration.batch_size / step_ms for step_ms in block_medians_ms(one)]
        throughput_ips = values[Metric.TRAIN_THROUGHPUT_IPS]
        assert throughput_ips is not None
        least, most = at_quiet_level(one, per_second)
        assert least <= throughput_ips <= most
        assert all(sample.deviation is None for sample in success_of(one).samples)
    card = host.run("card", "test_resnet").stdout
    assert re.search(r"^ *2 +[\d.]+ images/s( \(.*\))? +\d+ MB", card, re.MULTILINE)
    # What was trained answers no question about latency, and is no reason why nothing was found.
    asked = host.run("recommend", "--tag", "test-network", "--max", "latency_ms=1000", "--json")
    answer = json.loads(asked.stdout)
    assert answer["recommendations"] == []
    trained = host.run("recommend", "--tag", "test-network", "--min", "train_throughput_ips=0.1", "--plan")
    assert "test_resnet" in trained.stdout
    assert "a run of batch" in re.sub(r"\s+", " ", trained.stdout)


def test_clients_that_call_at_once_are_served_by_one_network(host: Host) -> None:
    runtimes = [argument for name in RuntimeName for argument in ("--runtime", name)]
    profiled = host.run("profile", "test_resnet", "--clients", "2", *runtimes, *ONE_PROCESS)
    assert profiled.returncode == 0, profiled.stderr
    assert "3 cases measured, 0 failed" in profiled.stdout
    measurements = host.measurements()
    assert {one.configuration.runtime for one in measurements} == set(RuntimeName)
    for one in measurements:
        assert one.configuration.scenario is Scenario.CONCURRENT
        values = {value.metric: value.value for value in success_of(one).values}
        per_second = [
            block.calls * 1e9 / (block.span_ns or 0)
            for sample in success_of(one).samples
            for block in sample.blocks
        ]
        throughput_ips = values[Metric.THROUGHPUT_IPS]
        assert throughput_ips is not None
        least, most = at_quiet_level(one, per_second)
        assert least <= throughput_ips <= most
        assert all(
            sample.deviation is not None and sample.deviation < 1e-4 for sample in success_of(one).samples
        )
        # That calls overlap is tested with threads: on a busy machine, times do not show it.
        assert all(sample.span_ns for sample in success_of(one).samples)


def test_a_configuration_that_cannot_run_is_a_stored_result(host: Host) -> None:
    profiled = host.run("profile", "test_resnet", "--precision", "bf16", "--runtime", "onnxruntime")
    assert profiled.returncode == 1, profiled.stderr
    (failed,) = host.measurements()
    assert failed.status is Status.FAILED
    assert failure_of(failed).reason is FailureReason.UNSUPPORTED_PRECISION
    assert "0 cases measured, 1 failed" in profiled.stdout
    assert "1 was measured before" in host.run(
        "profile", "test_resnet", "--precision", "bf16", "--runtime", "onnxruntime"
    ).stdout  # fmt: skip


def test_without_a_gpu_the_device_is_refused_with_a_way_out_before_anything_runs(
    new_host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # where there is one
    refused = new_host.run("profile", "test_resnet", "--device", "cuda")
    assert refused.returncode == 2
    assert "There is no NVIDIA GPU to measure" in refused.stderr
    assert not new_host.database.exists()


def test_an_int8_file_is_measured_and_shown_without_the_accuracy_of_the_original(host: Host) -> None:
    profiled = host.run(
        "profile", "test_resnet", "--precision", "int8", "--runtime", "onnxruntime", *ONE_PROCESS
    )
    assert profiled.returncode == 0, profiled.stderr
    (measured,) = host.measurements()
    assert measured.status is Status.OK
    assert measured.artefact is not None
    assert measured.artefact.precision is Precision.INT8
    assert measured.artefact.deviation is not None
    assert measured.artefact.bytes < 0.4 * 4 * 465_000
    assert success_of(measured).samples[0].deviation == pytest.approx(measured.artefact.deviation, rel=0.01)
    assert "accuracy is unknown until it is evaluated" in " ".join(
        host.run("card", "test_resnet").stdout.split()
    )
    recommended = host.run(
        "recommend", "--tag", "test-network", "--max", "latency_ms=1000", "--min", "top1=1"
    )
    assert "top1 of 1" in recommended.stdout


def test_an_unknown_architecture_is_one_message_and_no_traceback(host: Host) -> None:
    refused = host.run("profile", "resnt50")
    assert refused.returncode == 2
    assert "Unknown architecture 'resnt50'" in refused.stderr
    assert "resnet50" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--preset", "nope"],
        ["resnet18", "--threads", "4096"],
        ["resnet18", "--threads", "0"],
        ["resnet18", "--runtime", "tensorflow"],
        ["resnet18", "--batch-size", "-1"],
        ["resnet18", "--train", "--runtime", "openvino"],
        ["resnet18", "--train", "--clients", "2"],
        ["resnet18", "--clients", "0"],
        ["resnet18", "--batch-curve", "--batch-size", "8"],
        ["resnet18", "--device", "tpu"],
        ["resnet18", "--device", "cuda", "--runtime", "openvino"],
        ["resnet18", "--compiled", "--runtime", "onnxruntime"],
        ["resnet18", "--no-arena", "--runtime", "openvino"],
    ],
)
def test_a_request_that_cannot_be_is_refused_before_anything_runs(
    databases: Databases,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    """In this process: the test above shows how a refusal leaves a process."""
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", databases.full("sqlite"))
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "argv", ["archrank", "profile", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    refusal = capsys.readouterr().err
    assert refusal
    assert "Unknown architecture" not in refusal
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_campaign_loses_nothing_and_measures_nothing_twice(host: Host, kill: signal.Signals) -> None:
    command = ["profile", "test_resnet", "test_vit", *ONE_PROCESS]
    campaign = host.start(command)
    wait_for_blocks(host, 3)
    campaign.send_signal(kill)
    campaign.wait(PATIENT_S)
    before = block_ids(host)
    assert len(before) >= 3
    with closing(sqlite3.connect(host.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    resumed = host.run(*command)
    assert resumed.returncode == 0, resumed.stderr
    measurements = host.measurements()
    assert len({(one.workload.id, one.configuration.id) for one in measurements}) == len(measurements) == 4
    # What the first campaign stored is part of the result: only the rest was taken anew.
    assert before <= block_ids(host)
    assert len(block_ids(host)) == 4 * 2
    resumed_cases = host.run(*command)
    assert "0 cases measured" in resumed_cases.stdout


def wait_for_blocks(host: Host, count: int) -> None:
    """Wait until the campaign has stored `count` blocks."""
    deadline = time.monotonic() + PATIENT_S
    while len(block_ids(host)) < count:
        assert time.monotonic() < deadline, "the campaign stored nothing"
        time.sleep(0.02)


def block_ids(host: Host) -> set[tuple[str, float]]:
    """The start of its process and the begin of every block that is stored, of ended and of open cases."""
    if not host.database.exists():
        return set()
    with closing(sqlite3.connect(host.database)) as connection:
        try:
            pending = connection.execute("SELECT sample FROM pending_sample").fetchall()
            ended = connection.execute(
                "SELECT samples FROM measurement WHERE provenance = 'measured'"
            ).fetchall()
        except sqlite3.OperationalError:  # not migrated yet
            return set()
    samples = [json.loads(zlib.decompress(packed)) for (packed,) in pending]
    samples += [sample for (packed,) in ended for sample in json.loads(zlib.decompress(packed))]
    return {(sample["started_at"], block["at_s"]) for sample in samples for block in sample["blocks"]}
