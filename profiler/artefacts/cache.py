"""The cache of artefacts: the files that are deployed, under a key of all that determines their content.

A folder holds one artefact: its file or files, an image with the expected output (`verification.FILE_NAME`),
and `artefact.json`. It appears whole, by a rename, or not at all. What a killed process left is swept.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from catalog.entities.configurations import Artefact, Configuration
from catalog.entities.identity import digest
from catalog.entities.networks import Workload
from catalog.machine.scratch import held_folder, sweep
from catalog.reference.tables import reading
from catalog.words.vocabulary import Precision, RuntimeName
from profiler.artefacts.sizes import require_possible
from profiler.faults import FaultKind, HostFault, fault_of
from profiler.skeletons.archive import Archive

# Raised when the export itself changes, so that older artefacts are made anew.
_EXPORT_VERSION = 2
# ONNX files that held them took more time in ONNX Runtime, and measurements of those files are stale.
_STRIPPED = "value_info stripped"
_FACTS = "artefact.json"
_UNFINISHED = ".making-"
_NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST)


class Format(StrEnum):
    """The kind of file that is deployed."""

    ONNX = "onnx"
    SAFETENSORS = "safetensors"


FORMAT_OF: Mapping[RuntimeName, Format] = {
    RuntimeName.PYTORCH: Format.SAFETENSORS,
    RuntimeName.ONNXRUNTIME: Format.ONNX,
    RuntimeName.OPENVINO: Format.ONNX,
}
_MAIN_FILE = {Format.ONNX: "model.onnx", Format.SAFETENSORS: "model.safetensors"}
_TOOLS = {
    Format.ONNX: ("torch", "timm", "onnx", "onnxscript"),
    Format.SAFETENSORS: ("torch", "timm", "safetensors"),
}
_QUANTISER = "onnxruntime"
# Raised when drawing itself changes.
_DRAWING_VERSION = 1


def artefact_precision(configuration: Configuration) -> Precision:
    """The precision of the file that a configuration runs. int8 weights are quantised beforehand. All others
    are kept in fp32, and cast when they are loaded."""
    quantised = configuration.precision is Precision.INT8
    is_onnx = FORMAT_OF[configuration.runtime] is Format.ONNX
    return Precision.INT8 if quantised and is_onnx else Precision.FP32


@dataclass(frozen=True)
class CachedArtefact:
    """An artefact with its main file on this machine."""

    artefact: Artefact
    path: Path


class ArtefactCache:
    """Artefacts under the folder `root`. `prune` keeps them below `limit_bytes`.

    The ONNX file of a workload is drawn from one of `skeletons` where one serves it, and exported otherwise.
    """

    def __init__(self, root: Path, limit_bytes: float, skeletons: Archive | None = None) -> None:
        self.folder = self._root = root / "artefacts"
        self._limit_bytes = limit_bytes
        self.skeletons = skeletons or shipped_skeletons()

    def is_drawn(self, workload: Workload, format_: Format) -> bool:
        """Whether the file is made from a skeleton, without torch."""
        return format_ is Format.ONNX and self.skeletons.find(workload) is not None

    def toolchain(self, workload: Workload, format_: Format, precision: Precision = Precision.FP32) -> str:
        """What decides the content of the artefact: the versions of tools, and whether weights were drawn."""
        skeleton = self.skeletons.find(workload) if format_ is Format.ONNX else None
        if skeleton is not None:
            made = [f"skeleton of {skeleton.toolchain}", f"weights drawn (version {_DRAWING_VERSION})"]
        else:
            made = [f"{tool} {_version(tool)}" for tool in _TOOLS[format_]]
        stripped = [_STRIPPED] if format_ is Format.ONNX else []
        quantised = [] if precision is Precision.FP32 else [f"{_QUANTISER} {_version(_QUANTISER)}"]
        return ", ".join(made + stripped + quantised)

    def find(
        self, workload: Workload, format_: Format, precision: Precision = Precision.FP32
    ) -> CachedArtefact | None:
        """The artefact of the workload, if it was made with the tools installed now and is whole."""
        folder = self._folder(workload, format_, precision)
        try:
            facts = json.loads((folder / _FACTS).read_text())
            if sum(file.stat().st_size for file in _deployed(folder, format_)) != facts["bytes"]:
                return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with suppress(OSError):  # a cache that is only read is of use too
            os.utime(folder)  # prune() drops what was not used for longest
        toolchain = self.toolchain(workload, format_, precision)
        artefact = Artefact(workload, format_, precision, toolchain, **facts)
        return CachedArtefact(artefact, folder / _MAIN_FILE[format_])

    def make(
        self,
        workload: Workload,
        format_: Format,
        write: Callable[[Path], float | None],
        precision: Precision = Precision.FP32,
        parameters: int | None = None,
    ) -> CachedArtefact:
        """Have `write` fill the main file and the files beside it, then keep them.

        `write` returns the artefact's deviation, or None where it holds weights alone. `parameters` are those
        of the network. None is unknown.

        Raises:
            HostFault: the cache cannot be written, or the file cannot hold so many parameters.
        """
        folder = self._folder(workload, format_, precision)
        with _writing(self._root), held_folder(self._root, _UNFINISHED) as temporary:
            deviation = write(temporary / _MAIN_FILE[format_])
            deployed = _deployed(temporary, format_)
            size = sum(file.stat().st_size for file in deployed)
            if parameters is not None:
                require_possible(size, parameters, precision)
            facts = {"bytes": size, "sha256": _sha256(deployed), "deviation": deviation}
            (temporary / _FACTS).write_text(json.dumps(facts))
            shutil.rmtree(folder, ignore_errors=True)
            try:
                temporary.rename(folder)
            except OSError as error:
                if error.errno not in _NOT_EMPTY:
                    raise
                # Another process has made the same artefact meanwhile, and it may be in use.
        made = self.find(workload, format_, precision)
        if made is None:
            raise HostFault(FaultKind.MISSING_FILE, f"The artefact vanished from {folder}.")
        return made

    def sweep(self) -> None:
        """Remove what killed processes left unfinished."""
        sweep(self._root, _UNFINISHED)

    def prune(self) -> None:
        """Drop the least recently used artefacts until the rest fits the limit."""
        if not self._root.is_dir():
            return
        ages: dict[Path, float] = {}
        for folder in self._root.iterdir():
            with suppress(OSError):  # another process removed it
                ages[folder] = folder.stat().st_mtime
        finished = [folder for folder in ages if not folder.name.startswith(_UNFINISHED)]
        held = 0
        for folder in sorted(finished, key=ages.__getitem__, reverse=True):
            with suppress(OSError):
                held += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            if held > self._limit_bytes:
                shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, workload: Workload, format_: Format, precision: Precision) -> Path:
        # fp32 is left out of the key, so that the artefacts of older versions are still used.
        other = () if precision is Precision.FP32 else (precision,)
        key = digest(
            workload.id, format_, self.toolchain(workload, format_, precision), _EXPORT_VERSION, *other
        )
        return self._root / f"{workload.id}-{key}"


def shipped_skeletons() -> Archive:
    """The skeletons that ship with archrank."""
    return Archive(reading.FOLDER / reading.SKELETONS)


def _deployed(folder: Path, format_: Format) -> list[Path]:
    """The files in an artefact's folder that are deployed."""
    return sorted(folder.glob(f"{_MAIN_FILE[format_]}*"))


@contextmanager
def _writing(cache: Path) -> Iterator[None]:
    """Raise what the host forbids as its fault. Other errors are those of the network."""
    try:
        yield
    except OSError as error:
        if fault := fault_of(error):
            raise HostFault(fault.kind, f"{fault.detail} The cache is {cache}.") from error
        raise


def _version(tool: str) -> str:
    """The installed version. Without the tool, no artefact that it makes is found or made."""
    try:
        return version(tool)
    except PackageNotFoundError:
        return "not installed"


def _sha256(files: list[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    return total.hexdigest()
