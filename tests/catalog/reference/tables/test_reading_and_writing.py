from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from catalog.entities.networks import CountedWorkload, Stage
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.speeds.timm_results import ACCURACY_FILES, SourceFile, SpeedRow
from catalog.reference.tables.reading import ReferenceTables
from catalog.reference.tables.writing import write_results, write_timm
from catalog.words.vocabulary import Dataset, Form
from tests.builders import (
    make_accuracy,
    make_counted_workload,
)

IMAGENET = SourceFile("results-imagenet.csv", "0" * 40)
SPEEDS = SourceFile("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv", "1" * 40)
RESNET18 = SpeedRow("resnet18", 224, 1024, 3000.0, 341.3, 11.69)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


ARCHITECTURES = [
    TimmArchitecture("a", "module", None, 0, 224),
    TimmArchitecture(
        "b",
        "module",
        "v1",
        1000,
        288,
        fixed_input=True,
        reparameterised=False,
        stages=(Stage(4, 64), Stage(32, 2048)),
    ),
    TimmArchitecture("c", "module", "v1", 21841, 224, failure='no "operator", \nat all'),
]
CHECKPOINTS = [
    TimmCheckpoint("b.v1", 1000, 224),
    TimmCheckpoint("b.v2", 21841, 384, "apache-2.0", "timm/b.v2"),
]
WORKLOADS: list[CountedWorkload] = [
    make_counted_workload(
        "b",
        params_m=11.689512,
        gmacs=1.814073344,
        activations_m=2.481152,
        operators={"conv": 1.813561344, "linear": 0.000512},
        operator_calls={"conv": 20, "linear": 1, "relu": 17},
        weights_bytes=46_807_446,
    ),
    make_counted_workload("b", form=Form.TRAINING),
    make_counted_workload("c", count_failure='no "operator", \nat all'),
]
ALIASES = {"old_b": "b.v1", "tf_b": "b"}


def test_what_timm_says_comes_back_as_it_was_written(tmp_path: Path) -> None:
    tables = ReferenceTables(tmp_path)
    write_timm(ARCHITECTURES, CHECKPOINTS, WORKLOADS, ALIASES, tmp_path)
    assert tables.architectures() == ARCHITECTURES
    assert tables.checkpoints() == CHECKPOINTS
    assert tables.workloads() == WORKLOADS
    assert tables.aliases() == ALIASES


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    tables = ReferenceTables(tmp_path)
    accuracies = {
        SourceFile(name, f"{number:040}"): [
            make_accuracy(
                "a.v1",
                top1=1 / 3,
                top5=200 / 3,
                dataset=dataset,
                source=str(SourceFile(name, f"{number:040}")),
            )
        ]
        for number, (name, dataset) in enumerate(ACCURACY_FILES.items())
    }
    speeds = {SPEEDS: [RESNET18, replace(RESNET18, model='a "net", so called')]}
    write_results(accuracies, {SPEEDS: speeds[SPEEDS][::-1]}, tmp_path)
    assert tables.accuracies() == accuracies
    assert {source: sorted(rows, key=lambda row: row.model) for source, rows in tables.speeds().items()} == {
        SPEEDS: sorted(speeds[SPEEDS], key=lambda row: row.model)
    }
    assert set(tables.sources().values()) == {*accuracies, SPEEDS}


def test_written_tables_are_the_same_whatever_the_order_given(tmp_path: Path) -> None:
    accuracies = [
        make_accuracy(name, input_size=size, crop_pct=crop)
        for name in ("b.v1", "a.v1")
        for size in (1024, 224)
        for crop in (1.0, 0.9)
    ]
    speeds = [replace(RESNET18, model=name, input_size=size) for name in "ba" for size in (1024, 224)]
    other = SourceFile("results-sketch.csv", "2" * 40)
    for name, step in (("one", 1), ("other", -1)):
        write_timm(
            ARCHITECTURES[::step],
            CHECKPOINTS[::step],
            WORKLOADS[::step],
            dict(list(ALIASES.items())[::step]),
            tmp_path / name,
        )
        write_results(
            dict.fromkeys((IMAGENET, other)[::step], accuracies[::step]),
            {SPEEDS: speeds[::step]},
            tmp_path / name,
        )
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_empty_tables_come_back_empty(tmp_path: Path) -> None:
    tables = ReferenceTables(tmp_path)
    write_timm([], [], [], {}, tmp_path)
    write_results({IMAGENET: []}, {SPEEDS: []}, tmp_path)
    found: list[Sequence[object]] = [
        tables.architectures(),
        tables.checkpoints(),
        tables.workloads(),
        list(tables.aliases()),
    ]
    assert found == [[], [], [], []]
    assert (tables.accuracies(), tables.speeds()) == ({IMAGENET: []}, {SPEEDS: []})


def test_an_accuracy_table_says_which_data_set_it_is_of(tmp_path: Path) -> None:
    tables = ReferenceTables(tmp_path)
    sources = [SourceFile(name, "0" * 40) for name in ACCURACY_FILES]
    write_results({source: [make_accuracy()] for source in sources}, {}, tmp_path)
    found = {source.name: rows[0].dataset for source, rows in tables.accuracies().items()}
    assert found == dict(ACCURACY_FILES)
    assert set(found.values()) == set(Dataset)
