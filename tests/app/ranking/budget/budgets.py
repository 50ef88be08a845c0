"""Budgets drawn by hypothesis, with limits on and beside a grid of numbers, and which candidates fit them."""

from dataclasses import replace

from hypothesis import strategies as st

from app.ranking.budget.budget import Bound, Budget, fit_budget
from app.ranking.budget.sides import Side
from catalog.words.metrics import Direction, Metric
from tests.app.ranking.candidates import Candidate, columns

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB
GRID = {LATENCY: [5.0, 10.0, 20.0, 40.0], TOP1: [70.0, 75.0, 80.0], MEMORY: [100.0, 200.0]}
LIMITS = {
    LATENCY: [0.0, 4.0, 5.0, 8.0, 10.0, 25.0, 50.0],
    TOP1: [65.0, 70.0, 74.0, 78.0, 80.0, 90.0],
    MEMORY: [50.0, 100.0, 150.0, 250.0],
}


@st.composite
def budgets(draw: st.DrawFn, *, confident: bool = False, two_sided: bool = True) -> Budget:
    """One to three bounds whose limits lie on and beside the grid of the candidates."""
    bounds = []
    for metric in draw(st.permutations([LATENCY, TOP1, MEMORY]))[: draw(st.integers(1, 3))]:
        limits = sorted(draw(st.lists(st.sampled_from(LIMITS[metric]), min_size=2, max_size=2)))
        lower = metric.direction is Direction.LOWER
        if two_sided and not draw(st.integers(0, 3)):
            bounds.append(Bound(metric, *limits))
        else:
            bounds.append(Bound(metric, maximum=limits[0]) if lower else Bound(metric, minimum=limits[0]))
    return Budget(tuple(bounds), draw(st.sampled_from([0.3, 0.8, 0.95])) if confident else None)


def fits(candidates: list[Candidate], budget: Budget) -> list[bool]:
    found: list[bool] = fit_budget(budget, columns(*candidates)).fits.tolist()
    return found


def with_limit(budget: Budget, metric: Metric, side: Side, limit: float) -> Budget:
    """`budget` with one side of the bound on `metric` moved to `limit`."""

    def moved(bound: Bound) -> Bound:
        if bound.metric != metric:
            return bound
        return replace(bound, minimum=limit) if side is Side.MIN else replace(bound, maximum=limit)

    bounds = [moved(bound) for bound in budget.bounds]
    return Budget(tuple(bounds), budget.confidence)


def misses(candidate: Candidate, bound: Bound) -> bool:
    """Whether its number is known and outside."""
    return any(side.sign * (candidate.value(bound.metric) - limit) < 0 for limit, side in bound.sides)
