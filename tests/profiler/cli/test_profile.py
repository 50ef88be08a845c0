"""What `archrank profile` asks a campaign for. end_to_end/test_profile.py runs campaigns."""

import errno
import json
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.host import gpu_target, local_target, usable_cpus
from catalog.machine import gpu_selection
from catalog.machine.gpu_device import GpuFacts
from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.campaign.campaign import Campaign, Tally
from profiler.campaign.request import ProfileRequest
from profiler.campaign.rounds import Unmeasured
from profiler.cases import Case
from profiler.cli.profile import profile
from profiler.errors import (
    ConflictingOptions,
    InvalidRequest,
    NothingToMeasure,
    TooManyThreads,
    UnknownPercentile,
    UnknownPreset,
    UnsupportedByRuntime,
)
from profiler.faults import FaultKind, HostFault
from profiler.presets import PRESETS
from profiler.protocol.plan import SamplingPlan
from profiler.sensors import linux

H100 = GpuFacts("NVIDIA H100 80GB HBM3", "GPU-aaaa", "580.159.04", "9.0", 85_520_809_984, 700)
FULL = Unmeasured(
    Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.OPENVINO)),
    HostFault(FaultKind.NO_SPACE, "OSError: [Errno 28] No space left on device: '/cache/model.onnx'."),
)


@dataclass
class Seen:
    """The campaigns that the command started, with their requests."""

    campaigns: list[tuple[Campaign, ProfileRequest]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    interrupted: bool = False
    raised: BaseException | None = None


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    remembered = Seen()

    def run(self: Campaign, request: ProfileRequest) -> Tally:
        remembered.campaigns.append((self, request))
        if remembered.interrupted:
            raise KeyboardInterrupt
        if remembered.raised:
            raise remembered.raised
        return remembered.tally

    monkeypatch.setattr(Campaign, "run", run)
    monkeypatch.setattr(gpu_selection, "local_gpu", lambda: H100)
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{tmp_path}/catalog.sqlite")
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path))
    return remembered


def variables_of(campaign: Campaign) -> list[Mapping[str, str]]:
    """What is in the environment of the processes that measure, and of the canary."""
    openers = (campaign.open_process, campaign.open_canary)
    return [opener.keywords["variables"] for opener in openers if isinstance(opener, partial)]


