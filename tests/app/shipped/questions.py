"""Random questions to a target, whose bounds lie at or near the numbers of its candidates."""

import random
from collections.abc import Sequence
from typing import Any

from catalog.words.metrics import Direction, Metric
from tests.app.shipped.cases import Body
from tests.oracle.identity import RUN
from tests.oracle.rows import Row

# How many questions to each target. Those with intervals and failures are in the measured ones.
QUESTIONS = {"i9-10940x": 45, "rtx-3090": 12, "rtx-4090": 8, "rtx-pro-6000-max-q": 8, "local": 95}


def make_body(rng: random.Random, target: str, rows: Sequence[Row]) -> Body:
    """A question to a target whose rows are `rows`: bounds at or near the numbers of some of them."""
    known = sorted({str(metric) for row in rows[::17] for metric in row.values})
    metrics = rng.sample(known, rng.choice([0, 1, 2, 2, 3, 3, 4]))
    if rng.random() < 0.05:
        metrics.append(str(rng.choice(sorted(set(Metric) - set(known)))))
    tight = rng.random() < 0.3
    objective: Any = rng.choice(
        ["top1", "top1", rng.choice(known), rng.choice(known), "balanced", "knee", "weights"]
    )
    if objective == "weights":
        objective = {"weights": {one: rng.uniform(0.1, 9) for one in rng.sample(known, rng.randint(1, 3))}}
    body: Body = {
        "target": target,
        "budget": {metric: make_bound(rng, Metric(metric), rows, tight=tight) for metric in metrics},
        "objective": objective,
        "collapse": rng.choice(["architecture", "checkpoint", "configuration", "configuration"]),
        "limit": rng.choice([1, 3, 5, 10, 10, 20, 20, 200]),
    }
    if rng.random() < (0.5 if target == "local" else 0.15):
        body["confidence"] = rng.choice([0.2, 0.5, 0.9, 0.99])
    if rng.random() < 0.2:
        body["typical_image"] = {"width": rng.choice([64, 100, 160, 224, 640]), "height": 128}
    return body | make_filters(rng, rows)


def make_bound(rng: random.Random, metric: Metric, rows: Sequence[Row], *, tight: bool) -> Body:
    """One side or both; a `tight` one leaves few inside."""
    costs = sorted(row.values[metric] for row in rows if metric in row.values) or [10.0, 20.0]
    share = rng.uniform(0, 0.06) if tight else rng.random()
    if metric.direction is Direction.HIGHER:
        share = 1 - share
    # A number itself, or one beside it.
    limit = costs[round(share * (len(costs) - 1))] * rng.choice([1.0, 1.0, 1.0, 0.98, 1.02, 0.9, 1.1])
    side = "min" if (metric.direction is Direction.HIGHER) ^ (rng.random() < 0.15) else "max"
    bound = {side: limit}
    if rng.random() < 0.2:
        bound["max" if side == "min" else "min"] = limit * (rng.uniform(1, 3) ** (1 if side == "min" else -1))
    if rng.random() < 0.02:
        bound = {side: 0.0}
    return bound


def make_filters(rng: random.Random, rows: Sequence[Row]) -> Body:
    def families() -> list[str]:
        return sorted({row.family for row in rng.sample(rows, 3) if row.family is not None})

    filters: Body = {}
    if rng.random() < 0.2:
        size = rng.choice(rows).input_size
        filters["input_size"] = rng.choice([size, {"min": size}, {"max": size}, {"min": 160, "max": 288}])
    if rng.random() < 0.3:
        filters["configuration"] = make_run(rng, rows)
    if rng.random() < 0.2:
        filters["license"] = rng.choice(
            [{"commercial_use": True}, {"commercial_use": False}, {"allow": ["apache-2.0", "MIT"]}]
        )
    if rng.random() < 0.15:
        data = sorted({one for row in rng.sample(rows, 9) for one in row.training_data} - {"imagenet-1k"})
        filters["training_data"] = {"exclude": rng.sample(["laion", *data], min(2, len(data)))}
    if rng.random() < 0.2 and families():
        filters["families"] = {rng.choice(["include", "exclude"]): families() or ["resnet"]}
    tags = sorted({tag for row in rng.sample(rows, 5) for tag in row.tags})
    if rng.random() < 0.2 and tags:
        filters["tags"] = {rng.choice(["include", "exclude"]): rng.sample(tags, 1)}
    if rng.random() < 0.2 and len(rows) < 1000:  # large ones take a second to be read for other evidence
        filters["evidence"] = rng.choice([["measured"], ["estimated"], ["measured", "published"]])
    return filters


def make_run(rng: random.Random, rows: Sequence[Row]) -> Body:
    """What one field of the configuration may be. No number of threads is asked for where it is unknown."""
    field = rng.choice(RUN)
    if field == "compiled":
        return {field: rng.choice(rows).configuration.compiled}
    values = {getattr(row.configuration, field) for row in rng.sample(rows, 3)}
    return {} if None in values else {field: sorted(values)}
