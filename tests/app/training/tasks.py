"""Networks, runs and tasks that training plans are made for, and the advice on one topic."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from app.training.advice import Advice, Topic
from app.training.network import Network
from app.training.plan import training_plan
from app.training.task import TrainingTask
from catalog.entities.measurements import TrainingRun
from catalog.words.optimizers import Optimizer
from catalog.words.vocabulary import Layout, Precision, Provenance

CARD_MB = 24 * 2**30 / 1e6
PUBLISHED = TrainingRun(
    batch_size=192,
    input_size=224,
    precision=Precision.AMP_FP16,
    layout=Layout.NHWC,
    target="rtx-3090",
    target_label="Test card",
    provenance=Provenance.PUBLISHED,
    source="a table",
    train_throughput_ips=800.0,
)
MEASURED = TrainingRun(
    batch_size=32,
    input_size=224,
    precision=Precision.FP32,
    layout=Layout.NCHW,
    target="test-cpu",
    target_label="Test CPU",
    provenance=Provenance.MEASURED,
    source="archrank profile",
    train_memory_mb=4_000.0,
    train_throughput_ips=20.0,
)
RESNET = Network("resnet50", "resnet", 224, 25.56, 11.11, 54)
CONVNEXT = Network("convnext_tiny", "convnext", 224, 28.59, 13.44, 59)
DEIT = Network("deit_small_patch16_224", "deit", 224, 22.05, 11.95, 50)
VIT = Network("vit_base_patch16_224", "vision_transformer", 224, 86.57, 23.9, 50)
XCEPTION = Network("xception41", "xception_aligned", 299, 26.97, 39.86, 85)
UNKNOWN = Network("nobody_knows", None, 224)
NETWORKS = (RESNET, CONVNEXT, DEIT, VIT, XCEPTION, UNKNOWN)

MEMORIES = st.floats(100, 200_000)
IMAGES = st.integers(1, 2_000_000)
TASKS = st.builds(
    TrainingTask,
    images=st.none() | IMAGES,
    validation_images=st.none() | st.integers(0, 100_000),
    memory_mb=st.none() | MEMORIES,
    devices=st.integers(1, 64),
    target=st.sampled_from([None, PUBLISHED.target, MEASURED.target]),
    optimizers=st.lists(st.sampled_from(Optimizer), max_size=3).map(tuple),
)


def with_runs(network: Network, *runs: TrainingRun) -> Network:
    return replace(network, runs=runs)


KNOWN_BY = pytest.mark.parametrize(
    "network",
    [
        RESNET,
        CONVNEXT,
        with_runs(RESNET, PUBLISHED),
        with_runs(CONVNEXT, PUBLISHED),
        with_runs(DEIT, MEASURED),
    ],
    ids=["counts, SGD", "counts, AdamW", "a card, SGD", "a card, AdamW", "a measured peak"],
)


def lines(topic: Topic, network: Network = RESNET, **task: Any) -> list[Advice]:
    """The lines of the plan on one topic."""
    plan = training_plan(network, TrainingTask(**task))
    return [advice for advice in plan if advice.topic is topic]


def on(topic: Topic, network: Network = RESNET, **task: Any) -> Advice:
    """The first line of the plan on one topic."""
    return lines(topic, network, **task)[0]


def number(advice: Advice) -> float:
    assert isinstance(advice.value, int | float)
    return advice.value
