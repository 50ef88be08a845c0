"""The remedy of each unknown number is run, and the number is there afterwards."""

import re
from pathlib import Path

import pytest

from catalog import host as this_host
from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.words.metrics import DATASETS, Metric, Subject
from catalog.words.vocabulary import Precision
from tests.builders import make_measurement, store_measurements
from tests.conftest import Databases
from tests.remedies.host import FakeHost, host_at

PERCENTILES = (Metric.LATENCY_P90_MS, Metric.LATENCY_P95_MS, Metric.LATENCY_P99_MS)
OF_TRAINING = (Metric.TRAIN_THROUGHPUT_IPS, Metric.TRAIN_MEMORY_MB)
OF_INFERENCE = (
    Metric.LATENCY_MS,
    Metric.LATENCY_MET_MS,
    Metric.THROUGHPUT_IPS,
    Metric.PEAK_MEMORY_MB,
    *PERCENTILES,
)
# Beyond every number, on the side that keeps it.
WIDE = {"lower": {"max": 1e12}, "higher": {"min": 0.0}}


def bound(metric: Metric) -> dict[str, object]:
    return {metric: WIDE[metric.direction]}


def commands(remedy: str) -> list[str]:
    """The commands that a remedy names, in their order."""
    return re.findall(r"`(archrank [^`]+)`", remedy)


def lacking(host: FakeHost, metric: Metric) -> tuple[int, str]:
    """How many candidates lack the number here, and the remedy."""
    answer = host.ask(target=this_host.LOCAL, budget=bound(metric))
    return answer["unknown"].get(metric, 0), answer["unknown_remedies"].get(metric, "")


@pytest.mark.parametrize("metric", PERCENTILES)
def test_a_missing_percentile_is_measured(host: FakeHost, metric: Metric) -> None:
    host.done("archrank profile resnet18 mobilenetv3_large_100 --processes 1 --max-blocks 2")
    before, remedy = lacking(host, metric)
    assert before > 0
    (command,) = commands(remedy)
    assert f"--percentile {metric.removeprefix('latency_p').removesuffix('_ms')}" in command
    host.done(command)
    # The other runtime has a command of its own.
    after, remedy = lacking(host, metric)
    assert after < before
    host.done(*commands(remedy))
    assert lacking(host, metric) == (0, "")


@pytest.mark.parametrize("metric", OF_INFERENCE)
def test_what_was_measured_in_training_alone_is_measured_in_inference(host: FakeHost, metric: Metric) -> None:
    host.done("archrank profile resnet18 --train")
    before, remedy = lacking(host, metric)
    assert before > 0
    (command,) = commands(remedy)
    host.done(command)
    answer = host.ask(target=this_host.LOCAL, budget=bound(metric))
    assert answer["outcome"] == "fits"


@pytest.mark.parametrize("metric", OF_TRAINING)
def test_what_was_measured_in_inference_alone_is_measured_in_training(host: FakeHost, metric: Metric) -> None:
    host.done("archrank profile resnet18")
    _, remedy = lacking(host, metric)
    (command,) = commands(remedy)
    host.done(command)
    assert host.ask(target=this_host.LOCAL, budget=bound(metric))["outcome"] == "fits"


@pytest.mark.parametrize("metric", [metric for metric in Metric if metric.subject is Subject.WORKLOAD])
def test_what_was_not_counted_is_counted(host: FakeHost, metric: Metric) -> None:
    with open_catalog(host.url) as catalog:
        measure(catalog, "resnet18", input_size=200)
    before, remedy = lacking(host, metric)
    assert before > 0
    (command,) = commands(remedy)
    host.done(command)
    assert lacking(host, metric)[0] == 0


def measure(catalog: Catalog, name: str, **fields: object) -> None:
    """Store a measurement of this machine."""
    store_measurements(
        catalog,
        make_measurement(name, target=this_host.local_target(), threads=1, **fields),  # type: ignore[arg-type]
    )


def test_a_missing_size_is_that_of_the_file_that_is_made(host: FakeHost) -> None:
    with open_catalog(host.url) as catalog:
        measure(catalog, "resnet18", size_bytes=None)
    before, remedy = lacking(host, Metric.SIZE_MB)
    assert before > 0
    host.done(*commands(remedy))
    newest = host.measurements()[0]
    assert newest.artefact is not None  # a fake one, of a few bytes, which no answer believes


def test_a_processor_has_no_memory_of_its_own(host: FakeHost) -> None:
    host.done("archrank profile resnet18")
    _, remedy = lacking(host, Metric.DEVICE_MEMORY_MB)
    assert remedy == "A processor has no memory of its own. Bound peak_memory_mb."
    assert lacking(host, Metric.PEAK_MEMORY_MB)[0] == 0


@pytest.mark.parametrize("metric", DATASETS)
def test_an_accuracy_is_not_promised_and_the_card_lists_the_sizes(host: FakeHost, metric: Metric) -> None:
    with open_catalog(host.url) as catalog:
        measure(catalog, "resnet18", input_size=200)
    _, remedy = lacking(host, metric)
    if metric.subject is Subject.WORKLOAD or "not counted" in remedy:
        return
    assert "archrank evaluates none" in remedy
    (command,) = commands(remedy)
    assert re.search(r"resnet18\.\w+ +224", host.done(command))


def test_an_int8_file_has_no_accuracy_and_no_command(host: FakeHost) -> None:
    with open_catalog(host.url) as catalog:
        measure(catalog, "resnet18", precision=Precision.INT8)
    _, remedy = lacking(host, Metric.TOP1)
    assert "int8" in remedy
    assert commands(remedy) == []


def test_a_number_of_other_hardware_is_measured_there_and_imported(
    host: FakeHost, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = host.ask(target="i9-10940x", budget=bound(Metric.PEAK_MEMORY_MB))
    assert answer["outcome"] == "all_unknown"
    command, export, import_, targets = commands(answer["unknown_remedies"][Metric.PEAK_MEMORY_MB])
    file = str(tmp_path / "there.jsonl")
    there = host_at(databases.full("sqlite"), tmp_path / "there", monkeypatch)
    there.done(command)
    there.done(export.replace("FILE", file))
    host.install(monkeypatch)
    host.done(import_.replace("FILE", file))
    assert this_host.local_target().id in host.done(targets)
    assert host.ask(target=this_host.LOCAL, budget=bound(Metric.PEAK_MEMORY_MB))["outcome"] == "fits"
