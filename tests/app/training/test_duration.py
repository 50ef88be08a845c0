"""How long training lasts: when to stop, the epochs, the hours, and the images that are left to train on."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.advice import Topic
from app.training.network import Network
from app.training.plan import training_plan
from app.training.task import TrainingTask
from catalog.reference.texts.recipes import Schedule
from tests.app.ranking.candidates import bounded
from tests.app.training.tasks import (
    CARD_MB,
    CONVNEXT,
    MEASURED,
    NETWORKS,
    PUBLISHED,
    RESNET,
    TASKS,
    VIT,
    number,
    on,
    with_runs,
)

# Early stopping


@bounded
@given(st.integers(1, 1_000_000), st.integers(1, 1_000_000))
def test_more_validation_images_tell_smaller_differences_from_chance(one: int, other: int) -> None:
    few, many = (
        on(Topic.EARLY_STOPPING, validation_images=images).parameters["standard_error"]
        for images in sorted((one, other))
    )
    assert isinstance(few, float)
    assert isinstance(many, float)
    assert 0 < many <= few <= 0.5
    assert few == pytest.approx(math.sqrt(0.25 / min(one, other)))


def test_a_fifth_of_the_images_is_held_out_where_nobody_said_how_many() -> None:
    assumed = on(Topic.EARLY_STOPPING, images=50_000)
    assert assumed.parameters["validation_images"] == 10_000
    assert "a fifth of the 50,000" in assumed.text
    assert assumed.parameters == on(Topic.EARLY_STOPPING, images=50_000, validation_images=10_000).parameters


@pytest.mark.parametrize("task", [{}, {"images": 3}, {"images": 100, "validation_images": 0}])
def test_without_validation_images_nothing_is_said_of_chance(task: dict[str, Any]) -> None:
    advice = on(Topic.EARLY_STOPPING, **task)
    assert "standard_error" not in advice.parameters


def test_of_a_single_image_none_is_validated_on() -> None:
    text = on(Topic.EARLY_STOPPING, images=1).text
    assert "Of so few images none is held out" in text
    assert "Give the number of images" not in text
    assert "Give the number of images" in on(Topic.EARLY_STOPPING).text


@bounded
@given(st.sampled_from(NETWORKS), TASKS)
def test_a_schedule_that_falls_by_plan_is_trained_to_its_end(network: Network, task: TrainingTask) -> None:
    plan = {advice.topic: advice for advice in training_plan(network, task)}
    schedule, stopping = plan[Topic.SCHEDULE], plan[Topic.EARLY_STOPPING]
    epochs, patience = schedule.parameters["epochs"], number(stopping)
    assert isinstance(epochs, int)
    assert stopping.parameters["min_delta"] == 0
    if schedule.value in (Schedule.PLATEAU, Schedule.CONSTANT):
        assert patience == max(5, round(epochs / 5))
    else:
        assert patience == epochs


def test_a_cosine_never_waits_for_a_gain_of_several_points() -> None:
    advice = on(Topic.EARLY_STOPPING, VIT, images=1_000, validation_images=100)
    assert advice.text.startswith("Train all 256 epochs")
    assert advice.parameters["min_delta"] == 0


def test_the_rate_falls_on_a_plateau_before_training_stops() -> None:
    stops = number(on(Topic.EARLY_STOPPING, RESNET))
    falls = on(Topic.SCHEDULE, RESNET).parameters["patience_epochs"]
    assert isinstance(falls, int)
    assert 1 <= falls < stops


# How long


@pytest.mark.parametrize(
    ("network", "task", "epochs", "word"),
    [
        (CONVNEXT, {}, 30, "Its source fine-tunes for 30 epochs"),
        (Network("deit3_base_patch16_224", "deit", 224), {"images": 1_000}, 50, "Its source"),
        (RESNET, {}, 30, "as most authors do"),
        (RESNET, {"images": 100_000}, 30, "as most authors do"),
        (RESNET, {"images": 320, "validation_images": 32}, 800, "256,000 images"),
        (CONVNEXT, {"images": 320, "validation_images": 32}, 50, "500 steps"),
    ],
)
def test_a_schedule_is_as_long_as_its_source_says_and_not_the_time_to_reach_a_threshold(
    network: Network, task: dict[str, Any], epochs: int, word: str
) -> None:
    advice = on(Topic.SCHEDULE, network, **task)
    assert advice.parameters["epochs"] == epochs
    assert word in advice.text
    assert "on average" not in advice.text


@pytest.mark.parametrize("memory", [2_500, 8_000, 100_000])
def test_the_shortest_schedule_sees_as_many_images_at_any_batch_where_the_rate_is_scaled(memory: int) -> None:
    schedule = on(Topic.SCHEDULE, RESNET, images=1_000, validation_images=100, memory_mb=memory)
    assert schedule.parameters["epochs"] == 256
    total = number(on(Topic.BATCH_SIZE, RESNET, images=1_000, validation_images=100, memory_mb=memory))
    assert schedule.parameters["steps"] == math.ceil(256_000 / max(32, total))


def test_the_shortest_schedule_has_as_many_steps_where_the_rate_is_not_scaled() -> None:
    few, many = (
        on(Topic.SCHEDULE, CONVNEXT, images=320, validation_images=32, devices=devices).parameters
        for devices in (1, 4)
    )
    assert (few["epochs"], few["steps"]) == (50, 500)
    assert (many["epochs"], many["steps"]) == (200, 500)


# The time that it takes


@pytest.mark.parametrize(("memory", "batch"), [(4_000, 16), (CARD_MB, None)])
def test_a_time_by_a_run_of_a_larger_batch_says_that_images_take_longer_in_smaller_ones(
    memory: float, batch: int | None
) -> None:
    network = with_runs(RESNET, PUBLISHED)
    task: dict[str, Any] = {"target": PUBLISHED.target, "images": 10_000, "memory_mb": memory}
    time = on(Topic.TRAINING_TIME, network, **task)
    said = f"those of the plan have {batch} per device, those of the run 192."
    assert (said in time.text) is (batch is not None)
    assert ("takes longer" in time.text) is (batch is not None)
    assert ("estimated" in time.provenance) is (batch is not None)


def test_many_hours_are_written_out() -> None:
    network = with_runs(RESNET, PUBLISHED)
    time = on(Topic.TRAINING_TIME, network, target=PUBLISHED.target, images=200_000_000)
    assert time.text.startswith("About 1,700 hours")


def test_no_time_is_given_where_not_even_one_image_fits() -> None:
    network = with_runs(RESNET, PUBLISHED)
    task: dict[str, Any] = {"target": PUBLISHED.target, "images": 1_000}
    assert on(Topic.TRAINING_TIME, network, **task).value is not None
    assert on(Topic.BATCH_SIZE, network, **task, memory_mb=100).value is None
    time = on(Topic.TRAINING_TIME, network, **task, memory_mb=100)
    assert time.value is None
    assert "not even one image fits" in time.text


def test_the_hours_follow_from_the_speed_of_a_run_on_the_target() -> None:
    network = with_runs(RESNET, PUBLISHED, MEASURED)
    task = {"target": PUBLISHED.target, "images": 96_000, "validation_images": 1}
    advice = on(Topic.TRAINING_TIME, network, **task)
    assert advice.value == pytest.approx(30 * 96_000 / 800 / 3600)
    assert advice.text.startswith("About 1 hour for 30 epochs of 96,000 images.")
    assert on(Topic.TRAINING_TIME, network, devices=4, **task).value == pytest.approx(number(advice) / 4)
    assert on(Topic.TRAINING_TIME, network, **(task | {"target": MEASURED.target})).value == pytest.approx(40)


def test_a_run_at_another_size_is_scaled_by_its_pixels() -> None:
    network = with_runs(replace(RESNET, input_size=448), PUBLISHED)
    advice = on(Topic.TRAINING_TIME, network, target=PUBLISHED.target, images=96_000, validation_images=1)
    assert advice.value == pytest.approx(4 * 30 * 96_000 / 800 / 3600)
    assert advice.provenance == "advice, estimated from a published run"


@pytest.mark.parametrize(
    ("task", "text"),
    [
        ({"target": "elsewhere", "images": 100}, "run `archrank profile resnet50 --train --input-size 224`"),
        ({"target": "elsewhere", "on_gpu": True}, "Time one epoch, or some steps by timm's benchmark."),
        ({"target": PUBLISHED.target}, "Give the number of images"),
    ],
)
def test_without_speed_or_images_there_are_no_hours(task: dict[str, Any], text: str) -> None:
    advice = on(Topic.TRAINING_TIME, with_runs(RESNET, PUBLISHED), **task)
    assert advice.value is None
    assert text in advice.text


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
