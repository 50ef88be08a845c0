"""What a shell completes."""

import sys
from pathlib import Path

import pytest

from catalog.command import main
from tests.app.seeds import OTHER


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("archrank comp", {"compare"}),
        ("archrank recommend --conf", {"--confidence"}),
        ("archrank recommend --target other", {OTHER.id}),
        ("archrank recommend --target lo", {"local"}),
        ("archrank recommend --max latency_m", {"latency_ms=", "latency_met_ms="}),
        ("archrank recommend --tag convol", {"convolutional"}),
        ("archrank card resnet5", {"resnet50"}),
        ("archrank card resnet50.tv", {"resnet50.tv_in1k", "resnet50.tv2_in1k"}),
        ("archrank compare resnet50 convnext_t", {"convnext_tiny"}),
        ("archrank frontier --x gm", {"gmacs"}),
        ("archrank targets rtx-4", {"rtx-4090"}),
    ],
)
def test_a_shell_completes_commands_options_and_names(
    seeded_template: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    expected: set[str],
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", f"sqlite:///{seeded_template}")
    assert completed(monkeypatch, capsys, line) >= expected
    assert all(one.startswith(line.rsplit(maxsplit=1)[-1]) for one in completed(monkeypatch, capsys, line))


def test_a_catalog_that_cannot_be_read_completes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql://someone:secret@127.0.0.1:1/nowhere")
    assert completed(monkeypatch, capsys, "archrank card resnet5") == set()


def completed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str) -> set[str]:
    """What bash is told for a line that ends in an incomplete word."""
    monkeypatch.setattr(sys, "argv", ["archrank"])
    monkeypatch.setenv("_ARCHRANK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr()
    assert shown.err == ""
    return set(shown.out.split())
