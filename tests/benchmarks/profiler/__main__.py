"""Can the profiler be trusted? `make bench-profiler` writes docs/bench-profiler.md.

python -m tests.benchmarks.profiler [--minutes 26] [--quick] [--only same,power] [--against PATH] [--out PATH]

Processes of the profiler's own worker stay open and are visited in random order, by the profiler's own code.
Each visit is kept in a journal as soon as it was made, so that an interrupted run goes on where it stopped.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from profiler.errors import ProfilerError
from profiler.settings import ProfilerSettings
from tests.benchmarks.profiler.data import Data
from tests.benchmarks.profiler.extent import FULL, Extent, of_architectures, quick
from tests.benchmarks.profiler.journal import Header, Journal, UnusableJournal
from tests.benchmarks.profiler.report import EXPERIMENTS, report
from tests.benchmarks.profiler.running import NothingToMeasure, measure
from tests.benchmarks.profiler.surroundings import measured_by, surroundings

_REPORT = Path(__file__).parents[3] / "docs" / "bench-profiler.md"


def main() -> int:
    arguments = _arguments()
    names = arguments.only.split(",") if arguments.only else list(EXPERIMENTS)
    if unknown := [name for name in names if name not in EXPERIMENTS]:
        return _fail(f"unknown experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}", 2)
    extent = quick(FULL) if arguments.quick else FULL
    if arguments.architectures:
        extent = of_architectures(extent, arguments.architectures.split(","))
    if arguments.minutes is not None:
        extent = replace(extent, minutes=arguments.minutes)
    cache_dir = ProfilerSettings().cache_dir
    default = cache_dir / "bench-profiler" / ("quick.jsonl" if arguments.quick else "journal.jsonl")
    path = arguments.journal or default
    if arguments.fresh:
        path.unlink(missing_ok=True)
    journal = Journal(path)
    try:
        if not arguments.report_only:
            begun = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            journal.begin(Header(measured_by(), begun, surroundings(begun), arguments.quick))
            measure(extent.phases(names), journal, cache_dir, _say)
        text = _report(names, extent, journal, arguments.against)
    except ProfilerError as error:
        return _fail(error.message, 1)
    except (UnusableJournal, NothingToMeasure) as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return _fail(f"interrupted. What was measured is in {path}; run the same command to go on", 130)
    out = arguments.out or (None if arguments.quick or arguments.only or arguments.architectures else _REPORT)
    if out is not None:
        out.write_text(text)
    print(text)
    return 0


def _report(names: Sequence[str], extent: Extent, journal: Journal, against: Path | None) -> str:
    header = journal.known_header()
    if against is None:
        return report(names, extent, Data(journal.taken), header)
    other = Journal(against)
    others, their_header = Data(other.taken), other.known_header()
    # A run that began later knows the quiet level of the target from the one before.
    known = others if their_header.begun < header.begun else None
    return report(names, extent, Data(journal.taken, known), header, (others, their_header))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(line: str, code: int) -> int:
    _say(f"bench-profiler: {line}")
    return code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, help=f"of measuring; default: {FULL.minutes:g}")
    parser.add_argument("--quick", action="store_true", help="a smoke run: few blocks, no results")
    parser.add_argument("--only", help=f"experiments, of {','.join(EXPERIMENTS)}; default: all")
    parser.add_argument("--architectures", help="networks to take instead, as timm names them")
    parser.add_argument("--journal", type=Path, help="default: in the cache")
    parser.add_argument(
        "--against", type=Path, help="the journal of another run to compare with (or its .xz)"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what the journal holds")
    parser.add_argument("--report-only", action="store_true", help="measure nothing")
    parser.add_argument("--out", type=Path, help="default: docs/bench-profiler.md, for a full run only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
