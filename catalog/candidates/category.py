"""A column of words, few of them different, and the types of numpy's arrays."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Word = TypeVar("Word", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Category(Generic[Word]):
    """A column of n words, few of them different. `codes` are positions in `values`."""

    values: tuple[Word, ...]
    codes: Ints
    _numbers: dict[Callable[[Word], float], Floats] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, words: Iterable[Word]) -> "Category[Word]":
        """The column that holds `words`."""
        column = tuple(words)
        values = tuple(dict.fromkeys(column))
        places = dict(zip(values, range(len(values)), strict=True))
        return cls(values, np.fromiter(map(places.__getitem__, column), np.int64, len(column)))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Word:
        return self.values[int(self.codes[row])]

    def __iter__(self) -> Iterator[Word]:
        return (self.values[code] for code in self.codes)

    @property
    def different(self) -> int:
        """How many different words there are."""
        return int(np.count_nonzero(np.bincount(self.codes)))

    def map(self, translate: Callable[[Word], Other]) -> "Category[Other]":
        """The column of what `translate` makes of each word. It is called once for each different word."""
        return Category(tuple(translate(word) for word in self.values), self.codes)

    def take(self, rows: Ints | Bools) -> "Category[Word]":
        """The words of `rows` alone."""
        return Category(self.values, self.codes[rows], self._numbers)

    def compact(self) -> "Category[Word]":
        """The same column, without the values that no row has. The others are in the order of their rows."""
        absent = len(self.codes)
        first = np.full(len(self.values), absent)
        np.minimum.at(first, self.codes, np.arange(absent))
        order = np.argsort(first, kind="stable")[: np.count_nonzero(first < absent)]
        places = np.zeros(len(self.values), dtype=np.int64)
        places[order] = np.arange(len(order))
        return Category(tuple(self.values[code] for code in order.tolist()), places[self.codes])

    def mask(self, admits: Callable[[Word], bool]) -> Bools:
        """Which rows hold a word that `admits` admits. It is called once for each different word."""
        return np.array([admits(word) for word in self.values], dtype=np.bool_)[self.codes]

    def numbers(self, of: Callable[[Word], float]) -> Floats:
        """What `of` says of the word of each row.

        It is called once for each different word, also where rows were taken. Answers are kept, so `of` is
        the same function at every call.
        """
        answers = self._numbers.get(of)
        if answers is None:
            answers = self._numbers[of] = np.array([of(word) for word in self.values], dtype=np.float64)
        return answers[self.codes]
