"""The catalog that the shipped tables make, against the files that they were made of."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from catalog.entities.identity import architecture_of
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Workload
from catalog.exchange import writing
from catalog.exchange.importing import import_lines
from catalog.opening import open_catalog, upgrade_catalog
from catalog.reference.speeds.published import SpeedTable, describe
from catalog.reference.speeds.timm_results import ACCURACY_FILES
from catalog.reference.texts.licenses import find_license
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.everything import everything
from catalog.storage.facts.facts import find_targets
from catalog.storage.facts.search import ArchitectureQuery, find_architectures
from catalog.storage.tables import (
    AccuracyRow,
    ArchitectureRow,
    CheckpointRow,
    ConfigurationRow,
    MeasurementRow,
    TargetRow,
    ValueRow,
    WorkloadRow,
)
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Device, Form, Provenance, Scenario
from tests.conftest import Databases
from tests.reference_tables import WHOLE, write_part


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """An SQLite catalog of the whole tables, for reading alone."""
    path = tmp_path_factory.mktemp("shipped") / "catalog.sqlite"
    with open_catalog(f"sqlite:///{path}", WHOLE) as catalog:
        yield catalog


def test_the_catalog_holds_as_much_as_the_tables(shipped: Catalog) -> None:
    def stored(table: type[object]) -> int:
        return session.scalar(select(func.count()).select_from(table)) or 0

    with shipped.read() as session:
        assert stored(ArchitectureRow) == len(WHOLE.architectures())
        assert stored(CheckpointRow) == len(WHOLE.checkpoints())
        assert stored(WorkloadRow) == len(WHOLE.workloads())
        assert stored(AccuracyRow) == sum(map(len, WHOLE.accuracies().values()))
        assert stored(TargetRow) == 4


def test_the_published_targets_are_four(shipped: Catalog) -> None:
    with shipped.read() as session:
        found = find_targets(session)
    assert {target.id: target.kind for target in found} == {
        "i9-10940x": Device.CPU,
        "rtx-3090": Device.CUDA,
        "rtx-4090": Device.CUDA,
        "rtx-pro-6000-max-q": Device.CUDA,
    }


def test_every_architecture_is_found_with_its_counts_family_and_year(shipped: Catalog) -> None:
    with shipped.read() as session:
        found = find_architectures(session, ArchitectureQuery(), limit=10_000)
    failed = {one.workload for one in WHOLE.workloads() if one.counts is None}
    for summary in found:
        architecture = summary.architecture
        assert architecture.year is not None
        assert architecture.family is not None
        assert architecture.tags
        if summary.counted is None:
            assert architecture.num_classes is not None
            assert architecture.native_size is not None
            assert Workload(architecture.name, architecture.num_classes, architecture.native_size) in failed


def test_nothing_commercial_is_allowed_by_a_licence_that_forbids_it(shipped: Catalog) -> None:
    with shipped.read() as session:
        rows = session.execute(select(CheckpointRow.license, CheckpointRow.commercial_use).distinct()).all()
    for name, allowed in rows:
        reading = find_license(name)
        assert allowed is None or (reading is not None and reading.commercial_use is allowed), name
    assert {allowed for _, allowed in rows} == {True, False, None}


class Line(NamedTuple):
    """A line of a published table as it stands in the file; `architecture` is today's name."""

    architecture: str
    input_size: int
    batch_size: int
    images_per_s: float
    step_ms: float
    params_m: float


class Stored(NamedTuple):
    workload: Workload
    params_m: float | None
    configuration: ConfigurationRow
    target: str
    values: Mapping[str, float | None]


PUBLISHED = sorted(set(WHOLE.sources()) - set(ACCURACY_FILES))


def lines_of(folder: Path, name: str) -> list[Line]:
    aliases = WHOLE.aliases()
    with (folder / "published" / name).open(newline="") as file:
        return [
            Line(
                architecture_of(aliases.get(row["model"], row["model"])),
                int(row["input_size"]),
                int(row["batch_size"]),
                float(row["images_per_s"]),
                float(row["step_ms"]),
                float(row["params_m"]),
            )
            for row in csv.DictReader(file)
        ]


def stored_of(catalog: Catalog, name: str) -> list[Stored]:
    """The catalog's measurements whose source is the table `name`."""
    with catalog.read() as session:
        rows = session.execute(
            select(MeasurementRow, WorkloadRow, ConfigurationRow)
            .join(WorkloadRow, MeasurementRow.workload == WorkloadRow.id)
            .join(ConfigurationRow, MeasurementRow.configuration == ConfigurationRow.id)
            .where(MeasurementRow.source == str(WHOLE.sources()[name]))
        ).all()
        values: dict[str, dict[str, float | None]] = defaultdict(dict)
        ids = select(MeasurementRow.id).where(MeasurementRow.source == str(WHOLE.sources()[name]))
        for value in session.scalars(select(ValueRow).where(ValueRow.measurement.in_(ids))):
            values[value.measurement][value.metric] = value.value
        return [
            Stored(
                Workload(
                    workload.architecture, workload.num_classes, workload.input_size, Form(workload.form)
                ),
                workload.params_m,
                configuration,
                measurement.target,
                values[measurement.id],
            )
            for measurement, workload, configuration in rows
        ]


