"""Which cases to measure on a new machine, so that all others can be estimated."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf

import numpy as np

from app.calibrating.elsewhere import Column, before_measuring
from app.calibrating.fitting import networks_of
from app.calibrating.measuring import Case
from app.calibrating.reference_machines import usual_efficiency
from app.estimating.choosing import NEW_SORT, coverage, covering, narrowing
from app.estimating.estimator import LEAST_PROFILES
from app.estimating.features import features
from app.estimating.kernels import Part
from app.estimating.references import completed
from app.estimating.roofline import TYPICAL
from app.estimating.whole_networks import Known, parts_of
from catalog.candidates.category import Floats
from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.inventory import Inventory
from catalog.storage.facts.native_workloads import DescribedWorkload
from catalog.words.vocabulary import Device, RuntimeName

RUNTIMES = {
    Device.CPU: (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO),
    Device.CUDA: (RuntimeName.PYTORCH,),
}
"""The usual runtimes. On a CPU, those that need no torch."""
PROCESSES = 2
"""Processes of a case. A third would take a quarter of the time and narrow few intervals."""
INTERVAL_TARGET = 0.03
"""Half of the interval of a case, as a share of its latency. Estimates miss by more."""
MOST_NETWORKS = 60
"""More networks than this narrow estimates by less than they cost."""
LEAST_NETWORKS = LEAST_PROFILES + 2
"""Without a profile of fewer, nothing is estimated. Two may fail."""

# Seen with the cases of a calibration on two CPUs of a server: what a case takes beside its calls, and how
# many calls it makes at least in all processes. A MAC of a typical network takes 10 ps there. With PyTorch,
# the two processes of a case and the one that times its functions took 20 s on such a server, and 36 s in a
# busy hour. On an H200, the two took 17 and 23 s in two runs, and 8 s with ONNX Runtime. A MAC took 0.14 ps
# (fp32, 64 images).
_CASE_S = {Device.CPU: 5.0, Device.CUDA: 12.0}
_CASE_WITH_TORCH_S = {Device.CPU: 24.0, Device.CUDA: 26.0}
_S_PER_GMAC = {Device.CPU: 0.01, Device.CUDA: 0.00014}
_CALLS = 45
_TEST_NETWORK = "test-network"
# Of all networks, by their MACs. On a CPU, measuring among the others costs five times as much, and operators
# of the largest are like those of others. As wholes they are not: on published CPU tables, 17 networks of the
# cheapest 60, 80 and 90 % taught 28, 34 and 36 % of the others within 10 %. A small computer has no memory
# for the largest. On a GPU, a large network takes as long to measure as a small one.
_CHEAPEST = {Device.CPU: 0.6, Device.CUDA: 0.95}
CHEAPEST_AS_WHOLES = {Device.CPU: 0.8, Device.CUDA: 0.95}
"""The share of all networks, by their MACs, that is small enough to be measured, where networks are estimated
as wholes."""


def calibration_cases(
    natives: Sequence[DescribedWorkload],
    inventory: Inventory,
    configurations: Sequence[Configuration],
    columns: Callable[[], Sequence[Column]],
    *,
    networks: int | None,
    budget_s: float | None,
) -> list[Case]:
    """The cases of at most so many networks, which take at most `budget_s` seconds as far as can be guessed.

    A budget that is too short for LEAST_NETWORKS gives so many all the same. The first network teaches most.
    The same catalog gives the same cases. `columns` reads those of other targets, whose numbers estimates
    will follow where no operators are timed.
    """
    measurable = [one for one in natives if one.counted.counts and _TEST_NETWORK not in one.tags]
    if any(map(times_nodes, configurations)):
        workloads = inventory.workloads
        costs = _costs_s(measurable, workloads, configurations, _CHEAPEST)
        is_known = all(usual_efficiency(inventory, one) is not None for one in configurations)
        covers = coverage(inventory, TYPICAL, 0.0 if is_known else NEW_SORT)
        choose = partial(covering, covers, costs)
    else:
        listed = set(inventory.workloads)
        measurable = [one for one in measurable if one.counted.workload in listed]
        workloads = tuple(one.counted.workload for one in measurable)
        costs = _costs_s(measurable, workloads, configurations, CHEAPEST_AS_WHOLES)
        choose = partial(narrowing, _kernel(measurable, inventory, configurations[0], columns()), costs)
    most = MOST_NETWORKS if networks is None else networks
    chosen = choose(most, inf if budget_s is None else budget_s)
    if len(chosen) < LEAST_NETWORKS:
        chosen = choose(min(LEAST_NETWORKS, most))
    return [
        Case(workloads[position], configuration)
        for position in chosen.tolist()
        for configuration in configurations
    ]


def times_nodes(configuration: Configuration) -> bool:
    """Whether the profiler times the operators of a network that is called image by image."""
    return configuration.device is Device.CPU and not configuration.compiled


def _kernel(
    described: Sequence[DescribedWorkload],
    inventory: Inventory,
    configuration: Configuration,
    columns: Sequence[Column],
) -> list[Part]:
    """What will make networks alike when they are estimated as wholes."""
    networks = networks_of(described)
    known = features(networks, inventory)
    elsewhere = before_measuring(columns, configuration, [one.workload for one in networks])
    return parts_of(Known(known, None if elsewhere is None else completed(elsewhere, known)))


def _costs_s(
    measurable: Sequence[DescribedWorkload],
    workloads: Sequence[Workload],
    configurations: Sequence[Configuration],
    cheapest: Mapping[Device, float],
) -> Floats:
    """What each of the `workloads` takes to measure, in seconds. Infinite where it is never measured."""
    gmacs = {one.counted.workload: one.counted.counts.gmacs for one in measurable if one.counted.counts}
    largest = float(np.quantile(list(gmacs.values()), cheapest[configurations[0].device])) if gmacs else 0.0
    return np.array(
        [
            sum(case_s(gmacs[workload], one) for one in configurations)
            if gmacs.get(workload, inf) <= largest
            else inf
            for workload in workloads
        ]
    )


def case_s(gmacs: float, configuration: Configuration) -> float:
    """What a network of so many MACs takes to measure, in seconds, as far as can be guessed."""
    of_calls = _CALLS * _S_PER_GMAC[configuration.device] * gmacs * configuration.batch_size
    beside_s = _CASE_WITH_TORCH_S if configuration.runtime is RuntimeName.PYTORCH else _CASE_S
    return beside_s[configuration.device] + of_calls
