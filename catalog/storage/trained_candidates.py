"""Which training run each candidate has. Imports no database."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.candidates import Floats, Ints
from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Scenario


@dataclass(frozen=True)
class Case:
    """A case of a checkpoint. `network` tells the checkpoint at an input size from all others."""

    network: Hashable
    configuration: Configuration
    failed: bool

    @property
    def is_training(self) -> bool:
        """Whether training was measured."""
        return self.configuration.scenario is Scenario.TRAINING


def with_training(cases: Sequence[Case], speeds: Floats) -> tuple[Ints, Ints]:
    """Which of the `cases` are candidates, and for each of them the case that its training numbers are of.

    A case of inference has the training run of the same network in the same common settings
    (`Configuration.common_settings`). Of several runs it has the one with the highest of `speeds` (images/s,
    NaN is unknown), and of equally fast ones the first. A case that has none is its own. A run that some case
    has is no candidate. Failed cases have no run, and failed runs belong to no case.
    """
    fastest = _fastest_runs(cases, np.nan_to_num(speeds, nan=-np.inf))
    trained = np.arange(len(cases))
    if fastest:
        for place, case in enumerate(cases):
            if not case.is_training and not case.failed:
                trained[place] = fastest.get(_shared(case), place)
    is_candidate = np.ones(len(cases), dtype=np.bool_)
    is_candidate[trained[trained != np.arange(len(cases))]] = False
    candidates = np.flatnonzero(is_candidate)
    return candidates, trained[candidates]


def _fastest_runs(cases: Sequence[Case], speeds: Floats) -> Mapping[Hashable, int]:
    """The place of the fastest successful run, by what it shares with inference."""
    fastest: dict[Hashable, int] = {}
    for place, case in enumerate(cases):
        if case.is_training and not case.failed:
            held = fastest.setdefault(_shared(case), place)
            if speeds[place] > speeds[held]:
                fastest[_shared(case)] = place
    return fastest


def _shared(case: Case) -> Hashable:
    return case.network, case.configuration.common_settings
