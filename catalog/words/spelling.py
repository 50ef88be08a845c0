"""Which names a misspelt name may mean."""

import difflib
from collections.abc import Iterable

_MOST = 5
# difflib's similarity is twice the number of shared characters over the length of both names. 0.4 is that of
# the first quarter of a name with the whole name, so that a name may be begun and not ended.
_LEAST_SIMILARITY = 0.4


def close_matches(name: str, names: Iterable[str]) -> list[str]:
    """Up to 5 of the `names` that are spelt much like `name`, the nearest first, whatever the capitals."""
    by_spelling = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), by_spelling, n=_MOST, cutoff=_LEAST_SIMILARITY)
    return [by_spelling[spelling] for spelling in close]
