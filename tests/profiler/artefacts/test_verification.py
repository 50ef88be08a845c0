"""How far an output may deviate from the expected output before it is another network's."""

from pathlib import Path

import numpy as np
import pytest

from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Precision
from profiler.artefacts import verification
from profiler.artefacts.verification import check
from profiler.failures import CaseFailed

EXPECTED = np.array([[1.0, -2.0, 0.5]], np.float32)


@pytest.mark.parametrize(
    ("precision", "deviation"),
    [(Precision.FP32, 1e-3), (Precision.FP16, 0.02), (Precision.BF16, 0.15), (Precision.INT8, 30.0)],
)
def test_rounding_is_allowed_as_far_as_the_precision_rounds(precision: Precision, deviation: float) -> None:
    assert check(EXPECTED + 2 * deviation, EXPECTED, precision) == pytest.approx(deviation, rel=1e-3)


@pytest.mark.parametrize(
    ("precision", "deviation"), [(Precision.FP32, 0.02), (Precision.FP16, 0.15), (Precision.BF16, 0.5)]
)
def test_an_output_that_deviates_further_is_another_network_s(precision: Precision, deviation: float) -> None:
    with pytest.raises(CaseFailed) as caught:
        check(EXPECTED + 2 * deviation, EXPECTED, precision)
    assert caught.value.reason is FailureReason.WRONG_OUTPUT
    assert str(precision) in caught.value.detail


@pytest.mark.parametrize("precision", list(Precision))
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_an_output_that_is_not_finite_fails_in_every_precision(precision: Precision, value: float) -> None:
    with pytest.raises(CaseFailed) as caught:
        check(np.array([[1.0, value, 0.5]], np.float32), EXPECTED, precision)
    assert caught.value.reason is FailureReason.NON_FINITE_OUTPUT
    assert str(precision) in caught.value.detail


def test_the_deviation_is_the_largest_error_over_the_largest_expected_value() -> None:
    output = np.array([[1.1, -2.0, 0.0]], np.float32)
    assert verification.deviation(output, EXPECTED) == pytest.approx(0.25)
    assert np.isnan(verification.deviation(np.full((1, 3), np.nan, np.float32), EXPECTED))


@pytest.mark.parametrize("precision", list(Precision))
def test_an_output_of_zeros_cannot_be_told_from_that_of_another_network(precision: Precision) -> None:
    zeros = np.zeros((1, 3), np.float32)
    with pytest.raises(CaseFailed) as caught:
        check(zeros, zeros, precision)
    assert caught.value.reason is FailureReason.WRONG_OUTPUT


def test_every_image_of_a_batch_is_compared_with_the_same_expected_output() -> None:
    batch = np.repeat(EXPECTED, 3, axis=0)
    batch[2, 0] += 0.002
    assert check(batch, EXPECTED, Precision.FP32) == pytest.approx(0.001, rel=1e-3)


def test_what_is_stored_beside_an_artefact_is_loaded_and_copied(tmp_path: Path) -> None:
    source, copied = tmp_path / "source", tmp_path / "copied"
    source.mkdir()
    copied.mkdir()
    image = np.zeros((1, 3, 8, 8), np.float32)
    verification.store(source, image, EXPECTED)
    verification.copy(source, copied)
    for folder in (source, copied):
        expectation = verification.load(folder)
        assert np.array_equal(expectation.image, image)
        assert np.array_equal(expectation.output, EXPECTED)


@pytest.mark.parametrize(("size", "seen"), [(32, 32), (33, 32), (47, 32), (48, 48)])
def test_an_input_size_of_which_the_network_leaves_pixels_out_is_refused(size: int, seen: int) -> None:
    """As patches of 16 pixels do."""

    def compute(images: verification.Array) -> verification.Array:
        whole = size // 16 * 16
        output: verification.Array = images[..., :whole, :whole].sum(axis=(2, 3))
        return output

    image = np.random.default_rng(1).standard_normal((1, 3, size, size), dtype=np.float32)
    if size == seen:
        verification.require_whole_image(compute, image, "net")
        return
    with pytest.raises(CaseFailed, match=f"Of {size} px, net computes with {seen} px") as caught:
        verification.require_whole_image(compute, image, "net")
    assert caught.value.reason is FailureReason.UNSUPPORTED_INPUT_SIZE


def test_channels_that_the_network_does_not_look_at_are_refused() -> None:
    image = np.random.default_rng(1).standard_normal((1, 12, 8, 8), dtype=np.float32)

    def compute(images: verification.Array) -> verification.Array:
        output: verification.Array = images[:, :3].sum(axis=(1, 2, 3))
        return output

    with pytest.raises(CaseFailed, match="net does not look at channel 12 of 12") as caught:
        verification.require_whole_image(compute, image, "net")
    assert caught.value.reason is FailureReason.UNSUPPORTED_CHANNELS
