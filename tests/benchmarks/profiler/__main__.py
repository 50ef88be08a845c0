"""Can the profiler be trusted? `make bench-profiler` writes docs/bench-profiler.md.

python -m tests.benchmarks.profiler [--quick] [--only aa,power] [--architectures NAME,NAME] [--out PATH]

Fresh processes of the profiler's own worker, one pinned thread each, in random order over all experiments.
Each is kept in a journal as it ends: a run that was interrupted goes on where it stopped.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from profiler.settings import ProfilerSettings
from tests.benchmarks.profiler.extent import FULL, of_architectures, quick
from tests.benchmarks.profiler.journal import Data, Header, Journal, OtherJournal
from tests.benchmarks.profiler.report import EXPERIMENTS, report
from tests.benchmarks.profiler.running import NothingToMeasure, Progressing, measure
from tests.benchmarks.profiler.surroundings import measured_by, surroundings

_REPORT = Path(__file__).parents[3] / "docs" / "bench-profiler.md"


def main() -> int:
    arguments = _arguments()
    console = Console(highlight=False, soft_wrap=True)
    names = arguments.only.split(",") if arguments.only else list(EXPERIMENTS)
    if unknown := [name for name in names if name not in EXPERIMENTS]:
        console.print(f"unknown experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}")
        return 2
    extent = quick(FULL) if arguments.quick else FULL
    if arguments.architectures:
        extent = of_architectures(extent, arguments.architectures.split(","))
    folder = ProfilerSettings().cache_dir / "bench-profiler"
    path = arguments.journal or folder / ("quick.jsonl" if arguments.quick else "journal.jsonl")
    if arguments.fresh:
        path.unlink(missing_ok=True)
    # Kept apart, for artefacts outlive journals.
    journal, exports = Journal(path), Journal(folder / "exports.jsonl")
    header = journal.header
    if not arguments.report_only:
        wanted = [EXPERIMENTS[name].series(extent) for name in names]
        try:
            header = journal.begin(Header(measured_by(), surroundings(), arguments.quick))
            with Progressing(console) as progress:
                measure(wanted, journal, exports, folder, progress)
        except (OtherJournal, NothingToMeasure) as error:
            console.print(f"bench-profiler: {error}", markup=False)
            return 1
        except KeyboardInterrupt:
            console.print(f"Interrupted. What was measured is in {path}; run the same command to go on.")
            return 130
    if header is None:
        console.print(f"{path} holds nothing yet", markup=False)
        return 1
    text = report(names, extent, Data(journal.taken, exports.exports), header)
    out = arguments.out or (None if arguments.quick or arguments.only or arguments.architectures else _REPORT)
    if out is not None:
        out.write_text(text)
    print(text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a smoke run: few processes, no results")
    parser.add_argument("--only", help=f"experiments, of {','.join(EXPERIMENTS)}; default: all")
    parser.add_argument("--architectures", help="networks to take instead, as timm names them")
    parser.add_argument("--journal", type=Path, help="default: in the cache")
    parser.add_argument("--fresh", action="store_true", help="forget what the journal holds")
    parser.add_argument("--report-only", action="store_true", help="measure nothing")
    parser.add_argument("--out", type=Path, help="default: docs/bench-profiler.md, for a full run only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
