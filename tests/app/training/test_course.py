"""The course of training that is advised: rate, optimiser, schedule and layers."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.advice import Topic
from app.training.network import Network
from catalog.reference.texts.recipes import Schedule
from catalog.words.optimizers import Optimizer
from tests.app.ranking.candidates import bounded
from tests.app.training.tasks import (
    CONVNEXT,
    DEIT,
    RESNET,
    UNKNOWN,
    VIT,
    XCEPTION,
    lines,
    on,
)

# Learning rate


@bounded
@given(st.sampled_from([RESNET, VIT]), st.sampled_from([4_000, 8_000, 16_000]), st.sampled_from([1, 2, 4]))
def test_the_rate_of_sgd_is_linear_in_batch_times_devices(
    network: Network, memory: int, devices: int
) -> None:
    batch = on(Topic.BATCH_SIZE, network, memory_mb=memory, devices=devices).parameters
    advice = on(Topic.LEARNING_RATE, network, memory_mb=memory, devices=devices)
    base, base_batch = advice.parameters["base_learning_rate"], advice.parameters["base_batch_size"]
    assert isinstance(base, float)
    assert isinstance(base_batch, int)
    effective = batch["effective_batch_size"]
    assert isinstance(effective, int)
    assert advice.parameters["total_batch_size"] == effective
    assert advice.value == pytest.approx(base * effective / base_batch)


def test_rate_warm_up_and_schedule_follow_the_images_that_one_update_learns_from() -> None:
    task: dict[str, Any] = {"memory_mb": 2_500, "images": 3_200, "validation_images": 100}
    batch = on(Topic.BATCH_SIZE, **task)
    assert (batch.value, batch.parameters["accumulation_steps"]) == (8, 4)
    assert batch.parameters["effective_batch_size"] == 32
    assert on(Topic.LEARNING_RATE, **task).value == pytest.approx(0.01 * 32 / 256)
    assert on(Topic.WARM_UP, **task).parameters["steps"] == 4 * 100
    assert on(Topic.SCHEDULE, **task).parameters["steps"] == 80 * 100


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


# Other optimisers


SIX = ("sgd", "rmsprop", "adam", "adamax", "adagrad", "adadelta")


def test_each_optimiser_that_is_asked_for_has_its_own_rate() -> None:
    asked = tuple(Optimizer(name) for name in SIX)
    found = lines(Topic.OTHER_OPTIMIZER, VIT, devices=2, optimizers=asked)  # of 32 images each
    assert [advice.value for advice in found] == list(SIX)
    rates = [advice.parameters["learning_rate"] for advice in found]
    assert rates == pytest.approx([0.00375, 1e-4, 1e-4, 2e-4, 1e-3, 0.1])
    assert all(f"{rate:.3g}" in advice.text for rate, advice in zip(rates, found, strict=True))
    assert "is the optimiser of this plan" in found[0].text


@pytest.mark.parametrize(
    ("network", "alternative", "rate"), [(VIT, "adamw", 1e-4), (CONVNEXT, "sgd", 3.75e-4)]
)
def test_the_usual_alternative_comes_with_its_rate_and_with_both_camps(
    network: Network, alternative: str, rate: float
) -> None:
    (advice,) = lines(Topic.OTHER_OPTIMIZER, network, devices=2)
    assert advice.value == alternative
    assert advice.parameters["learning_rate"] == pytest.approx(rate)
    assert {"Wilson et al.", "Choi et al.", "Kumar et al."} <= set(re.findall(r"\w+ et al\.", advice.text))
    assert {source.url for source in advice.sources} >= {
        "https://arxiv.org/abs/1705.08292",
        "https://arxiv.org/abs/1910.05446",
        "https://arxiv.org/abs/2211.09359",
    }


def test_no_line_names_an_optimiser_without_its_rate() -> None:
    assert "Adam" not in on(Topic.OPTIMIZER, RESNET).text


def test_another_optimiser_says_how_much_more_memory_it_takes() -> None:
    assert "takes 102 MB more than SGD" in on(Topic.OTHER_OPTIMIZER, RESNET).text
    assert "takes 114 MB less than AdamW" in on(Topic.OTHER_OPTIMIZER, CONVNEXT).text


# Optimiser, schedule, warm-up


def test_the_optimiser_comes_with_its_constants() -> None:
    advice = on(Topic.OPTIMIZER, RESNET)
    assert advice.value == "sgd"
    assert advice.parameters == {"momentum": 0.9, "weight_decay": 1e-4}
    assert "customary for ResNet" in advice.text


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (XCEPTION, "customary for Xception, the older family on which this one builds"),
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
        ("resnet50", "resnet", "plateau", {"epochs": 30, "factor": 0.1, "patience_epochs": 3}),
        ("densenet121", "densenet", "step", {"epochs": 30, "factor": 0.1, "at_epochs": "10, 20"}),
        ("seresnet50", "resnet", "step", {"epochs": 30, "factor": 0.1, "every_epochs": 9}),
        ("resnext50_32x4d", "resnet", "step", {"epochs": 30, "factor": 0.1}),
        ("resnetv2_50x1_bit", "resnetv2", "step", {"epochs": 30, "factor": 0.1, "at_epochs": "9, 18, 27"}),
        ("mobilenetv2_100", "efficientnet", "exponential", {"epochs": 30, "factor": 0.98, "every_epochs": 1}),
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


def test_a_schedule_that_becomes_longer_is_not_called_shorter() -> None:
    densenet = Network("densenet121", "densenet", 224)
    text = "The schedule of 90 epochs on ImageNet is {} to {}."
    assert text.format("shortened", 30) in on(Topic.SCHEDULE, densenet).text
    assert text.format("stretched", "3,200") in on(Topic.SCHEDULE, densenet, images=100).text


def test_an_exponential_decay_that_is_shortened_ends_at_the_same_rate() -> None:
    advice = on(Topic.SCHEDULE, Network("efficientnet_b0", "efficientnet", 224))
    factor = advice.parameters["factor"]
    assert isinstance(factor, float)
    assert factor**30 == pytest.approx(0.97 ** (450 / 2.4), rel=0.05)


def test_a_warm_up_is_one_epoch_unless_the_authors_fine_tune_otherwise() -> None:
    advice = on(Topic.WARM_UP, RESNET, images=10_000, validation_images=100)
    assert (advice.value, advice.unit, advice.parameters) == (1, "epochs", {"steps": 313})
    assert on(Topic.WARM_UP, CONVNEXT).text.startswith("No warm-up")
    assert "over 20 epochs" in on(Topic.WARM_UP, CONVNEXT).text


def test_a_long_schedule_warms_up_over_as_large_a_share_as_its_source() -> None:
    advice = on(Topic.WARM_UP, RESNET, images=1_000, validation_images=100)
    assert advice.value == 14  # of 256 epochs, as 5 of 90


# After pretraining without labels


@pytest.mark.parametrize(
    ("architecture", "module", "methods", "text", "rate"),
    [
        ("eva_large_patch14_196", "vision_transformer", ("self-supervised", "mim", "fine-tuned"),
         "customary after pretraining by masked image modelling (BEiT).", 2e-5),
        ("vit_base_patch16_clip_224", "vision_transformer", ("contrastive-image-text",),
         "customary after pretraining by matching images with texts (CLIP).", 5e-5),
        ("vit_base_patch16_224", "vision_transformer", ("self-supervised", "mae"),
         "customary after pretraining by masked autoencoding (MAE).", 2e-3 * 32 / 1024),
        ("vit_base_patch16_dinov3", "eva", ("self-supervised", "dinov3", "distillation"),
         "(BEiT), because no recipe after its own pretraining is known.", 2e-5),
    ],
)  # fmt: skip
def test_what_was_pretrained_without_labels_is_fine_tuned_as_is_customary_after_that(
    architecture: str, module: str, methods: tuple[str, ...], text: str, rate: float
) -> None:
    network = Network(architecture, module, 224, methods=methods)
    optimizer = on(Topic.OPTIMIZER, network)
    assert optimizer.value == "adamw"
    assert text in optimizer.text
    assert "layer decay" in optimizer.text
    assert on(Topic.LEARNING_RATE, network).value == pytest.approx(rate)
    assert "customary" in on(Topic.SCHEDULE, network).text


def test_a_recipe_of_fine_tuning_alone_says_nothing_of_training() -> None:
    network = Network("vit_base_patch16_224", "vision_transformer", 224, methods=("self-supervised", "mae"))
    assert "training_learning_rate" not in on(Topic.LEARNING_RATE, network).parameters
    assert "Training on ImageNet" not in on(Topic.WARM_UP, network).text


# Layers to retrain


@pytest.mark.parametrize("layers", [54, None])
@pytest.mark.parametrize("images", [10, 2_039, 2_040, 500_000, None])
def test_every_layer_is_retrained_as_the_other_lines_take_it(images: int | None, layers: int | None) -> None:
    network = Network("resnet50", "resnet", 224, weight_layers=layers)
    advice = on(Topic.LAYERS_TO_RETRAIN, network, images=images, validation_images=1)
    assert (advice.value, advice.provenance) == (layers or "all", "advice")
    assert advice.text.startswith("All")
    assert {"Do Better ImageNet Models Transfer Better?"} <= {source.title for source in advice.sources}


@pytest.mark.parametrize(("images", "compared"), [(10, True), (2_039, True), (2_040, False), (None, True)])
def test_the_head_alone_is_to_be_compared_where_no_source_compared_whole_networks(
    images: int | None, compared: bool
) -> None:
    advice = on(Topic.LAYERS_TO_RETRAIN, RESNET, images=images, validation_images=1)
    assert ("ompare with the head alone" in advice.text) is compared
