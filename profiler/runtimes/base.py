"""What a runtime must do to be measured, and which module is the runtime of a case."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.entities.node_profiles import NodeProfile
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, RuntimeName, Scenario
from profiler.failures import CaseFailed
from profiler.protocol.network import Images, LoadedNetwork

_MODULES = {
    (RuntimeName.PYTORCH, Device.CPU): "profiler.runtimes.pytorch",
    (RuntimeName.ONNXRUNTIME, Device.CPU): "profiler.runtimes.onnx",
    (RuntimeName.OPENVINO, Device.CPU): "profiler.runtimes.openvino",
    (RuntimeName.PYTORCH, Device.CUDA): "profiler.runtimes.torch_cuda",
    (RuntimeName.ONNXRUNTIME, Device.CUDA): "profiler.runtimes.onnx_cuda",
}
_NODE_MODULES = {
    (RuntimeName.ONNXRUNTIME, Device.CPU): "profiler.runtimes.nodes.onnx",
    (RuntimeName.OPENVINO, Device.CPU): "profiler.runtimes.nodes.openvino",
    (RuntimeName.PYTORCH, Device.CPU): "profiler.runtimes.nodes.pytorch",
}
_TRAINING_MODULES = {RuntimeName.PYTORCH: "profiler.runtimes.pytorch_training"}


@dataclass(frozen=True)
class LoadRequest:
    """What to load: the artefact's main file, and how to run it."""

    artefact: Path
    workload: Workload
    configuration: Configuration


class Runtime(Protocol):
    """A module of this package. Importing it loads the runtime under test."""

    def load(self, request: LoadRequest) -> LoadedNetwork:
        """Load the artefact.

        Raises:
            CaseFailed: the runtime cannot run the configuration on this machine.
        """


# Says what the runtime tells of each node.
ProfileNodes = Callable[[], NodeProfile]


class NodeProfiler(Protocol):
    """A module of this package. Importing it loads the runtime."""

    def load_for_nodes(self, request: LoadRequest, images: Images) -> ProfileNodes:
        """Load the artefact. What is returned calls it with `images`, once.

        Raises:
            CaseFailed: the runtime cannot run the configuration on this machine.
        """


def why_no_nodes(configuration: Configuration) -> str | None:
    """Why the nodes of this configuration are not profiled. None where they are."""
    if (configuration.runtime, configuration.device) not in _NODE_MODULES:
        return f"Nodes of {configuration.runtime} on {configuration.device} are not profiled."
    if configuration.scenario is not Scenario.SINGLE_STREAM:
        return f"Nodes are profiled in the scenario {Scenario.SINGLE_STREAM} only."
    if configuration.compiled:
        return "Nodes of compiled networks are not profiled."
    return None


def import_node_profiler(configuration: Configuration) -> NodeProfiler:
    """The module that profiles the nodes of this configuration, of which `why_no_nodes` says nothing."""
    module: NodeProfiler = import_module(_NODE_MODULES[configuration.runtime, configuration.device])
    return module


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
    """On a GPU, the scenario `single_stream` is measured. Others would need streams and steps of their own.

    Raises:
        CaseFailed: the configuration asks for another scenario.
    """
    if configuration.scenario is not Scenario.SINGLE_STREAM or configuration.clients != 1:
        raise CaseFailed(
            FailureReason.UNSUPPORTED_DEVICE,
            f"On {configuration.device}, only {Scenario.SINGLE_STREAM} is measured, not "
            f"{configuration.scenario}.",
        )


def no_second_client() -> CaseFailed:
    """What a network on a GPU answers when it is asked for a second client."""
    return CaseFailed(FailureReason.UNSUPPORTED_DEVICE, "A network on a GPU serves one client only.")


def runtimes_of(device: Device) -> tuple[RuntimeName, ...]:
    """The runtimes that are measured on the device."""
    return tuple(name for name, computes_on in _MODULES if computes_on is device)
