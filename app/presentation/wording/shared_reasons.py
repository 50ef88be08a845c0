"""Sentences that several rows share are said once, and each row keeps what is its own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# From so many rows on, a sentence is said once for all of them.
_MANY = 3


@dataclass(frozen=True)
class Note:
    """A sentence that several rows share. Rows refer to its `mark`, which is empty where it holds for all."""

    mark: str
    text: str


@dataclass(frozen=True)
class RowReasons:
    """The sentences that a row has alone, and the marks of the notes that also hold for it."""

    own: tuple[str, ...]
    marks: tuple[str, ...]


def shared_reasons(rows: Sequence[Sequence[str]]) -> tuple[list[Note], list[RowReasons]]:
    """The notes, and what is left for each row. A single row shares nothing.

    Two rows that are no neighbours may have the same sentence by chance. Each of them keeps it.
    """
    counts = Counter(sentence for sentences in rows for sentence in dict.fromkeys(sentences))
    beside = {sentence for one, other in pairwise(rows) for sentence in set(one) & set(other)}
    everywhere = [sentence for sentence, count in counts.items() if count == len(rows) > 1]
    somewhere = [
        sentence
        for sentence, count in counts.items()
        if count < len(rows) and (count >= _MANY or sentence in beside)
    ]
    marks = {sentence: _mark(position) for position, sentence in enumerate(somewhere)}
    notes = [Note("", text) for text in everywhere] + [Note(marks[text], text) for text in somewhere]
    noted = {*everywhere, *somewhere}
    return notes, [
        RowReasons(
            tuple(sentence for sentence in sentences if sentence not in noted),
            tuple(marks[sentence] for sentence in sentences if sentence in marks),
        )
        for sentences in rows
    ]


def _mark(position: int) -> str:
    """The letters of the note at `position`: a to z, then aa, ab and so on."""
    letters = ""
    position += 1
    while position:
        position, digit = divmod(position - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters
