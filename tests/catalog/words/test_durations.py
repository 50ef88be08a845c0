"""Durations as people write them."""

import pytest

from catalog.errors import InvalidDuration
from catalog.words.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("6m", 360), ("1.5h", 5400), ("600", 600), (" 6 M ", 360), ("0", 0)]
)
def test_a_duration_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text, "--time-budget") == seconds


@pytest.mark.parametrize("text", ["", "6d", "m", "-5s", "nan", "inf", "1e9", "6m30s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidDuration, match="--time-budget"):
        parse_duration(text, "--time-budget")
