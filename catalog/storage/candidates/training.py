"""Which training run each candidate has. Imports no database."""

import numpy as np

from catalog.candidates.category import Bools, Floats, Ints


def with_training(
    networks: Ints, settings: Ints, is_training: Bools, failed: Bools, speeds: Floats
) -> tuple[Ints, Ints]:
    """Which of n cases are candidates, and for each of them the case that its training numbers are of.

    `networks` are codes that tell a checkpoint at an input size from all others, `settings` are codes of the
    common settings (`Configuration.common_settings`). A case of inference has the training run of the same
    network in the same common settings. Of several runs it has the one with the highest of `speeds`
    (images/s, NaN is unknown), and of equally fast ones the first. A case that has none is its own. A run
    that some case has is no candidate. Failed cases have no run, and failed runs belong to no case.
    """
    every = np.arange(len(networks))
    trained = every.copy()
    runs = np.flatnonzero(is_training & ~failed)
    if len(runs):
        shared = networks * (int(settings.max()) + 1) + settings
        fastest_first = runs[np.argsort(-np.nan_to_num(speeds[runs], nan=-np.inf), kind="stable")]
        keys, firsts = np.unique(shared[fastest_first], return_index=True)
        cases = np.flatnonzero(~is_training & ~failed)
        places = np.searchsorted(keys, shared[cases]).clip(max=len(keys) - 1)
        has_run = keys[places] == shared[cases]
        trained[cases[has_run]] = fastest_first[firsts[places[has_run]]]
    is_candidate = np.ones(len(every), dtype=np.bool_)
    is_candidate[trained[trained != every]] = False
    candidates = np.flatnonzero(is_candidate)
    return candidates, trained[candidates]
