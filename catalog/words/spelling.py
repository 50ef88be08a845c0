"""Which names a misspelt name may mean."""

import difflib
from collections.abc import Iterable

_MOST = 5
# difflib's similarity is twice the number of shared characters over the length of both names. 0.4 is that of
# the first quarter of a name with the whole name, so that a name may be begun and not ended.
_LEAST_SIMILARITY = 0.4
# A single guess is shown where most of the letters are the same.
_LEAST_LIKENESS = 0.6


# A shorter beginning is that of too many names.
_LEAST_BEGUN = 3


def close_matches(name: str, names: Iterable[str]) -> list[str]:
    """Up to 5 of the `names` that begin with `name`, or are spelt much like it, whatever the capitals.

    Those that begin with it come first, and of these the shortest, then the nearest.
    """
    by_spelling = {candidate.casefold(): candidate for candidate in names}
    spelling = name.casefold()
    begun: list[str] = []
    if len(spelling) >= _LEAST_BEGUN:
        begun = sorted((each for each in by_spelling if each.startswith(spelling)), key=len)
    alike = difflib.get_close_matches(spelling, by_spelling, n=_MOST, cutoff=_LEAST_SIMILARITY)
    return [by_spelling[each] for each in dict.fromkeys([*begun, *alike])][:_MOST]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of the `names` that `name` begins, or else that is spelt most like it. None if none is alike.

    Of several, the first.
    """
    spelling = name.casefold()
    candidates = [str(one) for one in names]
    begun = [one for one in candidates if spelling and one.casefold().startswith(spelling)]
    if begun:
        return min(begun, key=len)
    likeness = {one: difflib.SequenceMatcher(None, spelling, one.casefold()).ratio() for one in candidates}
    best = max(candidates, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] >= _LEAST_LIKENESS else None
