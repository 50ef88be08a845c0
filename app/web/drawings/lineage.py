"""Which family builds on which, as a drawing: a row a family, a column a year, a line to the predecessor.
Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from catalog.reference.texts.families import Family

ROW = 26
"""Height of a row, in drawing units."""
_COLUMN, _LEFT, _TOP, _LABEL = 50, 24, 40, 210


@dataclass(frozen=True)
class Ancestry:
    """A family in the drawing: `x` and `y` are the place of its dot, and `from_x` and `from_y` that of its
    predecessor's. Both are None where the drawing has no predecessor. `depth` counts the predecessors."""

    family: Family
    depth: int
    x: int
    y: int
    from_x: int | None
    from_y: int | None


@dataclass(frozen=True)
class Lineage:
    """A drawing of families. `years` are the places of the columns, by year."""

    rows: Sequence[Ancestry]
    years: Mapping[int, int]
    width: int
    height: int


def lineage_of(families: Collection[Family]) -> Lineage:
    """The drawing of `families`. Who builds on a family comes below it, and the oldest first.

    A column is a year in which one of the families was published, so that years without any take no room.
    """
    years = sorted({family.year for family in families})
    columns = {year: _LEFT + _COLUMN * place for place, year in enumerate(years)}
    rows: list[Ancestry] = []
    by_slug = {family.slug: family for family in families}
    followers: dict[str | None, list[Family]] = {}
    for family in sorted(families, key=lambda one: (one.year, one.title.casefold())):
        known = family.predecessor if family.predecessor in by_slug else None
        followers.setdefault(known, []).append(family)

    def add(family: Family, parent: Ancestry | None) -> None:
        own = Ancestry(
            family,
            0 if parent is None else parent.depth + 1,
            columns[family.year],
            _TOP + ROW * len(rows),
            None if parent is None else parent.x,
            None if parent is None else parent.y,
        )
        rows.append(own)
        for follower in followers.get(family.slug, ()):
            add(follower, own)

    for root in followers.get(None, ()):
        add(root, None)
    width = _LEFT + _COLUMN * max(0, len(years) - 1) + _LABEL
    return Lineage(rows, columns, width, _TOP + ROW * len(rows))


def relatives(slug: str, families: Mapping[str, Family]) -> list[Family]:
    """The family, whom it builds on, and who builds on it, however far."""
    ancestors = []
    above = families[slug].predecessor
    while above is not None and above in families:
        ancestors.append(families[above])
        above = families[above].predecessor
    followers = [families[slug]]
    for family in followers:  # grows while it is read
        followers += [one for one in families.values() if one.predecessor == family.slug]
    return [*ancestors, *followers]
