"""What a runtime must do to be measured, and how a worker finds it by name."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from catalog.entities import Configuration, Workload
from catalog.vocabulary import Device, FailureReason, RuntimeName, Scenario
from profiler.errors import CaseFailed

Images = npt.NDArray[np.float32]

_MODULES = {
    (RuntimeName.PYTORCH, Device.CPU): "profiler.runtimes.pytorch",
    (RuntimeName.ONNXRUNTIME, Device.CPU): "profiler.runtimes.onnx",
    (RuntimeName.OPENVINO, Device.CPU): "profiler.runtimes.openvino",
    (RuntimeName.PYTORCH, Device.CUDA): "profiler.runtimes.torch_cuda",
    (RuntimeName.ONNXRUNTIME, Device.CUDA): "profiler.runtimes.onnx_cuda",
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


def import_runtime(name: RuntimeName, scenario: Scenario, device: Device = Device.CPU) -> Runtime:
    """The runtime's module for the scenario and device.

    Raises:
        CaseFailed: the runtime does not train, or does not compute on the device.
    """
    if (name, device) not in _MODULES:
        raise CaseFailed(FailureReason.UNSUPPORTED_DEVICE, f"{name} is not measured on {device}.")
    path = _MODULES[name, device]
    if scenario is Scenario.TRAINING and device is Device.CPU:
        if name not in _TRAINING_MODULES:
            raise CaseFailed(FailureReason.RUNTIME_ERROR, f"{name} does not train networks.")
        path = _TRAINING_MODULES[name]
    module: Runtime = import_module(path)
    return module


def refuse_other_scenarios(configuration: Configuration) -> None:
    """On a GPU one client calls, one call after another: others would need streams and steps of their own.

    Raises:
        CaseFailed: the configuration asks for another scenario.
    """
    if configuration.scenario is not Scenario.SINGLE_STREAM or configuration.clients != 1:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_DEVICE,
            f"On {configuration.device}, only {Scenario.SINGLE_STREAM} is measured, not "
            f"{configuration.scenario}.",
        )


def runtimes_of(device: Device) -> tuple[RuntimeName, ...]:
    """The runtimes that are measured on the device."""
    return tuple(name for name, computes_on in _MODULES if computes_on is device)
