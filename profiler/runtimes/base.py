"""What a runtime must do to be measured, and how a worker finds it by name."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from catalog.entities import Configuration, Workload
from catalog.vocabulary import FailureReason, RuntimeName, Scenario
from profiler.errors import CaseFailed

Images = npt.NDArray[np.float32]

_MODULES = {
    RuntimeName.PYTORCH: "profiler.runtimes.pytorch",
    RuntimeName.ONNXRUNTIME: "profiler.runtimes.onnx",
    RuntimeName.OPENVINO: "profiler.runtimes.openvino",
}
_TRAINING_MODULES = {RuntimeName.PYTORCH: "profiler.runtimes.pytorch_training"}


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
        """The output of the last call, shape (batch, ...); of a training step its loss, and how far the
        weight has moved since loading that moved farthest, shape (2,)."""

    def client(self) -> Self:
        """Another handle on the same network, with an input and output of its own; handles may be called at
        the same time, each by one thread.

        Raises:
            CaseFailed: the network can serve only one.
        """


class Runtime(Protocol):
    """A module of this package: importing it imports the runtime under test and nothing else."""

    def load(self, request: LoadRequest) -> LoadedNetwork:
        """Load the artefact.

        Raises:
            CaseFailed: the configuration is not supported here.
        """


def import_runtime(name: RuntimeName, scenario: Scenario) -> Runtime:
    """The runtime's module for the scenario.

    Raises:
        CaseFailed: the runtime does not train.
    """
    modules = _TRAINING_MODULES if scenario is Scenario.TRAINING else _MODULES
    if name not in modules:
        raise CaseFailed(FailureReason.RUNTIME_ERROR, f"{name} does not train networks")
    module: Runtime = import_module(modules[name])
    return module
