"""Little memory, and small limits of it."""

import resource
from pathlib import Path

import pytest

from profiler.doctor import Verdict, memory


def test_little_memory_is_a_doubt_also_where_ulimit_is_what_limits_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert memory.check_memory(8_000_000_000).verdict is Verdict.OK
    assert memory.check_memory(None).verdict is Verdict.OK
    assert memory.check_memory(500_000_000).verdict is Verdict.DOUBTFUL
    monkeypatch.setattr(resource, "getrlimit", lambda limit: (1_000_000_000, 1_000_000_000))
    limited = memory.check_memory(8_000_000_000)
    assert limited.verdict is Verdict.DOUBTFUL
    assert "1.0 GB" in limited.finding


@pytest.mark.parametrize(
    ("limit_bytes", "verdict", "words"),
    [
        (None, Verdict.OK, "No control group"),
        (16_000_000_000, Verdict.OK, "16.0 GB"),
        (2_000_000_000, Verdict.DOUBTFUL, "2.0 GB"),
    ],
)
def test_only_a_small_limit_of_memory_is_a_doubt(
    limit_bytes: int | None, verdict: Verdict, words: str
) -> None:
    check = memory.check_memory_limit(limit_bytes)
    assert check.verdict is verdict
    assert words in check.finding


@pytest.mark.parametrize("gigabytes", [3.9, 4.1])
def test_what_a_control_group_may_have_is_judged_as_what_is_free(gigabytes: float) -> None:
    held = round(gigabytes * 1e9)
    assert memory.check_memory(held).verdict is memory.check_memory_limit(held).verdict


def test_the_documented_limit_is_the_one_that_is_judged_by() -> None:
    lines = (Path(__file__).parents[3] / "docs/commands.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith(("| memory |", "| CPU quota, memory limit |"))]
    assert len(rows) == 2
    assert all(f"ess than {memory.LITTLE_GB} GB" in row for row in rows)
