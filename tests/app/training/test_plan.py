"""The training plan as a whole, and its batch: what is advised, and from what."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.advice import Topic
from app.training.network import Network
from app.training.plan import training_plan
from app.training.task import TrainingTask
from catalog.entities.measurements import TrainingRun
from tests.app.ranking.candidates import bounded
from tests.app.training.tasks import (
    CARD_MB,
    CONVNEXT,
    IMAGES,
    KNOWN_BY,
    MEASURED,
    MEMORIES,
    NETWORKS,
    PUBLISHED,
    RESNET,
    TASKS,
    UNKNOWN,
    on,
    with_runs,
)

# The whole


@bounded
@given(st.sampled_from(NETWORKS), st.lists(st.sampled_from([PUBLISHED, MEASURED]), max_size=2), TASKS)
def test_every_plan_has_a_sourced_line_on_every_topic(
    network: Network, runs: list[TrainingRun], task: TrainingTask
) -> None:
    plan = training_plan(with_runs(network, *runs), task)
    assert list(dict.fromkeys(advice.topic for advice in plan)) == list(Topic)
    named = [advice.value for advice in plan if advice.topic is Topic.OTHER_OPTIMIZER]
    assert len(named) == max(1, len(set(task.optimizers)))
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
def test_a_batch_is_a_power_of_two_or_was_seen_and_fits_by_its_own_estimate(
    network: Network, memory: float, images: int | None, devices: int
) -> None:
    advice = on(Topic.BATCH_SIZE, network, memory_mb=memory, images=images, devices=devices)
    need = advice.parameters["memory_mb"]
    assert isinstance(need, float)
    if advice.value is None:
        assert need > memory
        return
    assert isinstance(advice.value, int)
    assert advice.value & (advice.value - 1) == 0 or "was seen to fit" in advice.text
    assert need <= memory or (advice.value == 1 and "which may not fit" in advice.text)
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


@pytest.mark.parametrize(("memory", "batch"), [(CARD_MB, 192), (CARD_MB - 1, 128), (2 * CARD_MB, 256)])
def test_the_largest_batch_that_was_seen_to_fit_is_believed(memory: float, batch: int) -> None:
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, PUBLISHED), memory_mb=memory).value == batch


def test_a_batch_that_was_seen_is_no_larger_than_the_images() -> None:
    advice = on(Topic.BATCH_SIZE, with_runs(RESNET, PUBLISHED), memory_mb=CARD_MB, images=150)
    assert advice.value == 64


@pytest.mark.parametrize(("memory", "warned"), [(2_500, True), (8_000, False)])
def test_batch_normalisation_over_few_images_is_warned_of(memory: float, warned: bool) -> None:
    network = replace(RESNET, batch_norms=53)
    advice = on(Topic.BATCH_SIZE, network, memory_mb=memory)
    assert ("53 layers normalise over the batch" in advice.text) is warned
    assert ("https://arxiv.org/abs/1803.08494" in {source.url for source in advice.sources}) is warned
    assert "normalise" not in on(Topic.BATCH_SIZE, replace(RESNET, batch_norms=0), memory_mb=memory).text


@pytest.mark.parametrize(
    ("architecture", "module"),
    [
        ("resnetv2_50x1_bit", "resnetv2"),
        ("dm_nfnet_f0", "nfnet"),
        ("vit_base_r50_s16_224", "vision_transformer_hybrid"),
    ],
)
def test_what_standardises_its_weights_does_not_normalise_over_the_batch(
    architecture: str, module: str
) -> None:
    network = replace(RESNET, architecture=architecture, family=module, batch_norms=53)
    advice = on(Topic.BATCH_SIZE, network, memory_mb=2_500)
    assert isinstance(advice.value, int)
    assert advice.value < 16
    assert "normalise over the batch" not in advice.text


def test_a_hybrid_on_a_resnet_normalises_over_the_batch() -> None:
    hybrid = Network("vit_small_resnet50d_s16_224", "vision_transformer_hybrid", 224, 50.0, 20.0, 60, 50)
    assert "50 layers normalise over the batch" in on(Topic.BATCH_SIZE, hybrid, memory_mb=3_000).text


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
    assert on(Topic.BATCH_SIZE, with_runs(CONVNEXT, run), memory_mb=CARD_MB).value == 120


def test_of_two_runs_the_one_with_the_smaller_images_speaks() -> None:
    worse = TrainingRun(**{**vars(PUBLISHED), "batch_size": 16, "source": "a worse layout"})
    both = on(Topic.BATCH_SIZE, with_runs(RESNET, worse, PUBLISHED), memory_mb=CARD_MB)
    assert both == on(Topic.BATCH_SIZE, with_runs(RESNET, PUBLISHED), memory_mb=CARD_MB)


def test_a_run_at_a_smaller_input_says_nothing_of_a_larger_one_without_counts() -> None:
    run = TrainingRun(**{**vars(PUBLISHED), "input_size": 160})
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB) == on(
        Topic.BATCH_SIZE, RESNET, memory_mb=CARD_MB
    )


def test_a_run_at_a_smaller_input_is_scaled_by_the_counted_activations() -> None:
    small = replace(PUBLISHED, batch_size=128, input_size=160, activations_m=5.0)
    network = with_runs(replace(RESNET, activations_m=10.0), small)
    advice = on(Topic.BATCH_SIZE, network, memory_mb=CARD_MB)
    assert advice.value == 64  # of twice the activations
    assert "a run of batch 128 (160 px, amp_fp16, nhwc) fitted into Test card" in advice.text
    assert "At 224 px an image has 2 times the activations." in advice.text


def test_a_run_at_a_smaller_input_says_nothing_where_another_has_the_size() -> None:
    small = replace(PUBLISHED, batch_size=512, input_size=64, activations_m=1.0)
    both = on(Topic.BATCH_SIZE, with_runs(RESNET, small, PUBLISHED), memory_mb=CARD_MB)
    assert both == on(Topic.BATCH_SIZE, with_runs(RESNET, PUBLISHED), memory_mb=CARD_MB)


def test_a_run_at_a_larger_input_is_scaled_by_the_area() -> None:
    run = TrainingRun(**{**vars(PUBLISHED), "batch_size": 32, "input_size": 448})
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB).value == 128
    assert on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB - 1).value == 64
    assert "4 times the pixels" in on(Topic.BATCH_SIZE, with_runs(RESNET, run), memory_mb=CARD_MB).text


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
    # The weights, gradients and momentum of 25.56 million parameters take 307 MB.
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=307)
    assert advice.value is None
    assert advice.text.startswith("Not even one image fits into the 307 MB.")


def test_nothing_is_said_not_to_fit_by_an_estimate_of_what_it_takes_at_most() -> None:
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=500)
    assert advice.value == 1
    assert advice.text.startswith("1 image per device, which may not fit into the 500 MB.")
    assert "takes at most about 1,418 MB" in advice.text


def test_more_devices_than_images_of_a_step_are_said_to_be_too_many() -> None:
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=CARD_MB, devices=100_000)
    assert advice.value == 1
    assert "because 100,000 devices already take more than 8,192 images" in advice.text


def test_a_small_batch_is_to_be_accumulated() -> None:
    advice = on(Topic.BATCH_SIZE, RESNET, memory_mb=2_500)
    assert advice.value == 8
    assert "over 4 steps" in advice.text
    assert "Accumulate" not in on(Topic.BATCH_SIZE, RESNET, memory_mb=2_500, devices=4).text
