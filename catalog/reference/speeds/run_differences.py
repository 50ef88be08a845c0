"""What two published runs of one machine differ by, and the interval that follows for a published speed.

Nothing in a speed table says how far another run would be from it. Where timm published several runs of one
configuration on one machine, they say so together (`catalog.reference.speeds.run_pairs` learns it). A reader
meets another run too: the same machine with other software.

The logarithm of a speed in one run over that in the other is read as a t distribution around zero. A few
networks change by far more than the others, which few degrees of freedom describe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

from catalog.entities.measurements import MetricValue
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Device

LEVEL = 0.95
"""The confidence level of the intervals."""


@dataclass(frozen=True)
class RunClass:
    """What sorts pairs of runs: the kind of device, who chose the batch size, and the software.

    `major_release_apart` says whether a major release of the framework lies between the runs.
    """

    device: Device
    batch_policy: BatchPolicy
    major_release_apart: bool


@dataclass(frozen=True)
class RunDifference:
    """What the logarithms of a network's speeds in two runs differ by: a t distribution around zero.

    It was learnt from `networks` differences in `pairs` of runs.
    """

    scale: float
    degrees_of_freedom: float
    pairs: int
    networks: int

    def half_width(self, level: float = LEVEL) -> float:
        """Half of the interval that holds the difference with the probability `level`."""
        from scipy.special import stdtrit  # noqa: PLC0415 - doctor and the drawer read tables without it

        return self.scale * float(stdtrit(self.degrees_of_freedom, (1 + level) / 2))

    def value(self, metric: Metric, value: float) -> MetricValue:
        """A published speed, with the interval in which another run finds it."""
        factor = exp(self.half_width())
        interval = value / factor, value * factor, LEVEL
        return MetricValue(metric, value, *interval, degrees_of_freedom=self.degrees_of_freedom)


RunDifferences = Mapping[RunClass, RunDifference]
