import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from app.cli.gate import gate
from catalog import host
from catalog.command import main
from catalog.entities.measurements import Measurement
from catalog.exchange.files import write_lines
from catalog.exchange.writing import export_lines
from catalog.opening import open_catalog
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Status
from tests.app.gate.sides import NEW, measured
from tests.builders import make_target, store_measurements
from tests.fakes.terminal import TERMINAL

HERE = host.local_target()
WIDE = {**TERMINAL, "COLUMNS": "200"}
Archrank = Callable[..., tuple[int, str, str]]


@pytest.fixture
def archrank(
    empty_sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Archrank:
    """The command on a catalog that has measured nothing. Its working folder is that of the test."""
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", empty_sqlite_url)
    monkeypatch.chdir(tmp_path)
    for name, value in WIDE.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["archrank", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        out, err = capsys.readouterr()
        return code if isinstance(code, int) else 0, out, err

    return run


@pytest.fixture
def store(empty_sqlite_url: str) -> Callable[..., None]:
    def stored(*measurements: Measurement) -> None:
        with open_catalog(empty_sqlite_url) as catalog:
            store_measurements(catalog, *measurements)

    return stored


@pytest.fixture
def export(empty_sqlite_url: str, tmp_path: Path) -> Callable[[str], str]:
    def written(name: str) -> str:
        with open_catalog(empty_sqlite_url) as catalog, catalog.read() as session:
            write_lines(tmp_path / name, export_lines(session))
        return name

    return written


def old(name: str, latency_ms: float = 10.0, **fields: object) -> Measurement:
    return measured(name, latency_ms, **{"target": HERE, **fields})  # type: ignore[arg-type]


def new(name: str, latency_ms: float = 10.0, **fields: object) -> Measurement:
    return old(name, latency_ms, **{"hour": 1, "environment": NEW, **fields})


def test_a_past_of_the_own_catalog_is_compared_with_today(
    archrank: Archrank, store: Callable[..., None], tmp_path: Path
) -> None:
    store(old("resnet18"), old("resnet50"), new("resnet18"), new("resnet50", 12.0))
    code, out, _ = archrank(
        *("gate", "--baseline", "2026-01-01T12:30Z", "--no-measure-again"),
        *("--markdown", "gate.md", "--junit", "gate.xml"),
    )
    assert code == 1
    verdicts = [line.split()[:2] for line in out.splitlines()[1:3]]
    assert verdicts == [["regressed", "resnet50"], ["same", "resnet18"]]
    assert out.splitlines()[-1] == "The gate fails: 1 regressed, 0 undecided, 1 same, 0 improved."
    assert "runtime version was onnxruntime 1.30.0 and is onnxruntime 1.31.1 (2 cases)." in out
    markdown = (tmp_path / "gate.md").read_text()
    assert "**The gate fails: 1 regressed, 0 undecided, 1 same, 0 improved.**" in markdown
    assert "| ❌ regressed | resnet50 224 px, onnxrt t1 | 10.00 (9.79 to 10.21) |" in markdown
    suites = ET.parse(tmp_path / "gate.xml").getroot()
    assert (suites.get("tests"), suites.get("failures"), suites.get("skipped")) == ("2", "1", "0")
    assert suites.findall(".//failure")[0].get("message", "").startswith("regressed: 10.00 (9.79 to 10.21)")


def test_two_exports_are_compared(
    archrank: Archrank, store: Callable[..., None], export: Callable[[str], str]
) -> None:
    store(old("resnet18"))
    before = export("before.jsonl")
    store(new("resnet18"))
    code, out, _ = archrank("gate", "--baseline", before, "--candidate", export("after.jsonl"))
    assert code == 0, out
    assert out.splitlines()[-1] == "The gate passes: 0 regressed, 0 undecided, 1 same, 0 improved."


def test_an_undecided_case_fails_only_a_strict_gate(
    archrank: Archrank, store: Callable[..., None], tmp_path: Path
) -> None:
    store(old("resnet18", error=0.05), new("resnet18", error=0.05))
    command = ("gate", "--baseline", "2026-01-01T12:30Z", "--no-measure-again", "--junit", "gate.xml")
    assert archrank(*command)[0] == 0
    assert ET.parse(tmp_path / "gate.xml").getroot().get("skipped") == "1"
    code, out, _ = archrank(*command, "--strict")
    assert code == 1
    assert "The interval of the change is too wide." in out
    assert ET.parse(tmp_path / "gate.xml").getroot().get("failures") == "1"


def test_budgets_and_recommendations_of_a_policy_are_checked(
    archrank: Archrank, store: Callable[..., None], tmp_path: Path
) -> None:
    store(old("resnet50", 30.0), old("resnet18"), new("resnet50", 60.0), new("resnet18"))
    (tmp_path / "policy.yaml").write_text(
        "budgets:\n- {name: fast <enough>, architecture: resnet50, bounds: {latency_ms: {max: 40}}, "
        "confidence: 0.95}\nrecommendations:\n- {name: best, question: {budget: {latency_ms: {max: 40}}}}\n"
    )
    code, out, _ = archrank(
        *("gate", "--baseline", "2026-01-01T12:30Z", "--no-measure-again", "--policy", "policy.yaml"),
        *("--markdown", "gate.md", "--junit", "gate.xml"),
    )
    assert code == 1
    assert "fast <enough>: not kept. resnet50 224 px, onnxrt t1: latency_ms is 60.00" in out
    assert "The probability is 0%, and 95% is asked for." in out
    assert re.search(r"best: the recommendation changes from resnet50\.\S+ to resnet18\.\S+, because", out)
    assert "1 of 1 budgets broken, 1 of 1 recommendations lost" in out
    assert "fast \\<enough\\>: not kept." in (tmp_path / "gate.md").read_text()
    assert ET.parse(tmp_path / "gate.xml").getroot().get("failures") == "3"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--baseline", "nowhere.jsonl"), "nowhere.jsonl is no file, no date and no number of an arrival."),
        (
            ("--baseline", "local", "--target", "nobody"),
            f"It has measurements of {HERE.id}.\n  Measure with `archrank profile`",
        ),
        (("--baseline", "local", "--policy", "nowhere.yaml"), "Cannot read nowhere.yaml"),
        ((), "--baseline"),
    ],
)
def test_wrong_use_ends_with_2(
    archrank: Archrank, store: Callable[..., None], arguments: tuple[str, ...], complaint: str
) -> None:
    store(old("resnet18"))
    code, _, err = archrank("gate", *arguments)
    assert code == 2
    assert complaint in err


