"""The course of training that is advised: rate, optimiser, schedule, layers and stopping."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.advice import Topic
from app.training.task import Network, TrainingTask
from catalog.reference.recipes import Schedule
from tests.app.candidates import bounded
from tests.app.training_tasks import (
    CONVNEXT,
    DEIT,
    IMAGES,
    RESNET,
    UNKNOWN,
    VIT,
    XCEPTION,
    number,
    on,
)

# Learning rate


@bounded
@given(st.sampled_from([RESNET, VIT]), st.sampled_from([4_000, 8_000, 16_000]), st.sampled_from([1, 2, 4]))
def test_the_rate_of_sgd_is_linear_in_batch_times_devices(
    network: Network, memory: int, devices: int
) -> None:
    batch = number(on(Topic.BATCH_SIZE, network, memory_mb=memory, devices=devices))
    advice = on(Topic.LEARNING_RATE, network, memory_mb=memory, devices=devices)
    base, base_batch = advice.parameters["base_learning_rate"], advice.parameters["base_batch_size"]
    assert isinstance(base, float)
    assert isinstance(base_batch, int)
    assert advice.parameters["total_batch_size"] == batch * devices
    assert advice.value == pytest.approx(base * batch * devices / base_batch)


@pytest.mark.parametrize(
    ("network", "rate", "training_rate"),
    [
        (RESNET, 0.1 * 0.1 * 64 / 256, 0.1 * 64 / 256),
        (VIT, 0.03 * 64 / 512, 3e-3),
        (CONVNEXT, 5e-5, 4e-3),
        (DEIT, 5e-5, 5e-4 * 64 / 512),
        (XCEPTION, 0.0045, 0.045),
    ],
    ids=["SGD", "SGD of its own", "AdamW of its own", "AdamW scaled in training", "no batch stated"],
)
def test_fine_tuning_takes_the_rate_of_its_source_or_a_tenth_of_training(
    network: Network, rate: float, training_rate: float
) -> None:
    advice = on(Topic.LEARNING_RATE, network, devices=2)  # of 32 images each
    assert advice.value == pytest.approx(rate)
    assert advice.parameters["training_learning_rate"] == pytest.approx(training_rate)


def test_without_a_batch_the_rate_is_that_of_the_source() -> None:
    advice = on(Topic.LEARNING_RATE, RESNET, memory_mb=1)
    assert advice.value == 0.01
    assert "total_batch_size" not in advice.parameters
    assert "Scale the rate linearly" in advice.text


# Optimiser, schedule, warm-up


def test_the_optimiser_comes_with_its_constants() -> None:
    advice = on(Topic.OPTIMIZER, RESNET)
    assert advice.value == "sgd"
    assert advice.parameters == {"momentum": 0.9, "weight_decay": 1e-4}
    assert "customary for ResNet" in advice.text


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (XCEPTION, "customary for Xception, on which this family builds"),
        (Network("starnet_s1", "starnet", 224), "no recipe of its family is known"),
        (Network("efficientvim_m1", "efficientvim", 224), "(state-space)"),
        (UNKNOWN, "its family is unknown"),
    ],
)
def test_a_custom_that_is_borrowed_says_from_whom(network: Network, text: str) -> None:
    assert text in on(Topic.OPTIMIZER, network).text
    assert text in on(Topic.SCHEDULE, network).text


@pytest.mark.parametrize(
    ("architecture", "module", "schedule", "parameters"),
    [
        ("resnet50", "resnet", "plateau", {"epochs": 26, "factor": 0.1, "patience_epochs": 2}),
        ("densenet121", "densenet", "step", {"epochs": 26, "factor": 0.1, "at_epochs": "9, 17"}),
        ("seresnet50", "resnet", "step", {"epochs": 26, "factor": 0.1, "every_epochs": 8}),
        ("resnext50_32x4d", "resnet", "step", {"epochs": 26, "factor": 0.1}),
        ("resnetv2_50x1_bit", "resnetv2", "step", {"epochs": 26, "factor": 0.1, "at_epochs": "8, 16, 23"}),
        ("mobilenetv2_100", "efficientnet", "exponential", {"epochs": 26, "factor": 0.98, "every_epochs": 1}),
        ("swin_tiny_patch4_window7_224", "swin_transformer", "constant", {"epochs": 30}),
        ("convnext_tiny", "convnext", "cosine", {"epochs": 30}),
    ],
)
def test_a_schedule_of_imagenet_is_shortened_to_fine_tuning(
    architecture: str, module: str, schedule: str, parameters: dict[str, float | str]
) -> None:
    advice = on(Topic.SCHEDULE, Network(architecture, module, 224))
    assert advice.value == Schedule(schedule)
    assert advice.parameters == parameters


def test_an_exponential_decay_that_is_shortened_ends_at_the_same_rate() -> None:
    advice = on(Topic.SCHEDULE, Network("efficientnet_b0", "efficientnet", 224))
    factor = advice.parameters["factor"]
    assert isinstance(factor, float)
    assert factor**26 == pytest.approx(0.97 ** (450 / 2.4), rel=0.05)


def test_a_warm_up_is_one_epoch_unless_the_authors_fine_tune_otherwise() -> None:
    advice = on(Topic.WARM_UP, RESNET, images=1_000, validation_images=100)
    assert (advice.value, advice.unit, advice.parameters) == (1, "epochs", {"steps": 32})
    assert on(Topic.WARM_UP, CONVNEXT).text.startswith("No warm-up")
    assert "over 20 epochs" in on(Topic.WARM_UP, CONVNEXT).text


# Layers to retrain


@bounded
@given(IMAGES, IMAGES, st.integers(1, 500))
def test_more_images_never_retrain_fewer_layers(one: int, other: int, layers: int) -> None:
    network = Network("resnet50", "resnet", 224, 25.56, 11.11, layers)
    fewer, more = (
        number(on(Topic.LAYERS_TO_RETRAIN, network, images=images, validation_images=1))
        for images in sorted((one, other))
    )
    assert 1 <= fewer <= more <= layers


@pytest.mark.parametrize(
    ("images", "layers", "expected"),
    [
        (2_039, 54, 1),
        (2_040, 54, 1),
        (6_388, 54, 27),
        (19_999, 54, 54),
        (20_000, 54, 54),
        (500_000, None, "all"),
        (6_388, None, "50 %"),
        (10, None, 1),
        (None, 54, None),
    ],
)
def test_few_images_retrain_the_head_many_all_layers(
    images: int | None, layers: int | None, expected: int | str | None
) -> None:
    network = Network("resnet50", "resnet", 224, weight_layers=layers)
    advice = on(Topic.LAYERS_TO_RETRAIN, network, images=images, validation_images=1)
    assert advice.value == expected
    assert (advice.provenance == "advice, interpolated") == ("interpolated" in advice.text)


# Early stopping


@bounded
@given(st.integers(1, 1_000_000), st.integers(1, 1_000_000))
def test_more_validation_images_tell_smaller_gains_from_chance(one: int, other: int) -> None:
    few, many = (
        on(Topic.EARLY_STOPPING, validation_images=images).parameters["min_delta"]
        for images in sorted((one, other))
    )
    assert isinstance(few, float)
    assert isinstance(many, float)
    assert 0 < many <= few <= 0.5
    assert few == pytest.approx(math.sqrt(0.25 / min(one, other)))


def test_a_fifth_of_the_images_is_held_out_where_nobody_said_how_many() -> None:
    assumed = on(Topic.EARLY_STOPPING, images=5_000)
    assert assumed.parameters["validation_images"] == 1_000
    assert "a fifth of the 5,000" in assumed.text
    assert assumed.parameters == on(Topic.EARLY_STOPPING, images=7, validation_images=1_000).parameters


@pytest.mark.parametrize("task", [{}, {"images": 3}, {"images": 100, "validation_images": 0}])
def test_without_validation_images_there_is_no_delta(task: dict[str, Any]) -> None:
    advice = on(Topic.EARLY_STOPPING, **task)
    assert "min_delta" not in advice.parameters
    assert advice.value == 5


@pytest.mark.parametrize(
    ("network", "patience"),
    [(RESNET, 5), (CONVNEXT, 6), (Network("deit3_base_patch16_224", "deit", 224), 10)],
)
def test_patience_is_a_fifth_of_the_epochs_of_fine_tuning(network: Network, patience: int) -> None:
    advice = on(Topic.EARLY_STOPPING, network)
    assert advice.value == advice.parameters["patience_epochs"] == patience


def test_the_rate_falls_on_a_plateau_before_training_stops() -> None:
    stops = number(on(Topic.EARLY_STOPPING, RESNET))
    falls = on(Topic.SCHEDULE, RESNET).parameters["patience_epochs"]
    assert isinstance(falls, int)
    assert 1 <= falls < stops


# What is left to train on


@pytest.mark.parametrize(
    ("task", "trained_on", "held_out"),
    [
        (TrainingTask(images=100), 80, 20),
        (TrainingTask(images=100, validation_images=7), 100, 7),
        (TrainingTask(images=1), 1, 0),
        (TrainingTask(), None, None),
        (TrainingTask(validation_images=7), None, 7),
    ],
    ids=repr,
)
def test_images_are_split_where_no_validation_images_are_given(
    task: TrainingTask, trained_on: int | None, held_out: int | None
) -> None:
    assert (task.trained_on, task.held_out) == (trained_on, held_out)
