"""What an answer says to do where a metric is unknown. tests/remedies runs the commands."""

from dataclasses import replace

import pytest

from app.presentation.commands.remedies import remedy
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import BatchPolicy, Precision
from tests.app.ranking.candidates import Candidate, columns

LACKING = columns(Candidate("resnet18", checkpoint="resnet18.a1_in1k", threads=2))
CASE = (
    "archrank profile resnet18 --runtime onnxruntime --precision fp32 --batch-size 1 --threads 2 "
    "--input-size 224"
)


@pytest.mark.parametrize(
    ("metric", "command"),
    [
        (Metric.TOP1, "archrank card resnet18"),
        (Metric.TOP1_A, "archrank card resnet18"),
        (Metric.TOP1_PER_GMAC, "archrank card resnet18"),
        (Metric.GMACS, f"{CASE} --force"),
        (Metric.LATENCY_MS, f"{CASE} --force"),
        (Metric.LATENCY_P99_MS, f"{CASE} --percentile 99 --force"),
        (Metric.PEAK_MEMORY_MB, f"{CASE} --force"),
        (Metric.SIZE_MB, f"{CASE} --force"),
        (Metric.TRAIN_THROUGHPUT_IPS, "archrank profile resnet18 --train --input-size 224 --force"),
        (Metric.TRAIN_MEMORY_MB, "archrank profile resnet18 --train --input-size 224 --force"),
        (Metric.DEVICE_MEMORY_MB, None),
    ],
)
def test_a_remedy_names_the_command_that_gets_the_number(metric: Metric, command: str | None) -> None:
    for local in (True, False):
        found = remedy(metric, LACKING, local=local)
        assert found.command == command
        assert command is None or f"`{command}`" in found.text


@pytest.mark.parametrize("metric", Metric)
def test_only_what_is_measured_is_to_be_measured_elsewhere(metric: Metric) -> None:
    measured = metric.subject in (Subject.CASE, Subject.ARTEFACT) and metric is not Metric.DEVICE_MEMORY_MB
    assert ("on that hardware" in remedy(metric, LACKING, local=False).text.lower()) is measured
    assert "hardware" not in remedy(metric, LACKING, local=True).text


def test_a_command_names_those_that_share_a_configuration_and_counts_the_rest() -> None:
    names = [f"net{place}" for place in range(7)]
    found = remedy(
        Metric.LATENCY_P90_MS,
        columns(*(Candidate(name, threads=2) for name in names), Candidate("other", threads=1)),
        local=True,
    )
    assert found.command is not None
    assert found.command.startswith("archrank profile net0 net1 net2 net3 net4 --runtime")
    assert "3 more networks lack it." in found.text


def test_of_batches_that_fill_the_memory_the_latency_of_one_image_is_measured() -> None:
    batches = columns(Candidate("anet", batch_size=1024))
    filling = replace(batches.configuration[0], batch_policy=BatchPolicy.LARGEST_FITTING)
    batches = replace(batches, configuration=batches.configuration.map(lambda _: filling))
    latency = remedy(Metric.LATENCY_MS, batches, local=True)
    memory = remedy(Metric.PEAK_MEMORY_MB, batches, local=True)
    assert " --batch-size 1 " in str(latency.command)
    assert " --batch-size 1024 " in str(memory.command)


def test_a_card_is_named_only_where_it_lists_an_accuracy() -> None:
    lacking = columns(
        Candidate("anet", checkpoint="anet.dino"),
        Candidate("bnet", checkpoint="bnet.in1k"),
        Candidate("cnet", checkpoint="cnet.dino"),
    )
    some = remedy(
        Metric.TOP1, replace(lacking, evaluated={Metric.TOP1: frozenset({"bnet.in1k"})}), local=True
    )
    assert some.command == "archrank card bnet"
    assert "No accuracy of 2 more architectures is published at any size." in some.text
    for metric in (Metric.TOP1, Metric.TOP1_PER_GMAC, Metric.TOP1_A):
        none = remedy(metric, replace(lacking, evaluated={Metric.TOP5: frozenset({"bnet.in1k"})}), local=True)
        assert none.command is None
        assert "at any input size" in none.text
        assert "archrank card" not in none.text


def test_an_int8_file_is_to_be_evaluated_by_the_user() -> None:
    found = remedy(Metric.TOP1, columns(Candidate(precision=Precision.INT8)), local=True)
    assert found.command is None
    assert "own labelled images" in found.text
