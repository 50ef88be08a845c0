"""What a preparer process answers, asked in this process; with the smallest of timm's networks."""

import errno
import json
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from catalog.entities.networks import Backbone, CountedWorkload, Counts, Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Form, Precision
from profiler import preparer
from profiler.artefacts import export
from profiler.artefacts.cache import ArtefactCache, Format
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault
from profiler.networks import building, complexity, registry
from profiler.preparation import Examined

EXAMINED = TypeAdapter(Examined)
BACKBONES = TypeAdapter(list[Backbone])


def answer(**request: Any) -> Any:
    """The answer as it arrives: through JSON."""
    return json.loads(json.dumps(preparer.answer(json.loads(json.dumps(request)))))


def examined(name: str, *wanted: tuple[int, int]) -> Examined:
    return EXAMINED.validate_python(answer(architecture=name, wanted=wanted, failure=None))


def test_the_registry_names_every_architecture_and_those_that_were_renamed() -> None:
    names = answer(registry=True)
    assert names["architectures"] == registry.list_architectures()
    assert len(names["architectures"]) > 1000
    assert names["aliases"] == registry.aliases()


def test_an_architecture_is_described_with_its_licences_read_and_its_data_parsed() -> None:
    (backbone,) = BACKBONES.validate_python(answer(patterns=["resnet18"])["backbones"])
    assert (backbone.architecture.family, backbone.architecture.year) == ("resnet", 2015)
    assert (backbone.num_classes, backbone.input_size) == (1000, 224)
    assert (backbone.architecture.num_classes, backbone.architecture.native_size) == (1000, 224)
    checkpoints = {checkpoint.name: checkpoint for checkpoint in backbone.checkpoints}
    assert checkpoints["resnet18.a1_in1k"].license == "Apache-2.0"
    assert checkpoints["resnet18.a1_in1k"].commercial_use is True
    assert checkpoints["resnet18.fb_swsl_ig1b_ft_in1k"].commercial_use is False
    assert "imagenet-1k" in checkpoints["resnet18.fb_swsl_ig1b_ft_in1k"].training_data


def test_an_unknown_architecture_is_an_answer_with_close_names() -> None:
    unknown = answer(patterns=["test_resnet", "resnt50"])["unknown"]
    assert unknown["name"] == "resnt50"
    assert "resnet50" in unknown["close"]


def test_all_that_the_tables_say_of_an_architecture_comes_at_once() -> None:
    entry = examined("test_resnet", (1000, 96), (10, 64))
    assert entry.architecture == building.structure(registry.describe("test_resnet"))
    assert list(entry.checkpoints) == registry.checkpoints("test_resnet")
    assert [counted.workload for counted in entry.workloads] == [
        Workload("test_resnet", 1000, 160),
        Workload("test_resnet", 1000, 96),
        Workload("test_resnet", 10, 64),
    ]
    for counted in entry.workloads:
        assert counted.counts == complexity.count(
            building.outline(counted.workload), counted.workload.input_size
        )
        assert counted.count_failure is None
        assert counted.source is not None
        assert counted.source.startswith("archrank ")
        assert ", timm " in counted.source


def test_a_pair_that_is_wanted_twice_is_counted_once() -> None:
    entry = examined("test_resnet", (1000, 160), (1000, 160))
    assert [counted.workload for counted in entry.workloads] == [Workload("test_resnet", 1000, 160)]


def test_the_sizes_of_all_checkpoints_are_counted() -> None:
    entry = examined("resnet18")
    assert [counted.workload for counted in entry.workloads] == [
        Workload("resnet18", 1000, 224), Workload("resnet18", 1000, 160),
    ]  # fmt: skip


def test_a_network_that_is_folded_for_deployment_is_counted_in_both_forms() -> None:
    entry = examined("repvgg_a0")
    by_form = {counted.workload.form: counted.counts for counted in entry.workloads}
    deployed, training = by_form[Form.DEPLOYED], by_form[Form.TRAINING]
    assert deployed is not None
    assert training is not None
    assert deployed.params_m == pytest.approx(8.31, abs=0.0051)
    assert training.params_m == pytest.approx(9.11, abs=0.0051)
    assert {counted.workload.num_classes for counted in entry.workloads} == {1000}


def test_a_size_that_the_network_does_not_take_is_a_workload_that_says_so() -> None:
    entry = examined("test_vit", (1000, 100))
    native, misfit = entry.workloads
    assert native.counts is not None
    assert misfit.counts is None
    assert misfit.count_failure is not None
    assert "does not accept 100 px" in misfit.count_failure
    assert len(misfit.count_failure) <= 300
    assert misfit.source == native.source
    assert entry.architecture.failure is None


def test_what_cannot_be_counted_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Counts:
        raise complexity.Uncountable("no formula for _fft_r2c")

    monkeypatch.setattr(complexity, "count", refuse)
    (counted,) = examined("test_resnet").workloads
    assert (counted.counts, counted.count_failure) == (None, "no formula for _fft_r2c")
    assert counted.source is not None


