"""Thirty rows of a table of hardware that archrank has never seen, and estimates of all others on it."""

import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from app.calibrating.refitting import refit
from app.presentation.requests.questions import question_of, request_of
from app.questions.answers.recommend import recommend
from catalog.opening import open_catalog
from catalog.reference.speeds.timm_results import SourceFile, SpeedRow
from catalog.reference.tables.loading import store_results
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_basis, find_estimates
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance
from tests.reference_tables import WHOLE

TABLE = SourceFile("benchmark-infer-fp32-nchw-pt240-cpu-toychip-dynamo.csv", "0" * 40)
TARGET = "timm-toychip-cpu"
SHOWN = 30


def slowed(row: SpeedRow) -> SpeedRow:
    """The row on a made chip: small networks take longer than on the i9, and each deviates by up to 6 %."""
    deviation = 1 + 0.06 * ((crc32(row.model.encode()) % 1000) / 500 - 1)
    ms = 2.0 * row.step_ms**0.93 * deviation
    return replace(row, step_ms=ms, images_per_s=1e3 / ms)


@pytest.fixture(scope="module")
def table() -> tuple[SpeedRow, ...]:
    """The whole table of the chip, in random order."""
    (source,) = [one for one in WHOLE.speeds() if "pt240-cpu-i9" in one.name]
    rows = [slowed(row) for row in WHOLE.speeds()[source] if row.batch_size == 1]
    random.Random(5).shuffle(rows)
    return tuple(rows)


@pytest.fixture(scope="module")
def catalog(
    path: Path, table: tuple[SpeedRow, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Catalog]:
    """The shipped catalog with the first rows of the table, and what follows from them."""
    file = tmp_path_factory.mktemp("hardware") / "catalog.sqlite"
    shutil.copy(path, file)
    with open_catalog(f"sqlite:///{file}", WHOLE) as opened:
        with opened.write() as session:
            store_results(session, {}, {TABLE: table[:SHOWN]}, WHOLE)
        refit(opened, [TARGET])
        yield opened


@pytest.fixture(scope="module")
def estimated(catalog: Catalog) -> Mapping[tuple[str, int], tuple[float, float, float]]:
    """The estimate of the latency with its interval, by architecture and size."""
    with catalog.read() as session:
        return {
            (one.workload.architecture, one.workload.input_size): (one.value, one.low or 0, one.high or 0)
            for _, one in find_estimates(session, TARGET)
            if one.metric is Metric.LATENCY_MS and one.value is not None
        }


def test_rows_that_were_kept_back_lie_in_their_intervals(
    estimated: Mapping[tuple[str, int], tuple[float, float, float]], table: tuple[SpeedRow, ...]
) -> None:
    kept = {
        (row.model.partition(".")[0], row.input_size): row.step_ms
        for row in table[SHOWN:]
        if (row.model.partition(".")[0], row.input_size) in estimated
    }
    assert len(kept) > 500
    truth = np.array(list(kept.values()))
    value, low, high = np.array([estimated[name] for name in kept]).T
    assert np.median(np.abs(value / truth - 1)) < 0.06
    assert 0.85 < ((low <= truth) & (truth <= high)).mean() <= 1


def test_the_whole_field_is_ranked_and_says_what_was_estimated(catalog: Catalog) -> None:
    body = {"target": TARGET, "budget": {"latency_ms": {"max": 40}}, "limit": 20}
    answer = recommend(catalog, question_of(request_of(body)))
    assert answer.not_considered.counts.on_target > 1300
    provenances = {answer.columns.measurement[one.row].provenance for one in answer.recommendations}
    assert Provenance.ESTIMATED in provenances
    assert provenances <= {Provenance.ESTIMATED, Provenance.PUBLISHED}


def test_the_hardware_that_is_most_alike_is_named(catalog: Catalog) -> None:
    with catalog.read() as session:
        basis = find_basis(session, TARGET)
    assert basis is not None
    first = basis.accuracies[0].similar[0]
    assert first.target == "i9-10940x"
    assert SHOWN - 5 <= first.networks <= SHOWN
    assert first.spread < 0.15
