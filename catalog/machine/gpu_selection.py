"""Which GPU is measured: the first that CUDA_VISIBLE_DEVICES leaves visible."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from catalog.errors import ArchrankError
from catalog.machine.gpu_device import Gpu, GpuFacts

VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"
_REMEDY = "Look at `nvidia-smi`, then at `archrank doctor`, or measure the CPU with --device cpu."


class NoGpu(ArchrankError):
    """This machine has no GPU that can be measured. `why` is a clause without a full stop."""

    def __init__(self, why: str, remedy: str = _REMEDY) -> None:
        super().__init__(f"There is no NVIDIA GPU to measure ({why}).", remedy)


def open_gpu(nvml: Any = None, environ: Mapping[str, str] | None = None) -> Gpu:
    """The first GPU that CUDA_VISIBLE_DEVICES leaves visible. Indices are those of nvidia-smi, by PCI bus.
    `nvml` is the module pynvml, or a fake.

    Raises:
        NoGpu: there is no GPU, no driver, or all GPUs are hidden.
    """
    nvml = _pynvml() if nvml is None else nvml
    visible = (os.environ if environ is None else environ).get(VISIBLE_DEVICES)
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
    except nvml.NVMLError as error:
        raise NoGpu(
            f"NVML says: {error}", "Install NVIDIA's driver, or measure the CPU with --device cpu."
        ) from error
    if not count:
        raise NoGpu("the driver finds none")
    first = "0" if visible is None else visible.partition(",")[0].strip()
    try:
        return _instance(nvml, _find(nvml, first, count))
    except nvml.NVMLError as error:
        raise NoGpu(f"{VISIBLE_DEVICES} is {visible!r}, NVML says: {error}") from error


def local_gpu(nvml: Any = None, environ: Mapping[str, str] | None = None) -> GpuFacts:
    """The facts of the GPU that `open_gpu` finds.

    Raises:
        NoGpu: there is no GPU, no driver, or all GPUs are hidden.
    """
    return open_gpu(nvml, environ).facts()


def _pynvml() -> Any:
    try:
        return import_module("pynvml")
    except ModuleNotFoundError as error:
        raise NoGpu("nvidia-ml-py is not installed", "Run `pip install 'archrank[profiler]'`.") from error


def _find(nvml: Any, wanted: str, count: int) -> Any:
    if wanted.startswith(("GPU-", "MIG-")):
        return nvml.nvmlDeviceGetHandleByUUID(wanted)
    if not wanted.isdigit() or int(wanted) >= count:
        raise NoGpu(
            f"{VISIBLE_DEVICES} begins with {wanted!r}, but there are only {count} GPUs",
            f"Unset {VISIBLE_DEVICES}, or begin it with an index below {count} or a whole UUID.",
        )
    return nvml.nvmlDeviceGetHandleByIndex(int(wanted))


def _instance(nvml: Any, handle: Any) -> Gpu:
    """The GPU of a handle. Of a divided GPU it is the first MIG instance, which is the one that CUDA uses."""
    try:
        if nvml.nvmlDeviceIsMigDeviceHandle(handle):
            return Gpu(nvml, handle, nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle))
        divided = nvml.nvmlDeviceGetMigMode(handle)[0]
    except nvml.NVMLError:  # GPUs before the A100 have no MIG
        divided = 0
    if not divided:
        return Gpu(nvml, handle, handle)
    for position in range(nvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
        try:
            return Gpu(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, position), handle)
        except nvml.NVMLError:  # no instance at this position
            continue
    raise NoGpu(
        "the GPU is in MIG mode and has no instance",
        "Ask the administrator of the machine to create an instance.",
    )
