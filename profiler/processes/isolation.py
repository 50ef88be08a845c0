"""How a child process starts: its environment, its working folder, and where it imports from.

The environment is made from the parent's. Variables that change speed, memory or privacy unnoticed are left
out. What has to remain although it may change numbers is recorded. `docs/measuring.md` lists both for the
user.
"""

import os
import site
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from catalog.entities.identity import digest
from profiler.processes import bytecode
from profiler.settings import ProfilerSettings

# It exists everywhere. A user's project does not lie in it, and only root can write into it.
NEUTRAL_FOLDER = "/"
# The folder from which this process loaded archrank.
_OWN_PACKAGES = Path(__file__).resolve().parents[2]

# The beginnings of names, and what the variables change.
_DROPPED_PREFIXES = {
    "OMP_": "number, binding and waiting of OpenMP's threads",
    "GOMP_": "the same, in GNU's OpenMP",
    "KMP_": "the same, in Intel's and LLVM's OpenMP",
    "MKL_": "threads, instructions and reproducibility of MKL",
    "OPENBLAS_": "threads of numpy's matrix products, which the canary times",
    "GOTO_": "the same, by OpenBLAS's older names",
    "TBB_": "huge pages and threads of OpenVINO",
    "ATEN_": "the instructions that torch's own kernels use",
    "ONEDNN_": "the instructions and the caches of oneDNN",
    "DNNL_": "the same, by oneDNN's older names",
    "XNNPACK_": "the kernels of XNNPACK",
    "MALLOC_": "how glibc's or jemalloc's allocator keeps memory",
    "MIMALLOC_": "how mimalloc keeps memory",
    "TCMALLOC_": "how tcmalloc keeps memory",
    "TORCH": "what torch compiles, caches and logs",
    "PYTORCH_": "torch's allocators and kernels",
    "ORT_": "what ONNX Runtime logs and reports",
    "ORTMODULE_": "how ONNX Runtime trains",
    "OV_": "OpenVINO's settings for its developers",
    "CUBLAS_": "memory and determinism of cuBLAS",
    "CUDNN_": "logs of cuDNN",
    "NPY_": "the instructions that numpy uses, whose products the canary times",
    "BLIS_": "threads of numpy's matrix products, where BLIS makes them",
}
# Whole names, and what the variables change.
_DROPPED_NAMES = {
    "GLIBC_TUNABLES": "the allocator, huge pages and the instructions that glibc uses",
    "LD_PRELOAD": "any function, an allocator in most cases",
    "LD_AUDIT": "the speed of calls between libraries",
    "LD_BIND_NOT": "the same",
    "LD_PROFILE": "the same",
    "LRU_CACHE_CAPACITY": "how many primitives of oneDNN are kept in memory",
    "THP_MEM_ALLOC_ENABLE": "whether torch takes huge pages",
    "NVIDIA_TF32_OVERRIDE": "the precision of products on a GPU",
    "CUDA_AUTO_BOOST": "the clock of a GPU",
    "CUDA_DEVICE_MAX_CONNECTIONS": "how many queues a GPU has",
    "CUDA_DISABLE_PTX_JIT": "which kernels a GPU runs",
    "CUDA_FORCE_PTX_JIT": "the same",
    "CUDA_LAUNCH_BLOCKING": "whether the CPU waits for each kernel of a GPU",
    "CUDA_MODULE_LOADING": "when kernels are loaded into a GPU's memory",
    "PYTHONDEVMODE": "checks in the interpreter and its allocator",
    "PYTHONINSPECT": "whether the process ends",
    "PYTHONMALLOC": "the interpreter's allocator",
    "PYTHONMALLOCSTATS": "what the interpreter prints of its allocator",
    "PYTHONOPTIMIZE": "whether assertions run",
    "PYTHONPROFILEIMPORTTIME": "how long imports take",
    "PYTHONTRACEMALLOC": "memory and speed of every allocation",
    "PYTHONVERBOSE": "how long imports take",
    "PYTHONWARNINGS": "whether a warning of a library is an error",
}
# They begin like those above.
_KEPT_NAMES = {
    "OPENBLAS_CORETYPE": "the owner of a machine sets it where OpenBLAS takes the CPU for another",
    "TORCH_HOME": "it names a folder",
}
# They remain, because a machine may need them, and may change numbers: which libraries are loaded, which
# kernels OpenBLAS takes, and which compiler torch.compile calls.
_RECORDED_NAMES = ("LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "CXX")
_SET = {
    # ONNX Runtime would write a device's id and a database of events at home, and a thread would send them.
    "ORT_DISABLE_TELEMETRY": "1",
    # No module is imported from the working folder, also by what the child starts.
    "PYTHONSAFEPATH": "1",
}


def child_environment(
    inherited: Mapping[str, str], import_folders: Sequence[Path], own: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a child: what is harmless of `inherited`, ours, then `own`, which wins.

    `import_folders` are where the child looks for modules before it looks into its installation.
    """
    kept = {name: value for name, value in inherited.items() if not _is_dropped(name)}
    kept.pop("PYTHONPATH", None)
    if import_folders:
        kept["PYTHONPATH"] = os.pathsep.join(map(str, import_folders))
    return {**kept, **_SET, **own}


def import_folders(python_path: str, own_packages: Path, installation: Iterable[Path]) -> list[Path]:
    """Where a child looks for modules before it looks into its installation.

    They are `own_packages`, unless it is part of the installation, and the folders of PYTHONPATH into which
    packages were installed. Those hold a `*.dist-info`. Folders of source code are left out: a `torch.py` of
    a user's project would be measured in the place of torch.
    """
    listed = [Path(entry) for entry in python_path.split(os.pathsep) if Path(entry).is_absolute()]
    installed = [folder for folder in listed if any(folder.glob("*.dist-info"))]
    own = [] if own_packages in set(installation) else [own_packages]
    return list(dict.fromkeys([*own, *installed]))


def isolated(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child of this process, with the variables `own`."""
    installation = [
        Path(folder).resolve() for folder in (*site.getsitepackages(), site.getusersitepackages())
    ]
    folders = import_folders(os.environ.get("PYTHONPATH", ""), _OWN_PACKAGES, installation)
    return child_environment(os.environ, folders, {**kept_modules(), **(own or {})})


@cache
def kept_modules() -> dict[str, str]:
    """What makes children keep compiled modules, where Python does not by itself. It is looked up once,
    because every process asks."""
    return bytecode.variables(os.environ, ProfilerSettings().cache_dir / "modules")


def recorded(inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables that reach a child and may change numbers. They belong to the environment's identity. Of
    folders, six digits are recorded that follow from the value."""
    return {
        name: digest(value)[:6] if os.sep in value else value
        for name in _RECORDED_NAMES
        if (value := inherited.get(name))
    }


def _is_dropped(name: str) -> bool:
    if name in _KEPT_NAMES:
        return False
    return name in _DROPPED_NAMES or name.startswith(tuple(_DROPPED_PREFIXES))
