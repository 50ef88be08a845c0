from collections.abc import Callable, Iterator

import pytest

from profiler.doctor import Check, Verdict, examine, installation, moments


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is imported and nobody listens."""

    def heard(announce: Callable[[str], None]) -> Iterator[Check]:
        announce("Listening ...")
        yield Check("quiet moments", Verdict.OK, "Silence.")

    monkeypatch.setattr(installation, "check_imports", lambda: Check("imports", Verdict.OK, "Fine."))
    monkeypatch.setattr(moments, "examine_moments", heard)


def test_the_machine_is_listened_to_last_and_announced() -> None:
    announced: list[str] = []
    subjects = [check.subject for check in examine(announce=announced.append)]
    assert announced == ["Listening ..."]
    assert subjects[-1] == "quiet moments"
    expected = {"neighbours", "priority", "steal", "SMT", "huge pages", "memory limit", "hardware counters"}
    assert expected <= set(subjects)
    assert len(subjects) == len(set(subjects))


def test_a_quick_examination_listens_to_nothing() -> None:
    announced: list[str] = []
    subjects = [check.subject for check in examine(quick=True, announce=announced.append)]
    assert announced == []
    assert "quiet moments" not in subjects
    assert "SMT" in subjects


def test_what_is_not_fine_has_a_remedy() -> None:
    assert [check for check in examine() if (check.remedy is None) is not (check.verdict is Verdict.OK)] == []
