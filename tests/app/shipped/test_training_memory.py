"""The memory of training that is estimated from counts, held against the shipped runs of training.

A published run has the largest batch that fitted into the card: it shrank from 512 images until it did. So a
power of two above it did not fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import pytest

from app.training.memory import memory_need
from app.training.network import Network
from catalog.entities.measurements import TrainingRun
from catalog.opening import open_catalog
from catalog.reference.texts.families import families, families_of
from catalog.reference.texts.recipes import custom_of
from catalog.storage.measurements.training_runs import training_runs
from tests.reference_tables import WHOLE

LARGEST_TRIED = 512
CARD_MB = 24 * 2**30 / 1e6
# The factors of app/training/memory.py were chosen on every second family.
CHOOSING = set(sorted(families())[::2])
# The runs trained by SGD with momentum, as ResNet does.
SGD = custom_of("resnet50", "resnet").recipe.course
ATTENTION_KINDS = {"transformer", "mlp"}


@dataclass(frozen=True)
class Shrunk:
    """A published run whose batch had to shrink, and its network without runs."""

    network: Network
    run: TrainingRun

    @property
    def slug(self) -> str:
        return families_of(self.network.architecture, self.network.family)[0].slug

    @property
    def attends(self) -> bool:
        return families()[self.slug].kind in ATTENTION_KINDS


@pytest.fixture(scope="session")
def runs(path: Path) -> Mapping[str, tuple[TrainingRun, ...]]:
    with open_catalog(f"sqlite:///{path}", WHOLE) as catalog, catalog.read() as session:
        return training_runs(session)


@pytest.fixture(scope="session")
def shrunk(runs: Mapping[str, tuple[TrainingRun, ...]]) -> list[Shrunk]:
    modules = {one.name: one.family for one in WHOLE.architectures()}
    params = {
        (one.workload.architecture, one.workload.input_size): one.counts.params_m
        for one in WHOLE.workloads()
        if one.counts is not None
    }
    return [
        Shrunk(
            Network(
                name,
                modules[name],
                run.input_size,
                params[name, run.input_size],
                run.activations_m,
            ),
            run,
        )
        for name, found in runs.items()
        for run in found
        if run.batch_size < LARGEST_TRIED and run.target == "rtx-3090"
    ]


def batch_of(network: Network) -> int:
    """The largest power of two that fits into the card by the counts, 0 where not even one image does."""
    need = memory_need(network, SGD)
    assert need is not None
    assert "estimated from counts" in need.provenance
    batch = 1
    while need.at_batch(batch) <= CARD_MB:
        batch *= 2
    return batch // 2


@pytest.mark.parametrize("choosing", [True, False])
@pytest.mark.parametrize("attends", [True, False])
def test_few_batches_that_counts_allow_did_not_fit(
    shrunk: list[Shrunk], attends: bool, choosing: bool
) -> None:
    part = [one for one in shrunk if one.attends is attends and (one.slug in CHOOSING) is choosing]
    wrong = [one for one in part if batch_of(one.network) > one.run.batch_size]
    assert len(part) > 100
    assert len(wrong) <= 0.02 * len(part)


def test_at_most_is_a_third_too_much_as_a_rule(shrunk: list[Shrunk]) -> None:
    over = []
    for one in shrunk:
        need = memory_need(one.network, SGD)
        assert need is not None
        over.append(need.at_batch(one.run.batch_size) / CARD_MB)
    assert 1 < median(over) < 1.4


def test_no_run_took_less_than_one_image_takes_at_least(shrunk: list[Shrunk]) -> None:
    for one in shrunk:
        need = memory_need(one.network, SGD)
        assert need is not None
        assert need.least_mb <= CARD_MB


def test_a_run_at_a_smaller_input_gives_no_batch_that_did_not_fit(shrunk: list[Shrunk]) -> None:
    pairs = [
        (small, large)
        for large in shrunk
        for small in shrunk
        if line_of(small) == line_of(large)
        and small.run.layout is large.run.layout
        and small.network.input_size < large.network.input_size
    ]
    assert len(pairs) > 50
    for small, large in pairs:
        need = memory_need(replace(large.network, runs=(small.run,)), SGD)
        assert need is not None
        assert f"{small.run.input_size} px" in need.sentence(1)
        power = 1 << (large.run.batch_size.bit_length() - 1)
        assert need.at_batch(2 * power) > CARD_MB


def line_of(one: Shrunk) -> str:
    """What networks of one line are called, without the input size that ends the name."""
    return one.network.architecture.removesuffix(f"_{one.network.input_size}")
