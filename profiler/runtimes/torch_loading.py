"""How each of PyTorch's runtimes gets its network: timm builds it, and the artefact has its weights."""

import torch
from safetensors.torch import load_model
from torch import nn

from profiler.networks import building
from profiler.runtimes.base import LoadRequest


def load_network(request: LoadRequest) -> nn.Module:
    """The network as timm's users run it, in fp32 on the CPU: with fused attention, and with as many threads
    as the configuration says. It sets the threads of this process."""
    torch.set_num_threads(request.configuration.stated_threads)
    torch.set_num_interop_threads(1)
    network = building.build(request.workload, fused_attention=True)
    load_model(network, str(request.artefact))
    return network
