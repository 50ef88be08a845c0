"""The training plan: what is advised, from what, and how it follows the task."""

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.advice import Advice, Topic
from app.training.plan import training_plan
from app.training.task import Network, TrainingTask
from catalog.entities.measurements import TrainingRun
from catalog.reference.recipes import Schedule
from catalog.words.vocabulary import Layout, Precision, Provenance
from tests.app.candidates import bounded

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
)


def with_runs(network: Network, *runs: TrainingRun) -> Network:
    return Network(
        network.architecture,
        network.family,
        network.input_size,
        network.params_m,
        network.activations_m,
        network.weight_layers,
        runs,
    )


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


def on(topic: Topic, network: Network = RESNET, **task: Any) -> Advice:
    """The line of the plan on one topic."""
    plan = training_plan(network, TrainingTask(**task))
    return next(advice for advice in plan if advice.topic is topic)


def number(advice: Advice) -> float:
    assert isinstance(advice.value, int | float)
    return advice.value


# The whole


@bounded
@given(st.sampled_from(NETWORKS), st.lists(st.sampled_from([PUBLISHED, MEASURED]), max_size=2), TASKS)
def test_every_plan_has_a_sourced_line_on_every_topic(
    network: Network, runs: list[TrainingRun], task: TrainingTask
) -> None:
    plan = training_plan(with_runs(network, *runs), task)
    assert [advice.topic for advice in plan] == list(Topic)
    for advice in plan:
        assert advice.provenance.startswith("advice")
        assert advice.sources
        assert len(advice.sources) == len(set(advice.sources))
        assert all(source.title for source in advice.sources)
        assert all(source.url is None or source.url.startswith("https://") for source in advice.sources)
        assert advice.text.endswith(".")
        assert not re.search(r"None|nan|\binf\b|  |\.\.", advice.text), advice.text
        for value in (advice.value, *advice.parameters.values()):
            assert not isinstance(value, float) or math.isfinite(value)


def test_what_was_measured_here_has_no_url() -> None:
    sources = on(Topic.BATCH_SIZE, with_runs(RESNET, MEASURED), memory_mb=8_000).sources
    assert [source.url for source in sources if source.title == MEASURED.source] == [None]


# Batch size


@KNOWN_BY
@bounded
@given(MEMORIES, st.none() | IMAGES, st.integers(1, 16))
def test_a_batch_is_a_power_of_two_that_fits_by_its_own_estimate(
    network: Network, memory: float, images: int | None, devices: int
) -> None:
    advice = on(Topic.BATCH_SIZE, network, memory_mb=memory, images=images, devices=devices)
    need = advice.parameters["memory_mb"]
    assert isinstance(need, float)
    if advice.value is None:
        assert need > memory
        return
    assert isinstance(advice.value, int)
    assert advice.value & (advice.value - 1) == 0
    assert need <= memory
    assert advice.value * devices <= max(8192, devices)
    assert images is None or advice.value * devices <= max(images, devices)


@KNOWN_BY
@bounded
@given(MEMORIES, MEMORIES)
def test_more_memory_never_gives_a_smaller_batch(network: Network, one: float, other: float) -> None:
    less, more = sorted((one, other))
    small = on(Topic.BATCH_SIZE, network, memory_mb=less).value
    large = on(Topic.BATCH_SIZE, network, memory_mb=more).value
    assert isinstance(small, int | None)
    assert isinstance(large, int | None)
    assert (small or 0) <= (large or 0)


@KNOWN_BY
def test_a_step_of_all_devices_is_no_larger_than_the_linear_rule_is_known_to_hold(network: Network) -> None:
    advice = on(Topic.BATCH_SIZE, network, memory_mb=1e9, devices=3)
    assert advice.value == 2048
    assert "8,192" in advice.text


def test_a_step_holds_no_more_images_than_there_are_to_train_on() -> None:
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=1e9, images=100, devices=2)
    assert advice.value == 32  # 80 are left of 100
    assert "80 training images" in advice.text