@pytest.mark.parametrize(
    ("python", "complaint"),
    [
        ("old/bin/python", "Cannot run old/bin/python: No such file or directory."),
        (shutil.which("true") or "true", "does not start archrank."),
        (shutil.which("false") or "false", "does not start archrank."),
    ],
)
def test_a_python_that_does_not_start_archrank_is_wrong_use(
    archrank: Archrank, store: Callable[..., None], python: str, complaint: str
) -> None:
    store(old("resnet18"))
    code, _, err = archrank("gate", "--baseline", "local", "--baseline-python", python)
    assert code == 2
    assert complaint in err


def test_a_python_that_starts_archrank_is_taken(archrank: Archrank, store: Callable[..., None]) -> None:
    store(old("resnet18"))
    code, out, _ = archrank("gate", "--baseline", "local", "--baseline-python", sys.executable)
    assert code == 0, out


def test_a_baseline_that_does_not_know_the_machine_yet_ends_with_3(
    archrank: Archrank, store: Callable[..., None], export: Callable[[str], str], tmp_path: Path
) -> None:
    store(old("resnet18", target=make_target("other-cpu")))
    before = export("before.jsonl")
    store(new("resnet18"))
    for target in ((), ("--target", "local")):
        code, _, err = archrank("gate", "--baseline", before, *target, "--markdown", "gate.md")
        assert code == 3
        if target:
            nothing = f"Nothing was measured on {HERE.id} in the export before.jsonl."
            assert f"{nothing} It has measurements of other-cpu." in err
            assert nothing in (tmp_path / "gate.md").read_text()
    code, _, err = archrank("gate", "--baseline", "2026-01-01", "--target", "local")
    assert code == 3
    assert f"Nothing was measured on {HERE.id} in this catalog before 2026-01-01 00:00 UTC." in err


