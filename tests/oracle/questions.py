"""A question in the words of the API: the body of POST /v1/recommendations.

    {"target": "local",
     "budget": {"latency_ms": {"max": 50}, "top1": {"min": 75}},
     "confidence": 0.9,
     "input_size": 224 or {"min": 192, "max": 288},
     "typical_image": {"width": 640, "height": 480},
     "configuration": {"runtime": ["onnxruntime"], "compiled": false, ...},
     "license": {"commercial_use": true, "allow": ["mit"]},
     "training_data": {"exclude": ["laion"]},
     "families": {"include": [], "exclude": []},
     "tags": {"include": [], "exclude": []},
     "evidence": ["measured"],
     "objective": "top1",
     "collapse": "architecture",
     "limit": 10}

What is absent lets everything pass.
"""

from collections.abc import Mapping
from typing import Any

Question = Mapping[str, Any]

# The sides of a bound: "min", "max" or both.
Bound = Mapping[str, float]
Budget = Mapping[str, Bound]


def sides(bound: Bound) -> list[tuple[float, int]]:
    """(limit, sign) of each side. The room to the limit is sign * (value - limit)."""
    return [(bound[side], sign) for side, sign in (("min", 1), ("max", -1)) if side in bound]
