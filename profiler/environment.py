"""What may change under a target: versions, kernel, governor."""

import os
from importlib.metadata import version
from pathlib import Path

from catalog.entities import Environment
from catalog.vocabulary import RuntimeName

_PACKAGES = {
    RuntimeName.PYTORCH: ("torch", "timm"),
    RuntimeName.ONNXRUNTIME: ("onnxruntime",),
    RuntimeName.OPENVINO: ("openvino",),
}
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def current(runtime: RuntimeName) -> Environment:
    """The environment in which `runtime` would be measured now."""
    return Environment(
        runtime_version=", ".join(f"{name} {version(name)}" for name in _PACKAGES[runtime]),
        kernel=os.uname().release,
        governor=governor(),
    )


def governor() -> str | None:
    """The frequency governor of the first CPU; None where the kernel does not tell, as in most VMs."""
    try:
        return _GOVERNOR.read_text().strip()
    except OSError:
        return None
