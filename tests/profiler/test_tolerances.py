"""How far a worker's output may part from torch's before it is another network's."""

import numpy as np
import pytest

from catalog.entities.configurations import Configuration
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision, RuntimeName
from profiler import worker
from profiler.failures import CaseFailed

REFERENCE = np.array([[1.0, -2.0, 0.5]], np.float32)


def deviation(output: object, precision: Precision) -> float:
    return worker._deviation(output, REFERENCE, Configuration(RuntimeName.PYTORCH, precision=precision))


@pytest.mark.parametrize(
    ("precision", "parts"),
    [(Precision.FP32, 1e-3), (Precision.FP16, 0.02), (Precision.BF16, 0.15), (Precision.INT8, 30.0)],
)
def test_rounding_is_allowed_as_far_as_the_precision_goes(precision: Precision, parts: float) -> None:
    assert deviation(REFERENCE + 2 * parts, precision) == pytest.approx(parts, rel=1e-3)


@pytest.mark.parametrize(
    ("precision", "parts"), [(Precision.FP32, 0.02), (Precision.FP16, 0.15), (Precision.BF16, 0.5)]
)
def test_what_parts_further_is_another_network_s(precision: Precision, parts: float) -> None:
    with pytest.raises(CaseFailed) as caught:
        deviation(REFERENCE + 2 * parts, precision)
    assert caught.value.reason is FailureReason.WRONG_OUTPUT


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_an_output_that_is_not_finite_says_so_in_every_precision(precision: Precision, value: float) -> None:
    with pytest.raises(CaseFailed) as caught:
        deviation(np.array([[1.0, value, 0.5]], np.float32), precision)
    assert caught.value.reason is FailureReason.NON_FINITE_OUTPUT
    assert str(precision) in caught.value.detail
