"""How the inputs of networks suit the user's images. Pure: arrays in, arrays and text out.

An input near the images is a preference among equals. It decides between equal scores, and inside a tie.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catalog.candidates.category import Floats
from catalog.candidates.columns import CandidateColumns

# An enlargement by less than a tenth is hardly visible.
_NOTABLE_ENLARGEMENT = 1.1
# The images of ImageNet, on which accuracies are measured, are shrunk by a factor of 1.7 themselves: their
# short side of 375 pixels in the median to 224 (Russakovsky et al. 2015, doi:10.1007/s11263-015-0816-y).
_NOTABLE_SHRINKAGE = 2.0


@dataclass(frozen=True)
class ImageFit:
    """How every candidate suits the images.

    `growth` is its input size over the short side of the typical image. It is 1 without a typical image.
    """

    growth: Floats

    @cached_property
    def enlargement(self) -> Floats:
        """How many times the short side must grow to fill the input. 1 where it need not."""
        return np.maximum(1.0, self.growth)

    @cached_property
    def shrinkage(self) -> Floats:
        """How many times the short side must shrink to fit the input. 1 where it need not."""
        return np.maximum(1.0, 1 / self.growth)

    @cached_property
    def octaves(self) -> Floats:
        """How often the short side doubles or halves to fit the input, rounded. Below 1.4 it is none."""
        return np.asarray(np.abs(np.round(np.log2(self.growth))))

    def sentences(self, columns: CandidateColumns, row: int) -> list[str]:
        """What becomes of the images in the candidate of `row`, where it is notable."""
        size, enlargement = int(columns.input_size[row]), float(self.enlargement[row])
        if enlargement >= _NOTABLE_ENLARGEMENT:
            return [
                f"Its input of {size} px enlarges your images {enlargement:.1f} times, which costs time and "
                "adds no detail. Its weights expect that size: compare it with smaller ones on your images."
            ]
        if (shrinkage := float(self.shrinkage[row])) >= _NOTABLE_SHRINKAGE:
            return [f"Its input of {size} px shrinks your images {shrinkage:.1f} times, which loses detail."]
        return []


def fit_images(columns: CandidateColumns, typical_image: tuple[int, int] | None) -> ImageFit:
    """How every candidate suits images of this width and height (pixels)."""
    if typical_image is None:
        return ImageFit(np.ones(len(columns)))
    return ImageFit(columns.input_size / min(typical_image))