def test_a_text_from_elsewhere_commands_neither_terminal_nor_xml(
    archrank: Archrank, store: Callable[..., None], tmp_path: Path
) -> None:
    store(old("resnet18"), new("resnet18"))
    (tmp_path / "policy.yaml").write_text(
        'budgets:\n- {name: "a\\x1b[31m|b\\x00", architecture: resnet18, bounds: {latency_ms: {max: 40}}}\n'
    )
    code, out, _ = archrank(
        *("gate", "--baseline", "2026-01-01T12:30Z", "--policy", "policy.yaml"),
        *("--markdown", "gate.md", "--junit", "gate.xml"),
    )
    assert code == 0
    assert "\x1b[31m|" not in out
    assert "\x1b" not in (tmp_path / "gate.md").read_text()
    ET.parse(tmp_path / "gate.xml")


def test_the_help_names_every_form(archrank: Archrank) -> None:
    assert gate.__doc__ is not None
    code, out, _ = archrank("gate", "-h")
    assert code == 0
    for option in ("--baseline", "--candidate", "--policy", "--baseline-python", "--junit", "--markdown"):
        assert option in out


# report


def test_the_report_shows_numbers_changes_and_doubts(
    archrank: Archrank, store: Callable[..., None], tmp_path: Path
) -> None:
    store(
        old("resnet18"),
        new("resnet18", 11.0, doubts=(Doubt.CONTENDED,)),
        old("resnet50", status=Status.FAILED),
    )
    code, out, _ = archrank("report", "--markdown")
    assert code == 0
    assert "| resnet18 224 px, onnxrt t1 | 11.00 (10.77 to 11.23) | +10.0% (" in out
    assert "| resnet50 224 px, onnxrt t1 | failed | new | runtime_error |" in out
    assert "```mermaid\nxychart-beta horizontal\n" in out
    assert 'x-axis ["resnet18 onnxrt t1"]' in out
    assert "bar [11]" in out
    assert "line [10]" in out
    assert f"- `contended`: {Doubt.CONTENDED.meaning}" in out
    assert archrank("report", "--markdown", "--output", "report.md")[0] == 0
    assert (tmp_path / "report.md").read_text() == out
    code, table, _ = archrank("report")
    assert "contended" in table
    assert "latencies in ms" in table


def test_a_report_on_new_cases_draws_no_line(archrank: Archrank, store: Callable[..., None]) -> None:
    store(old("resnet18"))
    _, out, _ = archrank("report", "--markdown")
    assert "line [" not in out
    assert "No case was measured before." in out


def test_the_report_shows_only_what_was_measured_since(
    archrank: Archrank, store: Callable[..., None]
) -> None:
    store(old("resnet50"), old("resnet18"), new("resnet18", 11.0))
    _, out, _ = archrank("report", "--markdown", "--since", "2026-01-01T12:30Z")
    assert "resnet50" not in out
    assert "+10.0%" in out
    newest = archrank("report", "--arrival")[1].strip()
    code, out, _ = archrank("report", "--since", newest)
    assert (code, out) == (0, f"Nothing was measured after arrival {newest}.\n")
    code, out, _ = archrank("report", "--since", "2026-01-02", "--target", "local")
    assert out == f"Nothing was measured on {HERE.id} after 2026-01-02 00:00 UTC.\n"


def test_a_report_on_a_target_names_what_was_measured_instead(
    archrank: Archrank, store: Callable[..., None]
) -> None:
    store(old("resnet18", target=make_target("other-cpu")))
    code, out, _ = archrank("report", "--target", "local")
    assert code == 0
    assert f"Nothing was measured on {HERE.id} in this catalog" in out
    assert "It has measurements of other-cpu." in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--target", "nowhere"), "Unknown target 'nowhere'."),
        (("--since", "yesterday"), "yesterday is no date and no number of an arrival.\n  Give a date as"),
        (("--since", "local"), "local is no date and no number of an arrival."),
    ],
)
def test_a_report_on_what_does_not_exist_is_wrong_use(
    archrank: Archrank, store: Callable[..., None], arguments: tuple[str, ...], complaint: str
) -> None:
    store(old("resnet18"))
    code, _, err = archrank("report", *arguments)
    assert code == 2
    assert complaint in err
    assert "the address of another archrank" not in err
