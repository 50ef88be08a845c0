"""Groups of rows. Pure: arrays in, arrays out."""

import numpy as np

from catalog.candidates.category import Ints


def first_of_each(codes: Ints) -> Ints:
    """The positions, ascending, at which each code of `codes` occurs first.

    Codes are small numbers from 0.
    """
    absent = len(codes)
    first = np.full(codes.max(initial=-1) + 1, absent)
    np.minimum.at(first, codes, np.arange(len(codes)))  # np.unique sorts, which takes nine times as long
    return np.sort(first[first < absent])
