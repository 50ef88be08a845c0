import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from catalog import command
from catalog.command import GROUP, main
from catalog.reference.speeds.timm_results import ACCURACY_FILES
from tests.catalog.cli.running import Ended, Run
from tests.catalog.cli.timm_results import RESULTS, SPEED_TABLE, SPEEDS


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `archrank catalog ARGUMENTS`; the other packages' commands stay out of it."""
    entry = EntryPoint("catalog", "catalog.cli:app", GROUP)
    # With a single command, typer would take its name for an argument.
    other = EntryPoint("other", "catalog.settings:default_catalog_url", GROUP)
    monkeypatch.setattr(command, "entry_points", lambda group: [entry, other])

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["archrank", "catalog", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        assert isinstance(exit_.value.code, int)
        return Ended(exit_.value.code, *capsys.readouterr())

    return run


@pytest.fixture(autouse=True)
def url(catalog_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The catalog that the environment names, on each database in turn."""
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", catalog_url)
    return catalog_url


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    for name in ACCURACY_FILES:
        (folder / name).write_text(RESULTS.splitlines()[0])
    (folder / "results-imagenet.csv").write_text(RESULTS)
    (folder / "results-sketch.csv").write_text("\n".join(RESULTS.splitlines()[:2]))
    (folder / SPEED_TABLE).write_text(SPEEDS)
    return folder