@pytest.mark.parametrize(
    ("runs", "provenance", "word"),
    [
        ((PUBLISHED, MEASURED), "advice, estimated from a measured run", "batch 32"),
        ((PUBLISHED,), "advice, estimated from a published run", "batch 192"),
        ((), "advice, estimated from counts", "benchmark.py --bench train"),
    ],
)
def test_a_measured_peak_speaks_before_a_card_that_held_a_run_and_that_before_counts(
    runs: tuple[TrainingRun, ...], provenance: str, word: str
) -> None:
    advice = on(Topic.BATCH_SIZE, with_runs(RESNET, *runs), memory_mb=12_000)
    assert advice.provenance == provenance
    assert word in advice.text


def test_a_run_that_fitted_a_card_fits_it() -> None:
    run = TrainingRun(**{**vars(PUBLISHED), "batch_size": 128})
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB).value == 128


def test_a_measured_run_is_sure_to_take_what_it_took() -> None:
    network = with_runs(RESNET, MEASURED)
    assert on(Topic.BATCH_SIZE, network, memory_mb=4_000).value == 32
    assert on(Topic.BATCH_SIZE, network, memory_mb=3_999).value == 16


def test_memory_is_not_expected_to_shrink_with_the_batch_down_to_nothing() -> None:
    half = on(Topic.BATCH_SIZE, with_runs(RESNET, MEASURED), memory_mb=3_999).parameters["memory_mb"]
    assert isinstance(half, float)
    assert half > 2_000


def test_adam_needs_more_memory_than_sgd_took_in_the_run() -> None:
    run = TrainingRun(**{**vars(PUBLISHED), "batch_size": 128})
    assert number(on(Topic.BATCH_SIZE, with_runs(CONVNEXT, run), memory_mb=CARD_MB)) < 128


def test_of_two_runs_the_one_with_the_smaller_images_speaks() -> None:
    worse = TrainingRun(**{**vars(PUBLISHED), "batch_size": 16, "source": "a worse layout"})
    both = on(Topic.BATCH_SIZE, with_runs(RESNET, worse, PUBLISHED), memory_mb=CARD_MB)
    assert both == on(Topic.BATCH_SIZE, with_runs(RESNET, PUBLISHED), memory_mb=CARD_MB)


def test_a_run_at_a_smaller_input_says_nothing_of_a_larger_one() -> None:
    run = TrainingRun(**{**vars(PUBLISHED), "input_size": 160})
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB) == on(
        Topic.BATCH_SIZE, RESNET, memory_mb=CARD_MB
    )


def test_a_run_at_a_larger_input_is_scaled_by_the_area() -> None:
    run = TrainingRun(**{**vars(PUBLISHED), "batch_size": 32, "input_size": 448})
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB).value == 128
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB - 1).value == 64


@pytest.mark.parametrize(
    ("network", "text"), [(RESNET, "Give the memory"), (UNKNOWN, "is unknown, so the batch may not fit")]
)
def test_without_memory_a_batch_is_32_by_default(network: Network, text: str) -> None:
    advice = on(Topic.BATCH_SIZE, network)
    assert advice.value == 32
    assert text in advice.text
    assert "Practical Recommendations" in advice.sources[0].title


def test_an_unknown_network_gets_the_default_whatever_the_memory() -> None:
    advice = on(Topic.BATCH_SIZE, UNKNOWN, memory_mb=1.0)
    assert advice.value == 32
    assert "may not fit" in advice.text
    assert advice.provenance == "advice"


def test_where_nothing_fits_the_plan_says_so() -> None:
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=500)
    assert advice.value is None
    assert advice.text.startswith("Not even one image fits into 500 MB.")


def test_a_small_batch_is_to_be_accumulated() -> None:
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=2_500)
    assert advice.value == 8
    assert "over 4 steps" in advice.text
    assert "Accumulate" not in on(Topic.BATCH_SIZE, RESNET, memory_mb=2_500, devices=4).text


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
