"""A matrix product on the GPU, which the canary times there."""

from collections.abc import Callable
from typing import Any

import torch

# About a millisecond in fp32 on a server's GPU: long against the start of a kernel.
_WIDTH = 2048


def cuda_product(cuda: Any = torch.cuda, device: str = "cuda") -> Callable[[], None] | None:
    """A product that ends when the GPU has done it, or None where torch finds no GPU. `cuda` is torch.cuda,
    or a fake."""
    if not cuda.is_available():
        return None
    factor = torch.ones((_WIDTH, _WIDTH), device=device)

    def multiply() -> None:
        torch.mm(factor, factor)
        cuda.synchronize()

    return multiply
