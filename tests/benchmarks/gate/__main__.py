"""Does the gate cry wolf? `make bench-gate` writes docs/bench-gate.md.

python -m tests.benchmarks.gate [--builds 200] [--seed 1] [--out PATH]
python -m tests.benchmarks.gate --extract OLDER NEWER       makes blocks.json.xz of two journals

Builds are drawn from blocks that were recorded on a real machine, and judged by the gate's own functions.
Nothing is measured.
"""

import argparse
import sys
from pathlib import Path

from tests.benchmarks.gate.experiments import run
from tests.benchmarks.gate.recorded import extracted, recordings, write
from tests.benchmarks.gate.report import report

_REPORT = Path(__file__).parents[3] / "docs" / "bench-gate.md"


def main() -> int:
    arguments = _arguments()
    if arguments.extract:
        first, data = extracted(arguments.extract[0])
        second, _ = extracted(arguments.extract[1], data)
        write([first, second])
        return 0
    results = run(recordings(), arguments.builds, arguments.seed, lambda line: print(line, file=sys.stderr))
    text = report(results, arguments.builds, arguments.seed)
    arguments.out.write_text(text)
    print(text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--builds", type=int, default=200, help="of each experiment")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=_REPORT)
    parser.add_argument("--extract", type=Path, nargs=2, metavar="JOURNAL")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