def test_a_gpu_is_measured_as_a_target_of_its_own_and_is_all_that_workers_see(
    seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    profile(["resnet50"], device=Device.CUDA)
    ((campaign, request),) = seen.campaigns
    assert campaign.target == gpu_target(H100)
    assert campaign.target.id in capsys.readouterr().out  # what to ask `archrank recommend --target` for
    assert campaign.environment_of(RuntimeName.PYTORCH).driver == "580.159.04"
    assert variables_of(campaign) == [{"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}] * 2
    assert (request.device, request.threads) == (Device.CUDA, (1,))
    assert request.runtimes == (RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME)


def test_without_a_device_this_processor_is_measured(seen: Seen) -> None:
    profile(["resnet50"])
    ((campaign, request),) = seen.campaigns
    assert campaign.target == local_target()
    assert campaign.environment_of(RuntimeName.ONNXRUNTIME).driver is None
    assert variables_of(campaign) == [{}, {}]
    assert (request.device, request.threads) == (Device.CPU, (usable_cpus(),))


def test_a_runtime_that_does_not_compute_on_the_device_is_refused_up_front(seen: Seen) -> None:
    with pytest.raises(UnsupportedByRuntime) as caught:
        profile(["resnet50"], device=Device.CUDA, runtime=[RuntimeName.PYTORCH, RuntimeName.OPENVINO])
    assert caught.value.message == "--device cuda does not support openvino."
    assert caught.value.remedy == "Choose among pytorch, onnxruntime."
    assert not seen.campaigns


def test_an_option_that_is_repeated_counts_once(seen: Seen) -> None:
    profile(["resnet50"], threads=[1, 1], batch_size=[4, 2, 4], input_size=[96, 96])
    ((_, request),) = seen.campaigns
    assert (request.threads, request.batch_sizes, request.input_sizes) == ((1,), (4, 2), (96,))


def test_what_trains_or_is_compiled_runs_in_pytorch_by_default(seen: Seen) -> None:
    profile(["resnet50"], train=True)
    profile(["resnet50"], compiled=True)
    (_, training), (_, compiling) = seen.campaigns
    assert training.runtimes == compiling.runtimes == (RuntimeName.PYTORCH,)
    assert (training.scenario, compiling.scenario) == (Scenario.TRAINING, Scenario.SINGLE_STREAM)


def test_a_preset_adds_to_the_names(seen: Seen) -> None:
    profile(["test_resnet"], preset="starter")
    ((_, request),) = seen.campaigns
    assert request.patterns == ("test_resnet", *PRESETS["starter"])


def test_stale_cases_need_no_name(seen: Seen) -> None:
    profile(stale=True)
    ((_, request),) = seen.campaigns
    assert (request.patterns, request.stale) == ((), True)


def test_listed_cases_are_asked_for_with_their_nodes(seen: Seen, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    case = {
        "workload": {"architecture": "resnet50", "num_classes": 1000, "input_size": 160},
        "configuration": {"runtime": "openvino", "threads": 1},
    }
    path.write_text(json.dumps(case))
    profile(cases=path, node_profiles=True)
    ((_, request),) = seen.campaigns
    assert [str(one) for one in request.listed] == ["resnet50 160 px, openvino fp32, 1 thread"]
    assert (request.patterns, request.runtimes, request.node_profiles) == (
        ("resnet50",),
        (RuntimeName.OPENVINO,),
        True,
    )


@pytest.mark.parametrize(
    "options",
    [
        {"names": ["resnet50"]},
        {"preset": "starter"},
        {"threads": [1]},
        {"stale": True},
        {"num_classes": [10]},
        {"in_chans": [4]},
    ],
)
def test_listed_cases_exclude_what_else_says_what_is_measured(
    seen: Seen, tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(ConflictingOptions, match="--cases"):
        profile(cases=tmp_path / "cases.jsonl", **options)


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"names": []}, NothingToMeasure),
        ({"preset": "nope"}, UnknownPreset),
        ({"names": ["resnet50"], "threads": [1, 5000]}, TooManyThreads),
        ({"names": ["resnet50"], "percentile": 50}, UnknownPercentile),
        ({"names": ["resnet50"], "processes": 9, "max_processes": 5}, ConflictingOptions),
        ({"names": ["resnet50"], "processes": 9, "max_blocks": 5}, ConflictingOptions),
        ({"names": ["resnet50"], "within_budget": True}, ConflictingOptions),
        ({"names": ["resnet50"], "batch_curve": True, "batch_size": [8]}, ConflictingOptions),
        ({"names": ["resnet50"], "train": True, "clients": [2]}, ConflictingOptions),
        ({"stale": True, "threads": [1]}, ConflictingOptions),
        ({"stale": True, "train": True}, ConflictingOptions),
        ({"stale": True, "compiled": True}, ConflictingOptions),
        ({"stale": True, "arena": False}, ConflictingOptions),
        ({"names": ["resnet50"], "train": True, "runtime": [RuntimeName.OPENVINO]}, UnsupportedByRuntime),
        ({"names": ["resnet50"], "compiled": True, "runtime": [RuntimeName.OPENVINO]}, UnsupportedByRuntime),
        ({"names": ["resnet50"], "arena": False, "runtime": [RuntimeName.OPENVINO]}, UnsupportedByRuntime),
    ],
)
def test_a_request_that_cannot_be_has_a_class_for_its_cause_and_a_remedy(
    seen: Seen, options: dict[str, Any], cause: type[InvalidRequest]
) -> None:
    with pytest.raises(cause) as caught:
        profile(**options)
    assert caught.value.remedy
    assert not seen.campaigns


@pytest.mark.parametrize("option", ["--interval-target", "--precision-target"])
def test_the_interval_target_has_its_old_name_too(seen: Seen, option: str) -> None:
    app = typer.Typer()
    app.command()(profile)
    assert CliRunner().invoke(app, ["resnet50", option, "0.05"]).exit_code == 0
    ((_, request),) = seen.campaigns
    assert request.plan.interval_target == 0.05


def test_the_numbers_of_processes_and_blocks_reach_the_plan(seen: Seen) -> None:
    profile(["resnet50"], processes=2, max_processes=3, max_blocks=6, time_budget="1.5m", within_budget=True)
    profile(["resnet50"])
    (_, few), (_, usual) = seen.campaigns
    plan = few.plan
    assert (plan.processes, plan.max_processes, plan.blocks_each, plan.max_blocks) == (2, 3, 3, 6)
    assert (usual.plan, usual.time_budget_s) == (SamplingPlan(), inf)
    assert (few.time_budget_s, few.within_budget, usual.within_budget) == (90.0, True, False)


def test_failed_stale_and_late_cases_are_reported_with_what_measures_them(
    seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    seen.tally = Tally(measured=3, failed=2, already_measured=7, stale=1, late=4)
    with pytest.raises(typer.Exit):
        profile(["resnet50"])
    out = capsys.readouterr().out
    assert "3 cases measured, 2 failed, 7 were measured before." in out
    assert "1 case was measured in another environment" in out
    assert "4 cases left out, because the time did not suffice." in out
    assert all(option in out for option in ("--retry-failed", "--stale", "without --force"))


@pytest.mark.parametrize(
    ("change", "said"),
    [(None, ""), (1.01, ""), (0.9, "brought to their level"), (1.5, "again with --force"), (0.5, "--force")],
)
def test_another_hour_and_another_machine_are_told(
    seen: Seen, capsys: pytest.CaptureFixture[str], change: float | None, said: str
) -> None:
    seen.tally = Tally(measured=3, level_change=change)
    profile(["resnet50"])
    out = capsys.readouterr().out
    assert said in out
    assert ("Even when quietest" in out) is bool(said)


def test_an_interrupted_campaign_says_how_to_continue(seen: Seen, capsys: pytest.CaptureFixture[str]) -> None:
    seen.interrupted = True
    with pytest.raises(typer.Exit) as ended:
        profile(["resnet50"])
    assert ended.value.exit_code == 130
    assert "Run the same command to continue" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tally", "code"),
    [
        (Tally(measured=3), 0),
        (Tally(already_measured=3, stale=1), 0),
        (Tally(), 0),
        (Tally(failed=1), 1),
        (Tally(measured=3, failed=1), 1),
        (Tally(unmeasured=(FULL,)), 2),
        (Tally(measured=3, failed=1, unmeasured=(FULL, FULL)), 2),
    ],
)
def test_the_exit_code_says_whether_a_case_failed_or_the_host_was_at_fault(
    seen: Seen, tally: Tally, code: int
) -> None:
    seen.tally = tally
    app = typer.Typer()
    app.command()(profile)
    assert CliRunner().invoke(app, ["resnet50"]).exit_code == code


def test_a_fault_of_the_host_is_shown_once_with_its_remedy_and_that_nothing_is_stored(
    seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    seen.tally = Tally(measured=1, unmeasured=(FULL, FULL))
    with pytest.raises(typer.Exit):
        profile(["resnet50"])
    shown = capsys.readouterr()
    assert "1 case measured, 0 failed, 2 not measured, 0 were measured before." in shown.out
    assert shown.err.count("error: A disk is full. OSError") == 1
    assert "ARCHRANK_CACHE_DIR" in shown.err
    assert "The same command tries them again." in shown.err


def test_a_host_that_hides_proc_measures_nothing(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux, "_STAT", Path("/absent/stat"))
    with pytest.raises(HostFault) as caught:
        profile(["resnet50"])
    assert caught.value.kind is FaultKind.NO_PROC
    assert not seen.campaigns


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.EMFILE, "Too many open files"), FaultKind.TOO_MANY_FILES),
        (RuntimeError("can't start new thread"), FaultKind.TOO_MANY_PROCESSES),
        (MemoryError(), FaultKind.NO_MEMORY),
    ],
)
def test_an_error_of_the_system_around_a_campaign_is_a_fault_of_the_host(
    seen: Seen, error: Exception, kind: FaultKind
) -> None:
    seen.raised = error
    with pytest.raises(HostFault) as caught:
        profile(["resnet50"])
    assert caught.value.kind is kind


