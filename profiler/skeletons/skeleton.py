"""What is known of a network's graph, beside the graph itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

from catalog.entities.networks import Workload


@dataclass(frozen=True)
class Activations:
    """How the values lie that a drawn network computes from one random image, without its masks: how many are
    denormal, how many are not finite, the largest, and the value's name in the graph."""

    denormal: int
    not_finite: int
    largest: float
    largest_at: str


@dataclass(frozen=True)
class Unexported:
    """A workload without a skeleton, and why it has none."""

    workload: Workload
    reason: str


@dataclass(frozen=True)
class Skeleton:
    """What is known of a network's graph, beside the graph itself.

    `toolchain` are the versions that exported it. `deviation` is how far the exported file's output was from
    torch's, relative to its largest value. It is None where the network was too large to be compared.
    `params` are the network's parameters, counted before the exporter folded any into others. `head` are the
    weights that have the number of classes as their first dimension. With a `size_step`, the graph serves
    every input size that is a multiple of it away from its own, in each direction on its own. This was tried
    with torch at `tried_sizes`, as height and width.
    """

    workload: Workload
    family: str
    toolchain: str
    params: int
    deviation: float | None = None
    activations: Activations | None = None
    head: tuple[str, ...] = ()
    size_step: int | None = None
    tried_sizes: tuple[tuple[int, int], ...] = ()

    def serves(self, workload: Workload) -> bool:
        """Whether the graph is that of `workload`, once its input and its head have other dimensions."""
        own = self.workload
        if (own.architecture, own.form, own.in_chans) != (
            workload.architecture,
            workload.form,
            workload.in_chans,
        ):
            return False
        classes_fit = own.num_classes == workload.num_classes or bool(self.head and workload.num_classes)
        return classes_fit and self._takes(workload.input_size)

    def _takes(self, input_size: int) -> bool:
        away = input_size - self.workload.input_size
        return away == 0 or (self.size_step is not None and away % self.size_step == 0)


def size_step(own: int, served: Iterable[tuple[int, int]], refused: Iterable[tuple[int, int]]) -> int | None:
    """The step that explains at which sizes a graph was seen to compute what torch computes.

    A graph that serves an odd size serves all. One that serves none serves its own alone.
    """
    steps = [abs(side - own) for size in served for side in size if side != own]
    if not steps:
        return None
    step = gcd(*steps)
    fits = all(any((side - own) % step for side in size) for size in refused)
    return step if fits else None
