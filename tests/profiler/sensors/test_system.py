import os
from pathlib import Path

import pytest

from profiler.sensors import system
from profiler.sensors.system import NotLinux, require_linux


def test_this_system_can_measure() -> None:
    require_linux()


def test_what_a_system_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(system, "_PROC", tmp_path / "status")
    with pytest.raises(NotLinux) as caught:
        require_linux()
    assert caught.value.message == "Measuring works on Linux only. This system lacks /proc."
    monkeypatch.delattr(os, "sched_getaffinity")
    with pytest.raises(NotLinux) as caught:
        require_linux()
    assert "lacks the affinity of processes and /proc." in caught.value.message
    assert caught.value.remedy is not None
    assert "archrank recommend" in caught.value.remedy
