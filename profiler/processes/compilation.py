"""Where the workers of a campaign keep what torch.compile builds."""

import atexit
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from catalog.entities.configurations import Configuration
from catalog.machine.scratch import held_folder
from profiler.faults import naming_faults

PREFIX = "archrank-compiled-"
"""How the folders begin in which built kernels are kept, among temporary files."""


def worker_environment(configuration: Configuration) -> Mapping[str, str]:
    """Environment variables under which a worker compiles the network. None are needed for eager cases.

    The workers of a campaign share the built kernels, because the C++ compiler takes a minute for a new
    network. The C++ compiler is a process of its own, so that its memory is not the worker's. All else is
    compiled anew by each worker, so that a warm cache lowers no worker's peak. Compiling happens in the
    worker itself, because helper processes would run beside the samples. The folder is removed when the
    campaign ends.
    """
    if not configuration.compiled:
        return {}
    folder = str(_built())
    return {
        "TMPDIR": folder,  # where Inductor puts precompiled headers
        "TORCHINDUCTOR_CACHE_DIR": folder,
        "TORCHINDUCTOR_FX_GRAPH_CACHE": "0",
        "TORCHINDUCTOR_AUTOGRAD_CACHE": "0",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
    }


@cache
def _built() -> Path:
    """Removed when this process ends.

    Raises:
        HostFault: there is no place for temporary files.
    """
    held = ExitStack()
    with naming_faults():
        folder = held.enter_context(held_folder(Path(tempfile.gettempdir()), PREFIX))
    atexit.register(held.close)
    return folder
