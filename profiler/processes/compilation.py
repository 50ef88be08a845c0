"""Where torch.compile keeps what it builds, from the parent's side; imports no torch."""

import tempfile
from collections.abc import Mapping
from functools import cache

from catalog.entities.configurations import Configuration


def worker_environment(configuration: Configuration) -> Mapping[str, str]:
    """Environment variables under which a worker compiles the network, none where it compiles nothing.

    Built kernels are shared by the workers of a campaign, because a C++ compiler takes a minute for what it
    has not seen. All else is compiled anew by each worker, so that none has less memory at its peak for a
    warm cache: the C++ compiler is a process of its own. Nothing outlives the campaign. No helper processes
    are kept, which would stand beside the samples.
    """
    if not configuration.compiled:
        return {}
    folder = _built().name
    return {
        "TMPDIR": folder,  # where Inductor puts precompiled headers
        "TORCHINDUCTOR_CACHE_DIR": folder,
        "TORCHINDUCTOR_FX_GRAPH_CACHE": "0",
        "TORCHINDUCTOR_AUTOGRAD_CACHE": "0",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
    }


@cache
def _built() -> "tempfile.TemporaryDirectory[str]":
    """Removed when this process ends."""
    return tempfile.TemporaryDirectory(prefix="archrank-compiled-")
