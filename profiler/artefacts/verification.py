"""The image and the expected output beside an artefact, and how far an output may deviate from it.

The process that makes an artefact stores both, and the process that runs it compares. This file loads numpy
and no runtime.
"""

import shutil
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.failures import CaseFailed

# Artefacts that were cached by earlier versions hold the file under this name.
FILE_NAME = "reference.npz"

# Two sizes, because a graph may have the batch size of the traced images written into it.
VERIFIED_BATCHES = (1, 3)

# The largest deviation at which an output is still the same network's. Measured on the CPU of 2026-11-25, on
# 12 networks of timm and every runtime that computes in the precision: at most 2.3e-6 in fp32, 4.1e-3 in fp16
# and 4.3e-2 in bf16, and at least 1.2 from the same network with other weights. fp16 and bf16 may deviate by
# about 5 times as much, because deeper networks round more often. fp32 may deviate by 2000 times as much,
# because libraries have convolutions that trade accuracy for speed, such as Winograd's.
# int8 has no limit. Its deviation is stored, for the user who deploys the file to judge.
_TOLERANCES = {
    Precision.FP32: 5e-3,
    Precision.BF16: 0.2,
    Precision.AMP_BF16: 0.2,
    Precision.FP16: 0.025,
    Precision.AMP_FP16: 0.025,
    Precision.INT8: inf,
}

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Expectation:
    """An image, shape (1, channels, height, width), and the expected output for it, shape (1, ...)."""

    image: Array
    output: Array


def store(folder: Path, image: Array, output: Array) -> None:
    """Write the image and the expected output for it into the artefact's folder."""
    np.savez(folder / FILE_NAME, image=image, output=output)


def load(folder: Path) -> Expectation:
    """Read what `store` wrote into the artefact's folder."""
    with np.load(folder / FILE_NAME) as stored:
        return Expectation(stored["image"], stored["output"])


def copy(source: Path, folder: Path) -> None:
    """Give the artefact in `folder` the expectation of the artefact in the folder `source`."""
    shutil.copy(source / FILE_NAME, folder)


def require_whole_image(compute: Callable[[Array], Array], image: Array, architecture: str) -> None:
    """Refuse an input size of which the network leaves pixels out, and channels that it does not look at.

    A network of patches of 16 pixels takes an image of 300 pixels, and computes with 288 of them. `compute`
    gives the output for an image of shape (1, channels, size, size).

    Raises:
        CaseFailed: the last rows and columns do not change the output, or the first or the last channel does
            not. The detail names the size that the network computes with.
    """
    channels, size = image.shape[1], image.shape[-1]
    expected = compute(image)
    for channel in (0, channels - 1):
        changed = image.copy()
        changed[:, channel] += 1
        if np.array_equal(compute(changed), expected):
            raise CaseFailed(
                FailureReason.UNSUPPORTED_CHANNELS,
                f"{architecture} does not look at channel {channel + 1} of {channels}.",
            )

    def sees(pixel: int) -> bool:
        changed = image.copy()
        changed[..., pixel:, :] += 1
        changed[..., pixel:] += 1
        return not np.array_equal(compute(changed), expected)

    if sees(size - 1):
        return
    seen = bisect_left(range(size), True, key=lambda pixel: not sees(pixel))
    raise CaseFailed(
        FailureReason.UNSUPPORTED_INPUT_SIZE,
        f"Of {size} px, {architecture} computes with {seen} px and leaves the others out. Ask for {seen} px.",
    )


def deviation(output: Any, expected: Any) -> float:
    """The largest error of `output`, relative to the largest expected value. Both are arrays, and `expected`
    may be of one image where `output` repeats it. NaN where the output holds NaN, and where both are zero
    throughout."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.abs(output - expected).max() / np.abs(expected).max())


def check(output: Any, expected: Any, precision: Precision) -> float:
    """The deviation of an output that was computed in `precision`.

    Raises:
        CaseFailed: the output is not finite, or deviates too far to be this network's, or cannot be compared.
    """
    if not np.isfinite(output).all():
        raise CaseFailed(FailureReason.NON_FINITE_OUTPUT, f"The output is not finite in {precision}.")
    measured = deviation(output, expected)
    limit = _TOLERANCES[precision]
    if not measured <= limit:  # also when it is NaN
        raise CaseFailed(
            FailureReason.WRONG_OUTPUT,
            f"The output differs from torch's by {measured:.2g} of its range. In {precision}, rounding "
            f"explains {limit:g} at most.",
        )
    return measured
