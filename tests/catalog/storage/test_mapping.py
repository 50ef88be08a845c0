import pytest

from catalog.entities.configurations import Environment
from catalog.entities.networks import Architecture, Checkpoint, CountedWorkload, Stage
from catalog.storage.mapping import (
    architecture_from_row,
    checkpoint_from_row,
    counted_from_row,
    entity_from_row,
)
from catalog.storage.tables import ArchitectureRow, CheckpointRow, EnvironmentRow, WorkloadRow
from catalog.words.vocabulary import Form
from tests.builders import make_workload


@pytest.mark.parametrize("missing", ["params_m", "gmacs", "activations_m"])
def test_counts_are_all_known_or_absent(missing: str) -> None:
    row = WorkloadRow(
        architecture="toynet",
        form="deployed",
        num_classes=1000,
        input_size=224,
        in_chans=3,
        params_m=1.0,
        gmacs=1.0,
        activations_m=1.0,
        operators=None,
        count_failure=None,
    )
    complete = counted_from_row(row).counts
    assert complete is not None
    assert complete.operators == {}
    setattr(row, missing, None)
    assert counted_from_row(row) == CountedWorkload(make_workload(form=Form.DEPLOYED), None)


def test_a_row_becomes_the_entity_with_its_fields() -> None:
    row = EnvironmentRow(id="0123", runtime_version="2.9.1", driver="CUDA 13.0", kernel=None, governor=None)
    assert entity_from_row(Environment, row) == Environment("2.9.1", "CUDA 13.0")


def test_what_is_unknown_of_a_checkpoint_or_architecture_is_an_empty_tuple() -> None:
    checkpoint = CheckpointRow(name="toynet.v1", architecture="toynet", num_classes=1000, license="mit")
    assert checkpoint_from_row(checkpoint) == Checkpoint("toynet.v1", "toynet", 1000, "mit")
    assert architecture_from_row(ArchitectureRow(name="toynet")) == Architecture("toynet")


def test_the_stages_of_an_architecture_come_back_from_json_as_stages() -> None:
    row = ArchitectureRow(name="toynet", tags=["toynets"], stages=[[4, 64], [8, 128]])
    assert architecture_from_row(row) == Architecture(
        "toynet", tags=("toynets",), stages=(Stage(4, 64), Stage(8, 128))
    )