@pytest.mark.parametrize("error", [RuntimeError, AssertionError, KeyError, RecursionError])
def test_a_network_that_cannot_be_built_is_an_answer_with_its_cause(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(_: object) -> None:
        raise error("x" * 1000)

    monkeypatch.setattr(building, "structure", fail)
    entry = examined("test_resnet", (1000, 96))
    assert entry.architecture.failure is not None
    assert entry.architecture.failure.startswith(f"{error.__name__}: ")
    assert len(entry.architecture.failure) == 300
    assert entry.workloads == ()
    assert list(entry.checkpoints) == registry.checkpoints("test_resnet")
    assert entry.architecture.native_size == 160


def test_a_network_that_killed_its_process_is_described_by_the_registry_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(building, "outline", fail)
    asked = {"architecture": "test_resnet", "wanted": [(1000, 96)], "failure": "crashed: SIGSEGV"}
    examined = EXAMINED.validate_python(answer(**asked))
    described = registry.describe("test_resnet")
    assert examined.architecture == replace(described, failure="crashed: SIGSEGV")
    assert list(examined.checkpoints) == registry.checkpoints("test_resnet")
    assert examined.workloads == ()


# Artefacts


def test_int8_is_made_from_the_cached_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workload, cache = Workload("test_resnet", 10, 64), ArtefactCache(tmp_path, 1e9)
    asked = {"workload": asdict(workload), "format": Format.ONNX, "count": False, "cache": str(tmp_path)}
    answer(**asked, precision=Precision.INT8)
    exported, quantised = (
        cache.find(workload, Format.ONNX, precision) for precision in (Precision.FP32, Precision.INT8)
    )
    assert exported is not None
    assert quantised is not None
    assert quantised.artefact.bytes < exported.artefact.bytes
    assert quantised.artefact.sha256 != exported.artefact.sha256
    assert quantised.artefact.deviation is not None

    def fail(*_: object) -> None:
        raise AssertionError("exported again")

    monkeypatch.setattr(export, "write", fail)
    shutil.rmtree(quantised.path.parent)
    answer(**asked, precision=Precision.INT8)
    answer(**asked, precision=Precision.FP32)
    assert cache.find(workload, Format.ONNX, Precision.INT8) == quantised


# Where the meta device cannot


def counted(workload: Workload) -> CountedWorkload:
    return preparer._count(workload)


@pytest.mark.parametrize(
    "error", [RuntimeError("aten::item() on a meta tensor"), NotImplementedError("meta")]
)
@pytest.mark.parametrize("where", ["building", "calling"])
def test_what_the_meta_device_cannot_do_is_counted_with_numbers(
    monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    workload = Workload("test_resnet", 10, 64)
    expected = counted(workload)
    assert expected.counts is not None
    built: list[Workload] = []
    build, count = building.build, complexity.count

    def fail(*_: object) -> Any:
        raise error

    def build_recorded(asked: Workload) -> Any:
        built.append(asked)
        return build(asked)

    def counting(network: Any, size: int, channels: int) -> Counts:
        if next(network.parameters()).is_meta:
            raise error
        return count(network, size, channels)

    monkeypatch.setattr(building, "build", build_recorded)
    if where == "building":
        monkeypatch.setattr(building, "outline", fail)
    else:
        monkeypatch.setattr(complexity, "count", counting)
    assert counted(workload) == expected
    assert built == [workload]


def test_no_numbers_are_made_where_the_meta_device_can(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("built with numbers")

    monkeypatch.setattr(building, "build", fail)
    assert counted(Workload("test_vit", 10, 160)).counts is not None


def test_a_size_that_does_not_fit_is_not_tried_again_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("built with numbers")

    monkeypatch.setattr(building, "build", fail)
    with pytest.raises(CaseFailed) as caught:
        counted(Workload("test_vit", 10, 100))
    assert caught.value.reason is FailureReason.UNSUPPORTED_INPUT_SIZE


def test_what_cannot_be_counted_is_not_tried_again_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[object] = []

    def refuse(*_: object) -> Counts:
        counts.append(None)
        raise complexity.Uncountable("no formula for _fft_r2c")

    monkeypatch.setattr(complexity, "count", refuse)
    assert counted(Workload("test_vit", 10, 160)).count_failure == "no formula for _fft_r2c"
    assert len(counts) == 1


@pytest.mark.parametrize(("size", "refused"), [(96, False), (100, True)])
def test_an_input_size_that_is_not_the_computed_one_is_refused(
    size: int, refused: bool, tmp_path: Path
) -> None:
    request = {
        "workload": asdict(Workload("vit_tiny_patch16_224", 10, size)),
        "format": Format.SAFETENSORS,
        "precision": Precision.FP32,
        "count": False,
        "cache": str(tmp_path),
    }
    if not refused:
        preparer.answer(request)
        return
    with pytest.raises(CaseFailed, match="Of 100 px, vit_tiny_patch16_224 computes with 96 px"):
        preparer.answer(request)


def asked(tmp_path: Path) -> dict[str, Any]:
    return {
        "workload": asdict(Workload("test_resnet", 10, 160)),
        "format": Format.SAFETENSORS,
        "precision": Precision.FP32,
        "count": False,
        "cache": str(tmp_path),
    }


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EMFILE])
def test_what_the_host_forbids_while_a_file_is_made_is_its_fault_and_leaves_nothing(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(export, "save_model", refuse)
    with pytest.raises(HostFault) as caught:
        preparer.answer(asked(tmp_path))
    assert str(tmp_path) in caught.value.message
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_is_not_this_network_s_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another module of the library's name writes it."""
    monkeypatch.setattr(export, "save_model", lambda network, path: Path(path).write_bytes(b"a trap"))
    with pytest.raises(HostFault) as caught:
        preparer.answer(asked(tmp_path))
    assert caught.value.kind is FaultKind.IMPOSSIBLE_FILE
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_fault_of_the_host_is_no_line_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(building, "structure", refuse)
    with pytest.raises(HostFault):
        examined("test_resnet")
