"""Made networks with operators, and a made machine that times them."""

import numpy as np

from app.estimating.operator_times import Profile
from catalog.candidates.category import Category, Floats
from catalog.entities.networks import Workload
from catalog.inventory import NUMBERS, Inventory, Operators, collected

KINDS = ("Conv", "MatMul", "Relu", "Softmax")


def make_operators(rng: np.random.Generator, count: int, kinds: tuple[str, ...] = KINDS) -> Operators:
    """Random operators whose numbers agree with one another."""
    kind = rng.choice(kinds, count)
    heavy = np.isin(kind, ("Conv", "MatMul"))
    inner, outer = (2 ** rng.integers(4, 10, count) for _ in range(2))
    rows = 2 ** rng.integers(4, 12, count)
    columns = {
        "macs": np.where(heavy, inner * outer * rows, 0),
        "read": inner * rows,
        "weights": np.where(heavy, inner * outer, 0),
        "written": outer * rows,
        "rows": rows,
        "inner": inner,
        "outer": outer,
    }
    numbers = np.ones((count, len(NUMBERS)), dtype=np.int64)
    for name, column in columns.items():
        numbers[:, NUMBERS.index(name)] = column
    neighbours = Category.of(np.roll(kind, 1).tolist())
    return Operators(Category.of(kind.tolist()), neighbours, neighbours, numbers)


def operator_ns(operators: Operators) -> Floats:
    """The made machine: 20 GMAC/s, 8 GB/s and 3 us an operator. Softmax takes four times as long."""
    moved = operators.number("read") + operators.number("weights") + operators.number("written")
    slower = np.where(operators.kind.mask(lambda kind: kind == "Softmax"), 4.0, 1.0)
    return slower * (operators.number("macs") / 20 + 4 * moved / 8 + 3000.0)


def make_field(
    count: int, seed: int = 0, kinds: tuple[str, ...] = KINDS
) -> tuple[Inventory, list[Profile], Floats]:
    """`count` networks, their profiles, and the logarithms of their times in ns."""
    rng = np.random.default_rng(seed)
    networks = [make_operators(rng, int(rng.integers(20, 60)), kinds) for _ in range(count)]
    inventory = collected([(Workload(f"net{i}", 10, 32), one) for i, one in enumerate(networks)])
    profiles = []
    for one in networks:
        times = operator_ns(one)
        # Every second operator is computed together with the one before it.
        group = np.arange(len(one)) // 2
        group_ns = np.bincount(group, weights=times).astype(np.float64)
        profiles.append(Profile(one, group, group_ns, float(times.sum())))
    return inventory, profiles, np.log([one.latency_ns for one in profiles])
