"""An answer's own writer writes what Pydantic would write."""

from pathlib import Path
from typing import Any

import pytest

from app.contract.answers.questions import RecommendationRequest
from app.contract.common.writing import written
from app.presentation.answers.recommendations import recommendation_response
from app.presentation.requests.questions import question_of
from app.questions.answers.recommend import recommend
from app.questions.candidates.held_candidates import CandidateCache
from catalog.opening import open_catalog


@pytest.fixture(scope="module")
def candidates() -> CandidateCache:
    return CandidateCache()


@pytest.mark.parametrize(
    "request_",
    [
        {"limit": 200},
        {"target": "rtx-3090", "objective": "knee", "collapse": "configuration", "limit": 50},
        {"budget": {"latency_ms": {"max": 1}, "top1": {"min": 75}}, "confidence": 0.9},
        {
            "objective": {"weights": {"top1": 1, "latency_ms": 2}},
            "typical_image": {"width": 64, "height": 48},
        },
        {"configuration": {"precision": ["int8"]}, "license": {"commercial_use": True}, "verify": True},
        {"include": ["training_plan"], "training": {"images": 5000}},
    ],
)
def test_an_answer_is_written_as_pydantic_would_write_it(
    request_: dict[str, Any], seeded_template: Path, candidates: CandidateCache
) -> None:
    question = question_of(RecommendationRequest.model_validate(request_))
    with open_catalog(f"sqlite:///{seeded_template}") as catalog:
        for _ in range(2):  # the second time, numbers are held
            response = recommendation_response(recommend(catalog, question, candidates))
            assert written(response).decode() == response.model_dump_json(exclude_none=True)