def speeds_of(line: Line, table: SpeedTable) -> dict[str, float]:
    """What the catalog should say of a line."""
    if table.scenario is Scenario.TRAINING:
        return {Metric.TRAIN_THROUGHPUT_IPS: line.images_per_s}
    if line.batch_size > 1:
        return {Metric.THROUGHPUT_IPS: line.images_per_s}
    return {Metric.THROUGHPUT_IPS: line.images_per_s, Metric.LATENCY_MS: line.step_ms}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_measurements_are_lines_of_their_table(shipped: Catalog, name: str) -> None:
    table = describe(name)
    lines: dict[tuple[str, int, int], list[Line]] = defaultdict(list)
    for line in lines_of(WHOLE.folder, name):
        lines[line[:3]].append(line)
    found = stored_of(shipped, name)
    assert found
    for one in found:
        key = (one.workload.architecture, one.workload.input_size, one.configuration.batch_size)
        same = [line for line in lines[key] if speeds_of(line, table) == one.values]
        assert same, (name, key)
        assert one.params_m is not None
        assert any(abs(line.params_m - one.params_m) < 0.0051 for line in same), (name, key)
        assert one.target == table.target.id
        assert one.configuration.precision == table.precision
        assert one.configuration.layout == table.layout
        assert one.configuration.compiled == table.compiled
        assert one.configuration.scenario == table.scenario
        fitting = one.configuration.batch_policy == BatchPolicy.LARGEST_FITTING
        assert fitting == (table.target.kind is Device.CUDA)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_line_of_a_counted_network_is_in_the_catalog(shipped: Catalog, name: str) -> None:
    table = describe(name)
    stored: dict[tuple[str, int, int], list[Stored]] = defaultdict(list)
    for one in stored_of(shipped, name):
        stored[one.workload.architecture, one.workload.input_size, one.configuration.batch_size].append(one)
    counted: dict[tuple[str, int], list[float]] = defaultdict(list)
    for workload in WHOLE.workloads():
        if workload.counts is not None:
            key = (workload.workload.architecture, workload.workload.input_size)
            counted[key].append(workload.counts.params_m)
    lines = lines_of(WHOLE.folder, name)
    times = Counter(line[:3] for line in lines)
    for line in lines[::7]:
        known = any(abs(line.params_m - params_m) < 0.005 for params_m in counted[line[:2]])
        found = [one for one in stored[line[:3]] if one.values == speeds_of(line, table)]
        if times[line[:3]] == 1:  # else another checkpoint's line may speak for the network
            assert bool(found) == known, (name, line)
        elif known:
            assert stored[line[:3]], (name, line)


def test_no_published_latency_is_of_a_batch(shipped: Catalog) -> None:
    with shipped.read() as session:
        batches = session.scalars(
            select(ConfigurationRow.batch_size)
            .join(MeasurementRow, MeasurementRow.configuration == ConfigurationRow.id)
            .join(ValueRow, ValueRow.measurement == MeasurementRow.id)
            .where(ValueRow.metric == Metric.LATENCY_MS)
            .distinct()
        )
        assert set(batches) == {1}


def test_most_of_the_published_lines_find_their_network(shipped: Catalog) -> None:
    with shipped.read() as session:
        rows = session.execute(select(MeasurementRow.source, func.count()).group_by(MeasurementRow.source))
        stored = {source: number for source, number in rows}  # noqa: C416 - rows are no pairs to mypy
    lines = {str(source): len(rows) for source, rows in WHOLE.speeds().items()}
    assert stored.keys() == lines.keys()
    for source, number in stored.items():
        assert 0.7 * lines[source] < number <= lines[source], source


def test_the_candidates_of_a_published_target_have_accuracy_and_speed(shipped: Catalog) -> None:
    with shipped.read() as session:
        columns = candidate_columns(session, "rtx-4090", [Provenance.PUBLISHED])
    rows = [row for row in range(len(columns)) if columns.checkpoint[row] == "resnet50.a1_in1k"]
    at_native = [row for row in rows if columns.input_size[row] == 224]
    assert at_native
    for row in at_native:
        assert columns.metrics[Metric.TOP1].value[row] == pytest.approx(80.2, abs=0.5)
        assert columns.metrics[Metric.TOP1_A].value[row] > 0
        assert columns.metrics[Metric.SIZE_MB].value[row] == pytest.approx(102.4, abs=0.5)
        assert columns.metrics[Metric.THROUGHPUT_IPS].value[row] > 1000
        assert columns.commercial_use[row] is True


def test_every_fact_and_a_target_go_to_postgresql_and_come_back_the_same(
    shipped: Catalog, databases: Databases, tmp_path: Path
) -> None:
    """The measurements of the other targets are of the same kind, and take most of a minute."""
    with shipped.read() as session:
        records = (
            record
            for record in everything(session)
            if not isinstance(record, Measurement) or record.target.id == "i9-10940x"
        )
        exported = list(writing.lines_of(records))
    nothing = write_part(tmp_path, frozenset())
    with upgrade_catalog(databases.empty("postgresql"), nothing) as other:
        summary = import_lines(other, exported, facts=True)
        assert summary.new_measurements == summary.records["measurement"] > 0
        with other.read() as session:
            assert list(writing.export_lines(session)) == exported
