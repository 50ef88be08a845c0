from importlib.metadata import PackageNotFoundError, version

import pytest

from catalog.words.vocabulary import RuntimeName
from profiler.sensors import environment

VERSION_PY = "__version__ = '2.15.0+cu132'\ncuda: Optional[str] = {}\nhip: Optional[str] = None\n"


def test_an_environment_names_the_runtime_and_the_kernel() -> None:
    now = environment.current(RuntimeName.OPENVINO)
    assert now.runtime_version == f"openvino {version('openvino')}"
    assert now.kernel
    assert now.driver is None


def test_on_a_gpu_the_driver_and_torch_s_cuda_belong_to_it() -> None:
    now = environment.current(RuntimeName.PYTORCH, driver="580.1")
    assert now.driver == "580.1"
    assert now.runtime_version.startswith(f"torch {version('torch')}, timm {version('timm')}, CUDA ")
    assert "CUDA" not in environment.current(RuntimeName.PYTORCH).runtime_version
    assert now.id != environment.current(RuntimeName.PYTORCH).id


def test_variables_that_reach_the_processes_belong_to_it() -> None:
    plain = environment.current(RuntimeName.OPENVINO)
    with_kernels = environment.current(RuntimeName.OPENVINO, variables={"OPENBLAS_CORETYPE": "Haswell"})
    assert with_kernels.runtime_version == f"{plain.runtime_version}, OPENBLAS_CORETYPE=Haswell"
    assert with_kernels.id != plain.id
    assert environment.current(RuntimeName.OPENVINO, variables={}) == plain


def test_the_versions_of_packages_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    environment.current(RuntimeName.OPENVINO)
    monkeypatch.setattr(environment, "version", lambda name: pytest.fail(f"{name} was searched again"))
    environment.current(RuntimeName.OPENVINO)


def test_torch_s_cuda_is_what_it_was_built_for() -> None:
    import torch

    assert environment.torch_cuda() == torch.version.cuda
    assert environment.torch_cuda(VERSION_PY.format("'13.2'")) == "13.2"
    assert environment.torch_cuda(VERSION_PY.format("None")) is None


def test_a_build_for_gpus_stands_in_for_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"onnxruntime-gpu": "1.31.0", "timm": "1.0"}

    def version_of(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(environment, "version", version_of)
    assert environment.named_version("onnxruntime") == "onnxruntime-gpu 1.31.0"
    assert environment.named_version("timm") == "timm 1.0"
    del installed["onnxruntime-gpu"]
    installed["onnxruntime"] = "1.31.1"
    assert environment.named_version("onnxruntime") == "onnxruntime 1.31.1"
    with pytest.raises(PackageNotFoundError):
        environment.named_version("torch")
