"""What `archrank profile` asks a campaign for. end_to_end/test_profile.py runs campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from catalog.host import local_target, usable_cpus
from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.campaign.campaign import Campaign, Tally
from profiler.campaign.request import ProfileRequest
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
from profiler.presets import PRESETS
from profiler.protocol.plan import SamplingPlan
from profiler.sensors import gpu_device, gpu_selection
from profiler.sensors.gpu_device import GpuFacts

H100 = GpuFacts("NVIDIA H100 80GB HBM3", "GPU-aaaa", "580.159.04", "9.0", 85_520_809_984, 700)


@dataclass
class Seen:
    """The campaigns that the command started, with their requests."""

    campaigns: list[tuple[Campaign, ProfileRequest]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    interrupted: bool = False


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    remembered = Seen()

    def run(self: Campaign, request: ProfileRequest) -> Tally:
        remembered.campaigns.append((self, request))
        if remembered.interrupted:
            raise KeyboardInterrupt
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
    assert campaign.target == gpu_device.gpu_target(H100)
    assert campaign.target.id in capsys.readouterr().out  # what to ask `archrank recommend --target` for
    assert campaign.environment_of(RuntimeName.PYTORCH).driver == "580.159.04"
    assert variables_of(campaign) == [{"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}] * 2
    assert request.device is Device.CUDA
    assert request.runtimes == (RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME)
    assert request.threads == (1,)


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


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"names": []}, NothingToMeasure),
        ({"preset": "nope"}, UnknownPreset),
        ({"names": ["resnet50"], "threads": [1, 5000]}, TooManyThreads),
        ({"names": ["resnet50"], "percentile": 50}, UnknownPercentile),
        ({"names": ["resnet50"], "processes": 9, "max_processes": 5}, ConflictingOptions),
        ({"names": ["resnet50"], "processes": 9, "max_blocks": 5}, ConflictingOptions),
        ({"names": ["resnet50"], "batch_curve": True, "batch_size": [8]}, ConflictingOptions),
        ({"names": ["resnet50"], "train": True, "clients": [2]}, ConflictingOptions),
        ({"stale": True, "threads": [1]}, ConflictingOptions),
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
    profile(["resnet50"], processes=2, max_processes=3, max_blocks=6, time_budget=90.0)
    profile(["resnet50"])
    (_, few), (_, usual) = seen.campaigns
    plan = few.plan
    assert (plan.processes, plan.max_processes, plan.blocks_each, plan.max_blocks) == (2, 3, 3, 6)
    assert (usual.plan, usual.time_budget_s) == (SamplingPlan(), inf)
    assert few.time_budget_s == 90.0


def test_failed_and_stale_cases_are_reported_with_the_option_that_measures_them_again(
    seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    seen.tally = Tally(measured=3, failed=2, already_measured=7, stale=1)
    with pytest.raises(typer.Exit):
        profile(["resnet50"])
    out = capsys.readouterr().out
    assert "3 cases measured, 2 failed, 7 were measured before." in out
    assert "--retry-failed" in out
    assert "1 cases were measured in another environment" in out
    assert "--stale" in out


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
    ],
)
def test_the_exit_code_says_whether_a_case_failed(seen: Seen, tally: Tally, code: int) -> None:
    seen.tally = tally
    app = typer.Typer()
    app.command()(profile)
    assert CliRunner().invoke(app, ["resnet50"]).exit_code == code