def test_a_mistake_of_ours_is_no_fault_of_the_host(seen: Seen) -> None:
    seen.raised = RuntimeError("dictionary changed size during iteration")
    with pytest.raises(RuntimeError):
        profile(["resnet50"])


def test_the_time_that_preparing_may_take_can_be_chosen(seen: Seen) -> None:
    profile(["resnet50"])
    profile(["resnet50"], prepare_timeout=7200)
    limits = [campaign.preparation._timeout_s for campaign, _ in seen.campaigns]  # type: ignore[attr-defined]
    assert limits == [900, 7200]


def test_the_classes_of_a_fine_tuned_network_can_be_asked_for(seen: Seen) -> None:
    profile(["resnet50"], num_classes=[10, 100, 10])
    profile(["resnet50"])
    assert [request.num_classes for _, request in seen.campaigns] == [(10, 100), ()]


def test_the_channels_of_the_images_can_be_asked_for(seen: Seen) -> None:
    profile(["resnet50"], in_chans=[1, 12, 1])
    profile(["resnet50"])
    assert [request.in_chans for _, request in seen.campaigns] == [(1, 12), (3,)]


def test_what_a_killed_campaign_left_is_swept(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    left = [tmp_path / ".temporary-killed", tmp_path / "tmp" / "archrank-compiled-killed"]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "model.onnx").touch()
    profile(["resnet50"])
    assert not any(folder.exists() for folder in left)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_ends_a_campaign_in_order(
    seen: Seen, number: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(number)

    def run(self: Campaign, request: ProfileRequest) -> Tally:
        signal.raise_signal(number)
        raise AssertionError("the signal was not heeded")

    monkeypatch.setattr(Campaign, "run", run)
    with pytest.raises(typer.Exit) as ended:
        profile(["resnet50"])
    assert ended.value.exit_code == code
    assert signal.getsignal(number) == before


def test_a_signal_that_the_shell_ignores_is_ignored(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    survived: list[ProfileRequest] = []

    def run(self: Campaign, request: ProfileRequest) -> Tally:
        signal.raise_signal(signal.SIGHUP)
        survived.append(request)
        return Tally(measured=1)

    monkeypatch.setattr(Campaign, "run", run)
    try:
        profile(["resnet50"])
    finally:
        signal.signal(signal.SIGHUP, before)
    assert len(survived) == 1


def test_a_clock_that_was_never_set_is_a_fault_before_anything_is_measured(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiler.cli.running.is_past_belief", lambda now: True)
    with pytest.raises(HostFault, match="The clock of this host is wrong") as caught:
        profile(["resnet50"])
    assert caught.value.kind is FaultKind.WRONG_CLOCK
    assert seen.campaigns == []
