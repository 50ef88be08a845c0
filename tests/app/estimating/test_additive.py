"""Networks whose operators a CPU starts on a device."""

from dataclasses import replace

import numpy as np
import pytest

from app.estimating import additive, estimator
from app.estimating.estimator import Calibration, Field
from app.estimating.features import Features, features
from app.estimating.references import References
from app.estimating.work import Network
from catalog.candidates.category import Floats
from catalog.entities.networks import Counts, Workload

COUNT = 60
SHOWN = np.arange(20)
KEPT = np.arange(20, COUNT)


def _networks() -> list[Network]:
    """Networks whose work says nothing of the number of their operators."""
    rng = np.random.default_rng(5)
    made = []
    for place in range(COUNT):
        gmacs, activations, params = np.exp(rng.normal(0, 1, 3)).tolist()
        calls = {"conv": int(rng.integers(10, 300)), "view": int(rng.integers(0, 200))}
        counts = Counts(params, gmacs, activations, {"conv": gmacs}, calls)
        made.append(Network(Workload(f"net{place}", 10, 32), counts, None))
    return made


NETWORKS = _networks()
FEATURES = features(NETWORKS)
STARTING_MS = 0.02


def _ms(gmacs_ms: float) -> Floats:
    """Each network's time on a device: its work, or the start of its operators, if that takes longer."""
    gmacs = np.array([network.counts.gmacs for network in NETWORKS])
    return np.maximum(gmacs_ms * gmacs, STARTING_MS * FEATURES.launches)


def _errors(of: Features, truth: Floats) -> Floats:
    found = additive.fit_launched(of.time, of.launches, SHOWN, np.log(truth[SHOWN]))
    return np.abs(np.exp(found) / truth - 1)[KEPT]


def test_a_view_starts_nothing() -> None:
    assert FEATURES.launches.tolist() == [network.counts.operator_calls["conv"] for network in NETWORKS]


@pytest.mark.parametrize("gmacs_ms", [0.001, 1.0, 1000.0])
def test_whichever_takes_longer_decides_the_work_or_its_starts(gmacs_ms: float) -> None:
    assert np.median(_errors(FEATURES, _ms(gmacs_ms))) < 0.1


def test_one_network_that_took_twice_as_long_beside_other_work_of_the_cpu_bends_little() -> None:
    truth = _ms(0.001)
    measured = truth.copy()
    measured[3] *= 2
    found = additive.fit_launched(FEATURES.time, FEATURES.launches, SHOWN, np.log(measured[SHOWN]))
    assert np.median(np.abs(np.exp(found) / truth - 1)[KEPT]) < 0.1


def test_references_of_a_busy_device_do_not_hide_that_this_one_waits() -> None:
    truth, busy = _ms(0.001), _ms(1000.0)
    references = References(np.log(busy)[:, None], np.ones(1, dtype=np.bool_))
    field = Field(tuple(one.workload for one in NETWORKS), FEATURES, references=references)
    few = SHOWN[:8]
    calibration = Calibration(few, np.log(truth[few]), {})

    def error(of: Field) -> float:
        return float(np.median(np.abs(estimator.fit(of, calibration).estimates().value / truth - 1)[KEPT]))

    assert error(replace(field, launches=FEATURES.launches)) < 0.05 < error(field)


def test_references_of_a_device_that_is_as_busy_are_kept() -> None:
    busy = _ms(1000.0) * np.exp(np.random.default_rng(1).normal(0, 0.3, COUNT))
    references = References(np.log(busy / 3)[:, None], np.ones(1, dtype=np.bool_))
    workloads = tuple(one.workload for one in NETWORKS)
    field = Field(workloads, FEATURES, references=references, launches=FEATURES.launches)
    found = estimator.fit(field, Calibration(SHOWN, np.log(busy[SHOWN]), {})).estimates()
    assert np.median(np.abs(found.value / busy - 1)[KEPT]) < 0.05
