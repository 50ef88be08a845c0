"""How fast the page is: `make bench-page`, which writes docs/bench-page.md.

python -m tests.benchmarks.page [--tries N]

Chromium opens the page of a served catalog that has a measurement of every architecture on this machine, so
the chart draws all of them that have an accuracy. Server and browser share the processors, as on a laptop.
Run it on a quiet machine: it reports what a clock shows.
"""

import argparse
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp
from os import cpu_count, environ, getloadavg
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from catalog.entities.measurements import Measurement
from catalog.host import local_target
from catalog.opening import open_catalog
from catalog.reference.tables.reading import shipped
from catalog.storage.database import ReadSession
from catalog.storage.facts.search import ArchitectureQuery, find_architectures
from catalog.storage.measurements.adding import add_measurements
from tests.benchmarks.machine import ROOT, commit, processor
from tests.builders import make_measurement

_REPORT = ROOT / "docs" / "bench-page.md"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUESTION = "/?target=local&latency_ms=40&confidence=0.9"
_PATIENCE_MS = 120_000
_SEED, _MOST_NETWORKS = 18, 10_000
_ATTEMPTS = 600  # of ten in a second
# The goals: what a first visit fetches, when it is ready, and how soon an update is seen.
_MOST_MB, _MOST_READY_MS, _MOST_UPDATE_MS = 1.8, 2000.0, 150.0
_SETTLED = "document.querySelector('#plot').dataset.drawn"
# When the page can be used: it is parsed, its scripts have run, and sliders follow the hand.
_READY = """() => {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation.domContentLoadedEventEnd;
}"""
_FETCHED = """() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
  .map((entry) => entry.transferSize).reduce((sum, size) => sum + size, 0)"""
# From the move of a slider to the frame that shows the answer to it.
_UPDATE = """(value) => new Promise((seen) => {
  const slider = document.querySelector(".slider[data-for=f-latency_ms]");
  performance.clearMeasures();
  const started = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const look = () => {
    const [shown] = performance.getEntriesByName("show").slice(-1);
    if (!shown) return requestAnimationFrame(look);
    const part = (name) => performance.getEntriesByName(name).reduce((sum, one) => sum + one.duration, 0);
    const parts = { answer: part("answer"), show: part("show"), nudge: part("nudge") };
    return seen({ whole: performance.now() - started, ...parts });
  };
  requestAnimationFrame(look);
})"""


@dataclass(frozen=True)
class Row:
    """A quantity with the numbers of its tries, in a unit, and what it may be at most."""

    title: str
    numbers: Sequence[float]
    unit: str
    goal: float | None = None

    def line(self) -> str:
        """The row as Markdown."""
        middle, digits = statistics.median(self.numbers), 2 if self.unit == "MB" else 0
        goal = "" if self.goal is None else f"{self.goal:g} {self.unit}"
        kept = "" if self.goal is None else ("yes" if middle <= self.goal else "no")
        return (
            f"| {self.title} | {middle:.{digits}f} | {min(self.numbers):.{digits}f} to "
            f"{max(self.numbers):.{digits}f} | {self.unit} | {len(self.numbers)} | {goal} | {kept} |"
        )


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a server in a process of its own, and how many architectures its catalog measured."""
    url = f"sqlite:///{folder / 'catalog.sqlite'}"
    with open_catalog(url) as catalog:
        with catalog.read() as session:
            measured = list(_measured_here(session))
        with catalog.write() as session:
            add_measurements(session, measured)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-c", "from catalog.command import main; main()", "serve", "--port", port]
    variables = {**environ, "ARCHRANK_CATALOG_URL": url, "ARCHRANK_LOG": "off"}
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}{_QUESTION}")  # the candidates are loaded once
        yield address, len(measured)
    finally:
        server.terminate()
        server.wait()


def _measured_here(session: ReadSession) -> Iterator[Measurement]:
    """A measurement of every architecture on this machine, at the size of its best accuracy."""
    drawn = random.Random(_SEED)
    for network in find_architectures(session, ArchitectureQuery(), limit=_MOST_NETWORKS):
        best, latency = network.most_accurate, exp(drawn.gauss(3, 1))
        size = 224 if best is None else best.input_size
        yield make_measurement(
            network.architecture.name,
            latency,
            latency / 1.05,
            latency * 1.05,
            input_size=size,
            target=local_target(),
        )


def _wait_for(address: str) -> None:
    """Until the server answers.

    Raises:
        URLError: it does not, within a minute.
    """
    for attempt in range(_ATTEMPTS):
        try:
            urlopen(address).read()
        except URLError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.1)
        else:
            return


def first_visit(browser: Browser, address: str) -> tuple[float, float, float]:
    """The megabytes of a first visit, and after how many milliseconds it is ready, and its chart drawn."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{address}{_QUESTION}")
    page.wait_for_selector("#plot[data-drawn]")
    drawn = page.evaluate(
        "performance.getEntriesByName('chart').map((one) => one.startTime + one.duration)[0]"
    )
    numbers = float(page.evaluate(_FETCHED)) / 1e6, float(page.evaluate(_READY)), float(drawn)
    context.close()
    return numbers


