"""How far the bounds of a budget must move to admit a row."""

from tests.oracle.budget import knows
from tests.oracle.search import Search


def smallest_relaxations(search: Search) -> dict[tuple[str, str], float]:
    """By metric and side, the least move of that side alone that admits a row at its value. A side that
    admits nobody, however far it moves, is left out. For questions without a confidence."""
    found: dict[tuple[str, str], float] = {}
    for metric, bound in search.budget.items():
        rows = [search.rows[number] for number in search.eliminated_only_by(metric)]
        near = [row.values[metric] for row in rows if metric in row.values]
        if "min" in bound and (below := [value for value in near if value < bound["min"]]):
            found[metric, "min"] = max(below)
        if "max" in bound and (above := [value for value in near if value > bound["max"]]):
            found[metric, "max"] = min(above)
    return found


def fewest_bounds(search: Search) -> int | None:
    """How many bounds must give way at least, for one row to fit. None where no row has all the numbers."""
    found = []
    for number in search.usable:
        chances = {metric: search.chances[metric][number] for metric in search.budget}
        if not knows(search.rows[number], search.budget):
            continue
        surest_first = sorted(chances, key=lambda metric: chances[metric] or 0.0, reverse=True)
        count = 0
        while not search.holds(number, surest_first[: len(surest_first) - count]):
            count += 1
        found.append(count)
    return min(found, default=None)
