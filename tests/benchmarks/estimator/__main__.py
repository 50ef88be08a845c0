"""How well unmeasured networks are estimated: `make bench-estimator` writes docs/bench-estimator.md.

python -m tests.benchmarks.estimator [--draws 3] [--decisions 100] [--out PATH]
    [--only published,live,gpu,memory,decisions,cost]
python -m tests.benchmarks.estimator --extract MACHINE CATALOG_URL TARGET WORDS     makes live_MACHINE.json.xz
python -m tests.benchmarks.estimator --ship     writes what live machines say of operators into the inventory

Nothing is measured. Published tables take the place of targets, one at a time, and networks that were
measured on live machines are in the files beside this one. A catalog gives such a file: its networks are
measured by `archrank profile --node-profiles`. WORDS say when, where and with what. The inventory that ships
has the usual efficiency of each operator. `archrank build-reference` makes a new inventory without it.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from app.calibrating.calibration import Plan
from app.calibrating.choosing import MOST_NETWORKS, calibration_cases
from app.estimating.operator_times import usual_efficiency
from catalog.inventory import Inventory
from catalog.opening import open_catalog
from catalog.reference.tables import operator_inventory
from catalog.reference.tables.reading import INVENTORY, shipped
from catalog.storage.facts.native_workloads import native_workloads
from tests.benchmarks.estimator import live, published
from tests.benchmarks.estimator.report import SECTIONS, Extent, report

_REPORT = Path(__file__).parents[3] / "docs" / "bench-estimator.md"


def main() -> int:
    parser = argparse.ArgumentParser(description="How well unmeasured networks are estimated.")
    parser.add_argument("--draws", type=int, default=3, help="Draws of calibration networks for each figure.")
    parser.add_argument("--decisions", type=int, default=100, help="Draws for each replay of decisions.")
    parser.add_argument("--only", default=",".join(SECTIONS), help="Sections, separated by commas.")
    parser.add_argument(
        "--out", type=Path, help="Where the report goes. The default is docs/bench-estimator.md."
    )
    parser.add_argument("--extract", nargs=4, metavar=("MACHINE", "CATALOG_URL", "TARGET", "WORDS"))
    parser.add_argument("--ship", action="store_true", help="Write the usual efficiency of operators.")
    arguments = parser.parse_args()
    if arguments.extract:
        print(f"{live.extract(*arguments.extract)} networks")
        return 0
    if arguments.ship:
        _ship(shipped().folder / INVENTORY)
        return 0
    names = arguments.only.split(",")
    if unknown := [name for name in names if name not in SECTIONS]:
        print(f"unknown section {unknown[0]!r}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    tables = shipped()
    inventory = operator_inventory.read(tables.folder / INVENTORY)
    extent = Extent(arguments.draws, arguments.decisions)
    text = report(published.load(tables, inventory), inventory, names, extent)
    complete = len(names) == len(SECTIONS)
    out = arguments.out or (_REPORT if complete else None)
    if out is not None:
        out.write_text(text)
    print(text)
    return 0


def _ship(path: Path) -> None:
    """Write what all live machines say of the operators of the inventory at `path` into it.

    The networks that a calibration measures are left out. Else they would be known better than others, and a
    calibration that leaves them out in turn would promise too much.
    """
    inventory = operator_inventory.read(path)
    every = [one for machine in live.PATHS for one in live.load(machine)]
    calibrated = _calibrated(inventory)
    efficiency = {
        runtime: usual_efficiency(
            [one.without(calibrated).profiles for one in every if one.runtime is runtime], inventory.operators
        ).logs
        for runtime in sorted({one.runtime for one in every})
    }
    found = replace(inventory, efficiency=efficiency)
    operator_inventory.write(found, operator_inventory.unlisted(path), path)


def _calibrated(inventory: Inventory) -> frozenset[str]:
    """The architectures that the longest calibration measures."""
    with (
        TemporaryDirectory() as folder,
        open_catalog(f"sqlite:///{folder}/catalog.sqlite") as catalog,
        catalog.read() as session,
    ):
        natives = native_workloads(session)
    configurations = Plan(threads=2).configurations
    cases = calibration_cases(natives, inventory, configurations, list, networks=MOST_NETWORKS, budget_s=None)
    return frozenset(case.workload.architecture for case in cases)


if __name__ == "__main__":
    sys.exit(main())