def updates(page: Page, address: str, tries: int) -> list[dict[str, float]]:
    """What each of some moves of the slider took, in milliseconds, from the hand to the frame."""
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{address}{_QUESTION}")
    page.wait_for_selector("#plot[data-drawn]")
    moves = []
    for move in range(tries + 2):
        before = page.evaluate(_SETTLED)
        moves.append(page.evaluate(_UPDATE, 90 + 3 * (move % 20)))
        # Plotly draws when the slider has rested, and the next move begins at rest.
        page.wait_for_selector(f"#plot:not([data-drawn='{before}'])")
    return moves[2:]  # the first ones compile


def report(rows: Sequence[Row], architectures: int) -> str:
    """The report as Markdown."""
    now = f"{datetime.now(UTC):%Y-%m-%d}"
    return "\n".join(
        [
            "# How fast the page is",
            "",
            f"Written by `make bench-page` on {now}, {commit()}. {cpu_count()} CPUs ({processor()}), which "
            f"server and Chromium share. Load average {getloadavg()[0]:.1f} at the end.",
            f"The catalog has a measurement of {architectures:,} architectures on the target. Each number is "
            "the median of its tries. A first visit is that of a browser that has fetched nothing before. A "
            "load average above 2 says that other programs ran too: then the times say little.",
            "",
            "| | median | from, to | unit | tries | goal | kept |",
            "|---|--:|--:|---|--:|--:|---|",
            *(row.line() for row in rows),
            "",
        ]
    )


def measured(address: str, tries: int) -> list[Row]:
    """All rows of the report."""
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        raise SystemExit("Install Chromium: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        visits = [first_visit(browser, address) for _ in range(tries)]
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        moves = updates(page, address, 3 * tries)
        balls = page.locator("#plot path.point").count()
        browser.close()

    def of(name: str) -> list[float]:
        return [move[name] for move in moves]

    return [
        Row("first visit, compressed", [visit[0] for visit in visits], "MB", _MOST_MB),
        Row(
            "first visit until the page answers to the hand",
            [visit[1] for visit in visits],
            "ms",
            _MOST_READY_MS,
        ),
        Row(f"first visit until {balls:,} balls are drawn", [visit[2] for visit in visits], "ms"),
        Row("slider, from the hand to the frame", of("whole"), "ms", _MOST_UPDATE_MS),
        Row("of which: until the server's page is parsed", of("answer"), "ms"),
        Row("of which: exchanging the parts", of("show"), "ms"),
        Row("of which: moving the balls", of("nudge"), "ms"),
    ]


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=7, help="visits, and a third of the moves")
    parser.add_argument("--output", type=Path, default=_REPORT)
    arguments = parser.parse_args()
    shipped()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (address, architectures):
        text = report(measured(address, arguments.tries), architectures)
    arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
