"""The reasons of candidates without a catalog."""

from collections.abc import Sequence

import numpy as np

from app.ranking.order.collapsing import Collapse
from app.ranking.order.objective import Asked, objective_of, score
from app.ranking.order.order import Ranking, places
from app.ranking.order.pareto import dominators
from app.ranking.reasons.images import fit_images
from app.ranking.reasons.reasons import reasons_of
from catalog.words.metrics import Metric
from tests.app.ranking.candidates import Candidate, columns

LATENCY, TOP1, MEMORY = Metric.LATENCY_MS, Metric.TOP1, Metric.PEAK_MEMORY_MB


def said(
    *candidates: Candidate,
    position: int = 0,
    objective: Asked = TOP1,
    by: Collapse = Collapse.ARCHITECTURE,
    image: int | None = None,
    metrics: tuple[Metric, ...] = (),
    probability: Sequence[float] = (),
) -> list[str]:
    """The reasons of one of the candidates, given in their ranked order, where `metrics` decided (by default
    the objective and a bounded latency) and images are `image` pixels wide and high. Each keeps the budget
    with its `probability`, by default surely."""
    them, rows = columns(*candidates), np.arange(len(candidates))
    asked = objective_of(objective, (), them)
    metrics = metrics or tuple(dict.fromkeys([*asked.metrics, LATENCY]))
    images = fit_images(them, (image, image) if image else None)
    scores = score(them, rows, asked)
    ranking = Ranking(
        rows, rows, places(rows, scores, len(rows)), dominators(them, rows, rows, metrics), scores.has_knee
    )
    return reasons_of(
        them, ranking, metrics, asked, images, np.array(probability or [1.0] * len(candidates)), by
    )[position]
