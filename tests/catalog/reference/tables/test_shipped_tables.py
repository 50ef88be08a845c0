"""The tables that ship, and their counts."""

from collections import defaultdict
from itertools import chain
from pathlib import Path

import pytest

from catalog.entities.identity import architecture_of
from catalog.entities.networks import CountedWorkload, Workload
from catalog.reference.speeds.timm_results import ACCURACY_FILES
from catalog.reference.tables.writing import write_results, write_run_differences, write_timm
from catalog.reference.texts.families import families_of
from catalog.reference.texts.licenses import find_license, license_id
from catalog.words.vocabulary import Form, Precision
from tests.catalog.reference.amounts import ARCHITECTURES, EVALUATIONS, SPEED_TABLES
from tests.reference_tables import WHOLE


def test_the_tables_are_whole() -> None:
    assert len(WHOLE.architectures()) == ARCHITECTURES
    assert {source.name: len(rows) for source, rows in WHOLE.accuracies().items()} == dict.fromkeys(
        ACCURACY_FILES, EVALUATIONS
    )
    assert len(WHOLE.speeds()) == SPEED_TABLES
    assert all(len(rows) > 800 for rows in WHOLE.speeds().values())


def test_the_tables_are_as_they_would_be_written_today(tmp_path: Path) -> None:
    write_timm(WHOLE.architectures(), WHOLE.checkpoints(), WHOLE.workloads(), WHOLE.aliases(), tmp_path)
    write_results(WHOLE.accuracies(), WHOLE.speeds(), tmp_path)
    write_run_differences(WHOLE.run_differences(), tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert written == sorted(path.relative_to(WHOLE.folder) for path in WHOLE.folder.rglob("*.csv"))
    for path in written:
        assert (tmp_path / path).read_bytes() == (WHOLE.folder / path).read_bytes(), path


def test_every_results_file_names_its_revision() -> None:
    files = [path.name for folder in ("accuracy", "published") for path in (WHOLE.folder / folder).iterdir()]
    assert sorted(files) == sorted(WHOLE.sources())
    for source in WHOLE.sources().values():
        assert len(source.blob) == 40
        assert int(source.blob, 16) > 0


def test_every_name_stands_once() -> None:
    for names in (
        [one.name for one in WHOLE.architectures()],
        [one.name for one in WHOLE.checkpoints()],
        [one.workload.id for one in WHOLE.workloads()],
    ):
        assert len(set(names)) == len(names)


def test_every_checkpoint_has_its_architecture() -> None:
    architectures = {one.name for one in WHOLE.architectures()}
    assert {architecture_of(one.name) for one in WHOLE.checkpoints()} <= architectures


def test_every_accuracy_has_its_checkpoint() -> None:
    checkpoints = {one.name for one in WHOLE.checkpoints()}
    for source, accuracies in WHOLE.accuracies().items():
        assert {one.checkpoint for one in accuracies} <= checkpoints, source


def test_every_accuracy_is_a_percentage_and_no_evaluation_stands_twice() -> None:
    accuracies = list(chain.from_iterable(WHOLE.accuracies().values()))
    for one in accuracies:
        assert 0 <= one.top1 <= one.top5 <= 100
        assert one.precision is Precision.FP32
        assert "git blob" in one.source
        assert one.interpolation
        assert 0.5 < one.crop_pct < 1.5
        assert 32 <= one.input_size <= 2048
    keys = {
        (one.checkpoint, one.dataset, one.input_size, one.crop_pct, one.interpolation) for one in accuracies
    }
    assert len(keys) == len(accuracies)


def test_every_name_that_was_given_up_leads_to_an_architecture() -> None:
    architectures = {one.name for one in WHOLE.architectures()}
    assert {architecture_of(new) for new in WHOLE.aliases().values()} <= architectures
    assert architectures.isdisjoint(WHOLE.aliases())


def test_every_architecture_has_a_family_with_its_year_and_paper() -> None:
    for described in WHOLE.architectures():
        known = families_of(described.name, described.family)
        assert known, described.name
        assert known[-1].slug == described.family
        found = described.architecture()
        assert (found.year, found.paper) == (known[0].year, known[0].paper)
        assert {known[0].slug, known[0].kind} <= set(found.tags)


def test_no_licence_is_unread() -> None:
    names = {one.license for one in WHOLE.checkpoints()}
    assert {name for name in names if license_id(name) is not None and find_license(name) is None} == set()
    assert {"apache-2.0", "cc-by-nc-4.0"} <= names


def test_every_architecture_is_counted_by_default_or_says_why_not() -> None:
    counted = {one.workload: one for one in WHOLE.workloads()}
    for described in WHOLE.architectures():
        one = counted[Workload(described.name, described.num_classes, described.native_size)]
        assert (one.counts is None) == bool(one.count_failure or described.failure), described.name


def test_counts_are_sound() -> None:
    known = {one.name for one in WHOLE.architectures()}
    for one in WHOLE.workloads():
        assert one.workload.architecture in known
        assert one.source
        assert one.workload.input_size > 0
        if one.counts is None:
            assert one.count_failure
            continue
        counts = one.counts
        assert min(counts.params_m, counts.gmacs, counts.activations_m) > 0
        assert sum(counts.operators.values()) == pytest.approx(counts.gmacs)
        assert counts.operators.keys() <= counts.operator_calls.keys()
        assert min(counts.operator_calls.values()) > 0
        assert counts.weights_bytes is not None
        assert 4e6 * counts.params_m <= counts.weights_bytes, one.workload.id


@pytest.mark.parametrize(
    ("architecture", "params_m", "gmacs"),
    [
        ("resnet18", 11.689512, 1.82),
        ("resnet50", 25.557032, 4.11),
        ("efficientnet_b0", 5.288548, 0.40),
        ("mobilenetv3_large_100", 5.483032, 0.23),
        ("vit_base_patch16_224", 86.567656, 17.58),
        ("convnext_tiny", 28.589128, 4.47),
        ("repvgg_a0", 8.309384, 1.36),
    ],
)
def test_well_known_networks_have_their_well_known_counts(
    architecture: str, params_m: float, gmacs: float
) -> None:
    (one,) = (
        one
        for one in WHOLE.workloads()
        if (one.workload.architecture, one.workload.form) == (architecture, Form.DEPLOYED)
        if (one.workload.num_classes, one.workload.input_size) == (1000, 224)
    )
    assert one.counts is not None
    assert one.counts.params_m == pytest.approx(params_m, abs=0.01)
    assert one.counts.gmacs == pytest.approx(gmacs, rel=0.05)


def test_folding_branches_makes_a_network_no_larger() -> None:
    forms: dict[tuple[str, int, int], dict[Form, CountedWorkload]] = defaultdict(dict)
    for one in WHOLE.workloads():
        workload = one.workload
        key = (workload.architecture, workload.num_classes, workload.input_size)
        forms[key][workload.form] = one
    folded = {one.name for one in WHOLE.architectures() if one.reparameterised}
    both = {key: pair for key, pair in forms.items() if len(pair) == 2}
    assert {architecture for architecture, *_ in both} <= folded
    for key, pair in both.items():
        deployed, training = pair[Form.DEPLOYED].counts, pair[Form.TRAINING].counts
        if deployed is not None and training is not None:
            assert deployed.params_m <= training.params_m, key
            assert deployed.gmacs <= training.gmacs, key
