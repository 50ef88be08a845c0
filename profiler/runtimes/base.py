"""What a runtime must do to be measured, and how a worker finds it by name."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from catalog.entities import Configuration, Workload
from catalog.vocabulary import RuntimeName

Images = npt.NDArray[np.float32]

_MODULES = {
    RuntimeName.PYTORCH: "profiler.runtimes.pytorch",
    RuntimeName.ONNXRUNTIME: "profiler.runtimes.onnx",
    RuntimeName.OPENVINO: "profiler.runtimes.openvino",
}


@dataclass(frozen=True)
class LoadRequest:
    """What to load: the artefact's main file, and how to run it."""

    artefact: Path
    workload: Workload
    configuration: Configuration


class LoadedNetwork(Protocol):
    """A network ready to be called."""

    def prepare(self, images: Images) -> None:
        """Bind the input, shape (batch, 3, height, width), outside of what is timed."""

    def infer(self) -> None:
        """One call on the bound input."""

    def output(self) -> npt.NDArray[np.float32]:
        """The output of the last call, shape (batch, ...)."""


class Runtime(Protocol):
    """A module of this package: importing it imports the runtime under test and nothing else."""

    def load(self, request: LoadRequest) -> LoadedNetwork:
        """Load the artefact.

        Raises:
            CaseFailed: the configuration is not supported here.
        """


def import_runtime(name: RuntimeName) -> Runtime:
    """The runtime's module."""
    module: Runtime = import_module(_MODULES[name])
    return module
