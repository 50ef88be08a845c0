"""The archive of skeletons: a ZIP file of chunks, each with the graphs of some networks of one family.

Graphs of a family resemble each other, so compressed together they take half the bytes. Chunks are small, so
that one network is opened in milliseconds. `index.json` says where each graph lies, and which networks have
none, and why.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from profiler.skeletons.skeleton import Skeleton, Unexported

if TYPE_CHECKING:
    from onnx import ModelProto

_INDEX = "index.json"
# Decompressed in a few milliseconds.
_CHUNK_BYTES = 1_000_000
# The same bytes are written from the same skeletons, whenever it is.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Entry:
    """A skeleton with its graph, as `SerializeToString` writes it."""

    skeleton: Skeleton
    graph: bytes


class Archive:
    """The skeletons in the file at `path`. Without the file, there are none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._latest_chunk = "", b""  # its name and its content

    @cached_property
    def skeletons(self) -> tuple[Skeleton, ...]:
        """Every skeleton."""
        return tuple(from_document(Skeleton, entry["skeleton"]) for entry in self._index["entries"])

    @cached_property
    def unexported(self) -> tuple[Unexported, ...]:
        """The workloads that could not be exported, with the reason."""
        return tuple(from_document(Unexported, entry) for entry in self._index["unexported"])

    def find(self, workload: Workload) -> Skeleton | None:
        """The skeleton that serves `workload`: its own, or else one of another size or number of classes."""
        serving = [
            one for one in self._of_architecture.get(workload.architecture, ()) if one.serves(workload)
        ]
        return min(serving, key=lambda one: _distance(one.workload, workload), default=None)

    def sizes(self, architecture: str) -> tuple[int, ...]:
        """The input sizes (pixels) at which the graphs of `architecture` were exported."""
        return tuple(sorted({one.workload.input_size for one in self._of_architecture.get(architecture, ())}))

    def graph(self, workload: Workload) -> "ModelProto":
        """The graph of a skeleton that serves `workload`, with its input and its head.

        Raises:
            KeyError: no skeleton serves it.
        """
        from profiler.skeletons import graphs  # noqa: PLC0415 - who only looks for names loads no onnx

        skeleton = self.find(workload)
        if skeleton is None:
            raise KeyError(workload)
        model = graphs.parse(self.bytes(skeleton))
        graphs.resize(model, workload.input_size, workload.input_size)
        if workload.num_classes != skeleton.workload.num_classes:
            graphs.set_classes(model, skeleton.head, workload.num_classes)
        return model

    def bytes(self, skeleton: Skeleton) -> bytes:
        """The graph of a skeleton as it is stored. Graphs of one chunk are decompressed together, once where
        they are asked for one after another."""
        chunk, start, length = self._places[skeleton.workload]
        latest, content = self._latest_chunk
        if latest != chunk:
            with zipfile.ZipFile(self.path) as archive:
                content = archive.read(chunk)
            self._latest_chunk = chunk, content
        return content[start : start + length]

    @cached_property
    def _index(self) -> dict[str, list[dict[str, Any]]]:
        if not self.path.exists():
            return {"entries": [], "unexported": []}
        with zipfile.ZipFile(self.path) as archive:
            index: dict[str, list[dict[str, Any]]] = json.loads(archive.read(_INDEX))
            return index

    @cached_property
    def _of_architecture(self) -> Mapping[str, list[Skeleton]]:
        found: defaultdict[str, list[Skeleton]] = defaultdict(list)
        for skeleton in self.skeletons:
            found[skeleton.workload.architecture].append(skeleton)
        return found

    @cached_property
    def _places(self) -> Mapping[Workload, tuple[str, int, int]]:
        places = (entry["place"] for entry in self._index["entries"])
        return {
            skeleton.workload: (chunk, start, length)
            for skeleton, (chunk, start, length) in zip(self.skeletons, places, strict=True)
        }


def write(path: Path, entries: Iterable[Entry], unexported: Iterable[Unexported]) -> None:
    """Write the archive to `path`. The file appears whole or not at all."""
    chunks: dict[str, bytearray] = {}
    index = []
    family, name = "", ""
    for entry in sorted(entries, key=lambda entry: (entry.skeleton.family, entry.skeleton.workload.id)):
        skeleton, graph = entry.skeleton, entry.graph
        if skeleton.family != family:
            family, part = skeleton.family, 0
        elif len(chunks[name]) + len(graph) > _CHUNK_BYTES:
            part += 1
        name = f"{family}/{part}"
        chunk = chunks.setdefault(name, bytearray())
        index.append({"skeleton": asdict(skeleton), "place": [name, len(chunk), len(graph)]})
        chunk += graph
    reasons = sorted(map(asdict, unexported), key=lambda one: str(one["workload"]))
    unfinished = path.with_name(f".{path.name}.new")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_LZMA) as archive:
        for name, chunk in chunks.items():
            archive.writestr(zipfile.ZipInfo(name, _TIMESTAMP), bytes(chunk), zipfile.ZIP_LZMA)
        text = json.dumps({"entries": index, "unexported": reasons}, separators=(",", ":"))
        archive.writestr(zipfile.ZipInfo(_INDEX, _TIMESTAMP), text, zipfile.ZIP_DEFLATED)
    unfinished.replace(path)


def _distance(one: Workload, other: Workload) -> tuple[int, int]:
    return abs(one.input_size - other.input_size), abs(one.num_classes - other.num_classes)
