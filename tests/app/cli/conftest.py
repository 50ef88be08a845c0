import sys

import pytest

from catalog.command import main
from tests.app.cli.running import Archrank, Done
from tests.fakes.terminal import TERMINAL


@pytest.fixture
def archrank(
    seeded_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Archrank:
    """The command on the seeded catalog and a terminal of 80 columns."""
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", seeded_url)
    for name, value in TERMINAL.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, out, err)

    return run
