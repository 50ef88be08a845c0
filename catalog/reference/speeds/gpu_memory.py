"""The memory of the GPUs behind published speeds."""

from catalog.entities.configurations import Target
from catalog.reference.speeds.published import RTX_3090, RTX_4090, RTX_PRO_6000

# In the vendor's GB, which are GiB, with the page that says so.
_MEMORY_GIB = {
    RTX_3090.id: (24, "https://www.nvidia.com/en-us/geforce/graphics-cards/30-series/rtx-3090-3090ti/"),
    RTX_4090.id: (24, "https://www.nvidia.com/en-us/geforce/graphics-cards/40-series/rtx-4090/"),
    RTX_PRO_6000.id: (
        96,
        "https://www.nvidia.com/en-us/products/workstations/professional-desktop-gpus/rtx-pro-6000-max-q/",
    ),
}


def gpu_memory(target: str) -> tuple[float, str] | None:
    """The memory (MB) of the GPU of the target with this id, and the URL of its specification.

    None where the memory is unknown, or the target is no GPU.
    """
    if target not in _MEMORY_GIB:
        return None
    gib, specification_url = _MEMORY_GIB[target]
    return gib * 2**30 / 1e6, specification_url


def device_memory_mb(target: Target) -> float | None:
    """The memory (MB) of a GPU, from its specification or as its driver reports it. None is unknown."""
    if (specified := gpu_memory(target.id)) is not None:
        return specified[0]
    reported = target.identity.get("memory_gb")
    return 1000.0 * reported if isinstance(reported, int) else None
