"""Building networks sets a mode of the processor, which the tests after these must not inherit."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _subnormal_numbers_again() -> Iterator[None]:
    """Networks are built with subnormal numbers flushed to zero. Hypothesis refuses to draw floats then."""
    yield
    if torch := sys.modules.get("torch"):
        torch.set_flush_denormal(False)
