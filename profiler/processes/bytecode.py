"""The compiled modules of what processes import.

Python compiles a module at its first import, and keeps the result. It keeps none where
PYTHONDONTWRITEBYTECODE is set, as in many containers, or where the packages belong to another user. Some
installers compile nothing. Then each process compiles all that it imports. On two CPUs of a server, imports
took 11 instead of 4 s with torch, and 1 instead of 0.4 s with ONNX Runtime. The peak memory of a small
network's process was 1 % higher (2026-11-28).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import cache_from_source, find_spec
from pathlib import Path

_KEEPS_NONE, _FOLDER = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"
# What processes import that takes long to compile.
MODULES = ("numpy", "onnxruntime", "openvino", "torch", "timm")


def variables(inherited: Mapping[str, str], folder: Path, modules: Iterable[str] = MODULES) -> dict[str, str]:
    """What a child's environment needs beside `inherited`, so that Python keeps compiled modules in `folder`.

    Nothing, where those of all installed `modules` are kept already, or Python may keep them.
    """
    if all(_is_compiled(source, inherited) or _may_keep(source, inherited) for source in _sources(modules)):
        return {}
    return {_KEEPS_NONE: "", _FOLDER: str(folder)}


def are_compiled(modules: Iterable[str], environment: Mapping[str, str]) -> bool:
    """Whether a child with this environment finds the installed `modules` compiled. Each speaks for all that
    it imports."""
    return all(_is_compiled(source, environment) for source in _sources(modules))


def _sources(modules: Iterable[str]) -> Iterator[Path]:
    for module in modules:
        spec = find_spec(module)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin)


def _is_compiled(source: Path, environment: Mapping[str, str]) -> bool:
    """Whether a process with this environment finds the source compiled."""
    return _compiled(source, environment).exists()


def _may_keep(source: Path, environment: Mapping[str, str]) -> bool:
    """Whether a process with this environment keeps what it compiles."""
    if environment.get(_KEEPS_NONE):
        return False
    place = _compiled(source, environment)
    existing = next(folder for folder in place.parents if folder.exists())
    return os.access(existing, os.W_OK)


def _compiled(source: Path, environment: Mapping[str, str]) -> Path:
    """Where such a process looks for the compiled source."""
    name = Path(cache_from_source(source)).name
    if folder := environment.get(_FOLDER):
        return Path(folder, *source.parent.parts[1:], name)
    return source.parent / "__pycache__" / name
