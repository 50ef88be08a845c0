"""Compiling a network by torch.compile. It becomes one graph, or the case has no numbers."""

import shutil
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

# torch.compile loads Dynamo anyway. Eager cases do not import this module, and save the memory.
from torch._dynamo import config, exc

from catalog.words.doubts import FailureReason
from profiler.failures import CaseFailed
from profiler.faults import FaultKind, HostFault, raise_unless_of_network


def compiled(network: nn.Module) -> Callable[[torch.Tensor], Any]:
    """The network as torch.compile deploys it: one graph for one shape, by Inductor. The first call compiles.

    A graph break is an error, because torch would run the rest of the network eager. A second compilation is
    an error, because its time would be among the samples.

    Raises:
        HostFault: Inductor has no C++ compiler to build kernels with.
    """
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        raise HostFault(FaultKind.NO_COMPILER, "Neither g++ nor clang++ is on the PATH.")
    config.error_on_recompile = True
    return torch.compile(network, fullgraph=True, dynamic=False)


def first_call(call: Callable[[], None]) -> None:
    """Make the call that compiles.

    Raises:
        CaseFailed: the network breaks the graph, or Inductor cannot build it.
    """
    try:
        call()
    except exc.TorchDynamoException as error:
        raise_unless_of_network(error)
        detail = f"{type(error).__name__}: {str(error).strip()}"
        raise CaseFailed(FailureReason.UNSUPPORTED_COMPILATION, detail) from error
