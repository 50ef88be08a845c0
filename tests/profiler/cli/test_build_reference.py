"""`archrank build-reference`, with a fake in the place of the processes that import timm."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from catalog.command import main
from catalog.reference.tables import operator_inventory
from catalog.reference.tables.reading import INVENTORY, SKELETONS, ReferenceTables
from profiler import preparation
from profiler.campaign import measuring
from profiler.cases import Case
from profiler.faults import FaultKind, HostFault
from profiler.skeletons.archive import Archive
from tests.fakes.examining import FakeExamining


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    code: int
    out: str
    err: str


Build = Callable[..., Done]


@pytest.fixture
def examining(monkeypatch: pytest.MonkeyPatch) -> FakeExamining:
    fake = FakeExamining(("alpha", "bravo", "charlie"), {"old": "alpha.v1"})
    monkeypatch.setattr(preparation, "Preparation", lambda *_: fake)
    return fake


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The networks whose memory was measured: each takes 123.4 MB."""
    names: list[str] = []

    def peak_bytes(case: Case, *_: object) -> int:
        names.append(case.workload.architecture)
        return 123_400_000

    monkeypatch.setattr(measuring, "peak_bytes", peak_bytes)
    return names


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return tmp_path / "tables"


@pytest.fixture
def build(
    tmp_path: Path,
    tables: Path,
    examining: FakeExamining,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Build:
    """The command, which writes into `tables` and caches in the test's folder."""
    monkeypatch.setenv("ARCHRANK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*options: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["archrank", "build-reference", "--tables", str(tables), *options])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, out, err)

    return run


def test_the_tables_are_written_and_what_is_in_them_is_told(
    build: Build, tables: Path, examining: FakeExamining
) -> None:
    done = build()
    assert done.code == 0, done.err
    assert "3 architectures, 3 checkpoints, 3 of 3 workloads counted." in done.out
    written = ReferenceTables(tables)
    assert [architecture.name for architecture in written.architectures()] == ["alpha", "bravo", "charlie"]
    assert written.aliases() == {"old": "alpha.v1"}
    assert examining.closed


def test_the_tables_of_the_installation_are_left_alone(
    build: Build, small_reference: ReferenceTables
) -> None:
    before = {path: path.read_bytes() for path in small_reference.folder.rglob("*.csv")}
    build()
    assert {path: path.read_bytes() for path in small_reference.folder.rglob("*.csv")} == before


def test_what_failed_is_named_with_its_cause(build: Build, examining: FakeExamining) -> None:
    examining.failing = {"bravo": "RuntimeError: [no such operator]"}
    done = build()
    assert done.code == 0
    assert "bravo: RuntimeError: [no such operator]" in done.out
    assert "3 architectures, 3 checkpoints, 2 of 2 workloads counted." in done.out


def test_the_journal_is_in_the_cache_and_of_this_timm(build: Build, tmp_path: Path) -> None:
    build()
    journal = tmp_path / "cache" / f"reference-timm-{version('timm')}.jsonl"
    assert journal.read_bytes().count(b"\n") == 3


def test_the_journal_may_be_elsewhere(build: Build, tmp_path: Path) -> None:
    build("--journal", str(tmp_path / "elsewhere" / "journal"))
    assert (tmp_path / "elsewhere" / "journal").read_bytes().count(b"\n") == 3
    assert not (tmp_path / "cache").exists()


def test_an_interrupted_build_says_what_is_kept_and_continues(
    build: Build, tables: Path, examining: FakeExamining, tmp_path: Path
) -> None:
    examining.interruption, examining.survives = KeyboardInterrupt(), 2
    stopped = build()
    assert stopped.code == 130
    assert str(tmp_path / "cache") in stopped.err
    assert "Run the command again to continue" in stopped.err
    assert "Traceback" not in stopped.err
    assert examining.closed
    assert not tables.exists()
    examining.interruption = None
    assert build().code == 0
    assert [list(asked) for asked in examining.asked] == [["alpha", "bravo", "charlie"], ["alpha"]]
    assert (tables / "architectures.csv").exists()


def test_a_want_of_memory_is_told_with_a_remedy_and_writes_no_tables(
    build: Build, tables: Path, examining: FakeExamining
) -> None:
    examining.interruption = HostFault(FaultKind.NO_MEMORY, "alpha: killed", "Run the same command again.")
    examining.survives = 2
    done = build()
    assert done.code == 2
    assert "alpha: killed" in done.err
    assert "Run the same command again." in done.err
    assert not tables.exists()


def test_the_skeletons_are_written_and_what_is_missing_is_told(build: Build, tables: Path) -> None:
    done = build()
    assert "3 skeletons in 0.0 MB, 0 not exported." in done.out
    assert "The largest activation of drawn weights is" in done.out
    assert len(Archive(tables / SKELETONS).skeletons) == 3


def test_one_part_can_be_written_alone(build: Build, tables: Path, examining: FakeExamining) -> None:
    assert build("--part", "tables").code == 0
    assert not (tables / SKELETONS).exists()
    examining.asked.clear()
    assert build("--part", "skeletons").code == 0
    assert (tables / SKELETONS).exists()
    assert examining.asked == []


def test_the_operators_of_all_skeletons_are_listed(build: Build, tables: Path) -> None:
    done = build()
    assert "operators of 3 networks in 0.0 MB, 0 networks without." in done.out
    inventory = operator_inventory.read(tables / INVENTORY)
    assert len(inventory.workloads) == 3
    assert "Conv" in inventory.operators.kind.values
    (tables / INVENTORY).unlink()
    assert build("--part", "operators").code == 0
    assert len(operator_inventory.read(tables / INVENTORY).workloads) == 3


def test_the_memory_of_each_network_is_written_into_the_inventory(
    build: Build, tables: Path, measured: list[str]
) -> None:
    done = build()
    assert "The inventory has the memory of 3 networks in openvino." in done.out
    assert set(measured) == {"alpha", "bravo", "charlie"}
    for peaks in operator_inventory.read(tables / INVENTORY).memory.values():
        assert peaks.tolist() == [123.4] * 3
    measured.clear()
    assert build("--part", "memory").code == 0
    assert measured == []  # the journal has them
