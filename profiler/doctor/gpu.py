"""Which GPU a campaign would measure on."""

import subprocess
from collections.abc import Callable

from catalog.host import gpu_target
from catalog.machine import gpu_device, gpu_selection
from profiler.doctor.check import Check, Verdict
from profiler.doctor.installation import run_isolated

# Prints the runtimes that can use a GPU. One that is not installed does not hide the other. It runs in its
# own process, because imports take seconds.
_USABLE_GPU = """
from contextlib import suppress
with suppress(ImportError):
    import torch
    print("torch" if torch.cuda.is_available() else "")
with suppress(ImportError):
    import onnxruntime
    print("onnxruntime" if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else "")
"""


def check_gpu(
    find: Callable[[], gpu_device.Gpu] = gpu_selection.open_gpu, usable: Callable[[], set[str]] | None = None
) -> Check:
    """Which GPU `--device cuda` would measure on, and which runtimes can use it. A host needs none."""
    subject = "GPU"
    try:
        gpu = find()
        facts, degrees = gpu.facts(), gpu.temperature_c()
    except gpu_selection.NoGpu as error:
        return Check(subject, Verdict.OK, f"{error.message} CPUs can be measured all the same.")
    runtimes = (usable or _runtimes_that_use_a_gpu)()
    heat = "" if degrees is None else f", {degrees} degrees Celsius"
    finding = f"{facts.name} ({gpu_target(facts).id}), driver {facts.driver}{heat}"
    if "torch" not in runtimes:
        remedy = "Run `pip install torch` from PyPI, with a CUDA version that this driver supports."
        return Check(subject, Verdict.DOUBTFUL, f"{finding}, which torch does not see.", remedy)
    if "onnxruntime" not in runtimes:
        remedy = "Run `pip uninstall onnxruntime`, then `pip install onnxruntime-gpu`."
        return Check(
            subject,
            Verdict.DOUBTFUL,
            f"{finding}, which torch sees. No onnxruntime with a CUDA provider is installed.",
            remedy,
        )
    return Check(subject, Verdict.OK, f"{finding}, which torch and onnxruntime can use.")


def _runtimes_that_use_a_gpu() -> set[str]:
    try:
        result = run_isolated(_USABLE_GPU)
    except subprocess.TimeoutExpired:
        return set()
    return set(result.stdout.split())
