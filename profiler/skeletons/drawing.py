"""Drawing the weights of a skeleton: the file that it becomes is deployed as the exported one would be.

The skeleton says of each tensor around what its numbers lie and how far they spread, in `doc_string`. The
numbers come from one table of normal numbers, which is cut and repeated: a copy costs less than a draw, and
no runtime computes faster because numbers repeat. The table is made of integers by exact arithmetic, so that
the same file is drawn on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, external_data_helper, helper

from profiler.skeletons.graphs import is_weight

SEED = 2026
# A protobuf message ends at 2 GiB, and the graph needs room. Larger weights go to a file beside the graph.
PROTOBUF_BYTES = 1.9e9
# A prime: rows of a matrix, whose lengths are round, do not repeat one another.
_TABLE_LENGTH = 1_048_573
# Each number is the sum of four integers of 16 bits, which is all but normal.
_SUMMANDS, _BITS = 4, 16

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Spread:
    """Numbers around `mean`, whose standard deviation is two to the power of `exponent`. All are times two to
    the power of `scale`."""

    mean: int
    exponent: int
    scale: int = 0

    def scaled(self, power: int) -> "Spread":
        """The same numbers times two to this power."""
        return replace(self, scale=self.scale + power)

    def __str__(self) -> str:
        return f"{self.mean} {self.exponent} {self.scale}"

    @classmethod
    def parse(cls, text: str) -> "Spread":
        """The spread whose text this is."""
        return cls(*map(int, text.split()))


def values(tensor: TensorProto, spread: Spread) -> Floats:
    """The drawn numbers of a weight, in its shape."""
    count = prod(tensor.dims)
    seed = blake2b(f"{SEED} {tensor.name}".encode(), digest_size=8)
    start = int.from_bytes(seed.digest()) % _TABLE_LENGTH
    numbers = np.resize(np.roll(_table(), -start)[: min(count, _TABLE_LENGTH)], count)
    numbers *= np.float32(2.0**spread.exponent)
    numbers += np.float32(spread.mean)
    numbers *= np.float32(2.0**spread.scale)
    return numbers.reshape(tensor.dims).astype(_dtype(tensor), copy=False)


def write(skeleton: ModelProto, path: Path) -> None:
    """Draw every weight of the skeleton, and write the file to `path`. `skeleton` is used up.

    Weights beyond `PROTOBUF_BYTES` go to a file of the same name with the ending `.data`.
    """
    weights = [tensor for tensor in skeleton.graph.initializer if is_weight(tensor)]
    size = sum(prod(tensor.dims) * _dtype(tensor).itemsize for tensor in weights)
    if size > PROTOBUF_BYTES:
        _write_beside(weights, path.with_name(f"{path.name}.data"))
    else:
        for tensor, drawn in _drawn(weights):
            tensor.raw_data = drawn.tobytes()
    path.write_bytes(skeleton.SerializeToString())


def _write_beside(weights: list[TensorProto], path: Path) -> None:
    with path.open("wb") as file:
        for tensor, drawn in _drawn(weights):
            tensor.raw_data = b""  # `set_external_data` asks for it
            external_data_helper.set_external_data(
                tensor, location=path.name, offset=file.tell(), length=drawn.nbytes
            )
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            drawn.tofile(file)


def _drawn(weights: list[TensorProto]) -> Iterator[tuple[TensorProto, Floats]]:
    for tensor in weights:
        drawn = values(tensor, Spread.parse(tensor.doc_string))
        tensor.ClearField("doc_string")
        yield tensor, drawn


def _dtype(tensor: TensorProto) -> np.dtype[Any]:
    return helper.tensor_dtype_to_np_dtype(tensor.data_type)


@cache
def _table() -> npt.NDArray[np.float32]:
    """Numbers of mean 0 and standard deviation 1."""
    # The raw stream of a bit generator is the same in every version of numpy. Its distributions are not.
    words = np.random.PCG64(SEED).random_raw(_TABLE_LENGTH).view(np.uint16).reshape(_TABLE_LENGTH, _SUMMANDS)
    # A word's four parts are added, so the order of bytes does not matter.
    centred = words.sum(axis=1, dtype=np.int64) * 2 - _SUMMANDS * (2**_BITS - 1)
    deviation = 2 * np.sqrt(_SUMMANDS * (4.0**_BITS - 1) / 12)
    return np.asarray(centred / deviation, dtype=np.float32)
