"""What a regression sees of an operator. Pure: arrays in, arrays out."""

from collections.abc import Mapping

import numpy as np

from app.estimating.roofline import is_convolution, is_product
from catalog.candidates.category import Category, Floats
from catalog.inventory import Operators

# Vector registers hold 4, 8 or 16 numbers of fp32. Channels that do not fill them waste what is left.
_VECTOR = 16
_LOGARITHMIC = ("macs", "read", "weights", "written", "rows", "inner", "outer", "batch", "groups")
_PLAIN = ("kernel_height", "kernel_width", "stride", "dilation", "uses", "variant")


def vocabulary(operators: Operators) -> dict[str, int]:
    """A code for each kind among these operators and their neighbours. Kinds that take alike come together:
    they are sorted by the MACs of their operators."""
    macs = operators.number("macs")
    weight: dict[str, float] = {}
    for position, kind in enumerate(operators.kind.values):
        mine = operators.kind.codes == position
        weight[kind] = float(macs[mine].mean()) if mine.any() else 0.0
    for column in (operators.before, operators.after):
        for kind in column.values:
            weight.setdefault(kind, 0.0)
    return {kind: code for code, kind in enumerate(sorted(weight, key=lambda kind: (weight[kind], kind)))}


def features(operators: Operators, codes: Mapping[str, int]) -> Floats:
    """A row for each operator. Kinds without a code have -1."""
    logarithms = {name: np.log1p(operators.number(name)) for name in _LOGARITHMIC}
    moved = np.log1p(operators.number("read") + operators.number("weights") + operators.number("written"))
    groups, inner, outer = (operators.number(name) for name in ("groups", "inner", "outer"))
    columns = [
        *(_coded(column, codes) for column in (operators.kind, operators.before, operators.after)),
        is_convolution(operators).astype(np.float64),
        is_product(operators).astype(np.float64),
        *logarithms.values(),
        *(operators.number(name) for name in _PLAIN),
        moved,
        logarithms["macs"] - moved,
        np.log1p(inner / np.maximum(1, groups)),
        (groups > 1) * 1.0 + ((groups > 1) & (groups == inner)),
        inner % _VECTOR == 0,
        outer % _VECTOR == 0,
        np.log1p(operators.number("kernel_height") * operators.number("kernel_width")),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def _coded(column: Category[str], codes: Mapping[str, int]) -> Floats:
    return np.array([codes.get(word, -1) for word in column.values], dtype=np.float64)[column.codes]
