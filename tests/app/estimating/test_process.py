import numpy as np
import pytest

from app.estimating import process
from app.estimating.kernels import Likeness, Part, codes_of, constant, standardised
from app.estimating.process import Prior, Process
from catalog.candidates.category import Floats

RNG = np.random.default_rng(3)
FEATURES = standardised(RNG.standard_normal((200, 3)))
NOTHING = Prior(np.zeros(200), np.zeros(200))


def _parts() -> list[Part]:
    return [
        Part(Likeness.LINEAR, constant(200), 0.5, 0.0),
        Part(Likeness.LINEAR, FEATURES, 0.2, 0.7),
        Part(Likeness.NEAR, FEATURES / 0.7, 0.1, 0.7),
    ]


def _fit(log_times: Floats, prior: Prior = NOTHING) -> Process:
    rows = np.arange(30)
    return process.fit(_parts(), prior, rows, log_times[rows])


def test_a_linear_truth_is_learnt_from_thirty_networks() -> None:
    truth = 1.0 + FEATURES @ [0.5, -0.3, 0.2]
    mean, deviation = _fit(truth).posterior(np.arange(200))

    assert np.abs(mean - truth)[30:].max() < 0.02
    assert (deviation > 0).all()


def test_without_measured_deviations_the_prior_mean_is_the_answer() -> None:
    prior = Prior(RNG.standard_normal(200), np.zeros(200))
    mean, _ = _fit(prior.mean, prior=prior).posterior(np.arange(200))

    assert mean == pytest.approx(prior.mean, abs=1e-9)


def test_a_wrong_measurement_bends_the_rest_less_than_it_would_as_noise_like_any_other() -> None:
    truth = FEATURES @ [0.5, -0.3, 0.2]
    wrong = truth.copy()
    wrong[7] += 1.0
    mean, _ = _fit(wrong).posterior(np.arange(200))

    assert np.abs(mean - truth)[30:].max() < 0.1


def test_doubt_of_the_prior_widens_the_network_that_has_it_and_no_other() -> None:
    doubt = np.zeros(200)
    doubt[100] = 0.5
    truth = FEATURES @ [0.5, -0.3, 0.2]
    _, sure = _fit(truth).posterior(np.arange(200))
    _, unsure = _fit(truth, prior=Prior(np.zeros(200), doubt)).posterior(np.arange(200))

    assert unsure[100] > 0.5
    others = np.arange(200) != 100
    assert unsure[others] == pytest.approx(sure[others])


def test_networks_of_a_measured_family_share_its_deviation() -> None:
    family = codes_of(["a"] * 100 + ["b"] * 100)
    parts = [Part(Likeness.SAME, family, 0.2, 0.7)]
    rows = np.array([0, 1, 2, 100, 101, 102])
    log_times = np.array([0.3, 0.3, 0.3, -0.3, -0.3, -0.3])
    mean, _ = process.fit(parts, NOTHING, rows, log_times).posterior(np.arange(200))

    assert mean[50] == pytest.approx(0.3, abs=0.05)
    assert mean[150] == pytest.approx(-0.3, abs=0.05)


def test_networks_without_a_family_are_like_no_other() -> None:
    assert len(np.unique(codes_of([None, None, "a", "a"]))) == 3


def test_columns_that_never_vary_are_left_out() -> None:
    assert standardised([[1.0, 5.0], [2.0, 5.0]]).shape == (2, 1)
    assert standardised([[1.0], [1.0]]) == pytest.approx(np.zeros((2, 1)))
