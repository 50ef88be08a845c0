from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from profiler.campaign.lock import host_lock
from profiler.doctor import listening
from profiler.doctor.listening import CampaignRuns, spread
from profiler.protocol.plan import SamplingPlan
from tests.fakes.listening import busy
from tests.profiler.doctor.hours import heard_of


def test_the_canary_beats_every_quarter_second_for_twenty_seconds() -> None:
    heard = heard_of()
    assert len(heard.rounds) == 80
    assert {len(one.alone_ns) for one in heard.rounds} == {2}


def test_a_canary_that_is_slow_beats_less_often_and_no_longer() -> None:
    assert len(heard_of(takes_s=0.5).rounds) == 10
    assert len(heard_of(takes_s=100).rounds) == 1


def test_independent_cpus_are_as_fast_at_once_as_alone() -> None:
    assert heard_of().at_once_over_alone == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("hour", [busy, lambda now_s: 1.0])
def test_siblings_are_slower_at_once_at_any_hour(hour: object) -> None:
    assert callable(hour)
    assert heard_of(hour, at_once=1.4).at_once_over_alone == pytest.approx(1.4, abs=0.02)


def test_one_cpu_has_no_sibling() -> None:
    assert heard_of(alone=0).at_once_over_alone is None


def test_a_quiet_hour_promises_what_a_case_aims_at() -> None:
    heard = heard_of()
    assert heard.quiet_share == 1
    assert not heard.is_rarely_quiet
    assert heard.expected_half_width() == pytest.approx(SamplingPlan().interval_target, rel=0.2)
    assert heard.expected_half_width() == heard.expected_half_width()


def test_a_busy_hour_promises_less() -> None:
    heard = heard_of(busy)
    assert heard.quiet_share == pytest.approx(0.1, abs=0.03)
    assert heard.is_rarely_quiet
    assert heard.expected_half_width() > 0.02


@pytest.mark.parametrize(
    ("cpus", "expected"),
    [
        (range(1), [0]),
        (range(2, 10), list(range(2, 10))),
        (range(16), [0, 1, 4, 5, 8, 9, 12, 13]),
        (range(100, 109), [100, 101, 102, 103, 104, 105, 106, 107]),
    ],
)
def test_many_cpus_are_tried_in_pairs_of_both_numberings(cpus: range, expected: list[int]) -> None:
    assert spread(cpus) == expected


def test_nobody_listens_while_a_campaign_measures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    announced: list[str] = []

    @contextmanager
    def held(waiting: object) -> Iterator[None]:
        assert callable(waiting)
        with host_lock(waiting, tmp_path / "lock"):
            yield

    monkeypatch.setattr(listening, "host_lock", held)
    with host_lock(lambda holder: None, tmp_path / "lock"), pytest.raises(CampaignRuns):
        listening.listen_here(announced.append)
    assert announced == []


def test_this_machine_is_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    @contextmanager
    def alone(waiting: object) -> Iterator[None]:
        yield

    monkeypatch.setattr(listening, "host_lock", alone)
    monkeypatch.setattr(listening, "LISTENED_S", 0.0)
    announced: list[str] = []
    (only,) = listening.listen_here(announced.append).rounds
    assert announced == ["Listening to the machine for 0 s ..."]
    assert only.block.ns > 0
