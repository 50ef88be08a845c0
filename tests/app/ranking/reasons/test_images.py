"""How inputs suit the user's images."""

import pytest

from app.ranking.reasons.images import fit_images
from tests.app.ranking.candidates import Candidate, columns


@pytest.mark.parametrize(
    ("image", "size", "octaves", "enlargement", "shrinkage"),
    [
        ((640, 480), 224, 1, 1.0, 480 / 224),
        ((480, 640), 224, 1, 1.0, 480 / 224),
        ((96, 96), 224, 1, 224 / 96, 1.0),
        ((96, 96), 96, 0, 1.0, 1.0),
        ((1024, 1024), 224, 2, 1.0, 1024 / 224),
        ((160, 160), 224, 0, 1.4, 1.0),
        ((4000, 28), 224, 3, 8.0, 1.0),
        (None, 224, 0, 1.0, 1.0),
    ],
)
def test_an_input_is_compared_with_the_short_side_of_the_images(
    image: tuple[int, int] | None, size: int, octaves: int, enlargement: float, shrinkage: float
) -> None:
    fit = fit_images(columns(Candidate(input_size=size)), image)
    assert fit.octaves.tolist() == [octaves]
    assert fit.enlargement.tolist() == pytest.approx([enlargement])
    assert fit.shrinkage.tolist() == pytest.approx([shrinkage])
