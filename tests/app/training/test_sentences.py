"""Each sentence of a training plan agrees with the numbers beside it, and the lines with each other."""

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.advice import Advice, Topic
from app.training.network import Network
from app.training.plan import training_plan
from app.training.task import TrainingTask
from catalog.entities.measurements import TrainingRun
from tests.app.ranking.candidates import bounded
from tests.app.training.tasks import MEASURED, NETWORKS, PUBLISHED, TASKS, with_runs

RUNS = st.lists(st.sampled_from([PUBLISHED, MEASURED]), max_size=2)


def numbers(text: str) -> list[float]:
    """Every number of a text, in its order."""
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*(?:e-?\d+)?", text)]


def first(text: str) -> float:
    return numbers(text)[0]


def to_three_digits(number: float) -> Any:
    """What a number may be rounded to: a half is rounded up in texts, and to an even digit by Python."""
    return pytest.approx(number, rel=5.001e-3)


def parameter(advice: Advice, name: str) -> float:
    value = advice.parameters[name]
    assert isinstance(value, int | float)
    return value


@bounded
@given(st.sampled_from(NETWORKS), RUNS, TASKS)
def test_each_line_says_the_number_that_it_advises(
    network: Network, runs: list[TrainingRun], task: TrainingTask
) -> None:
    plan = {advice.topic: advice for advice in training_plan(with_runs(network, *runs), task)}
    batch, rate, schedule = plan[Topic.BATCH_SIZE], plan[Topic.LEARNING_RATE], plan[Topic.SCHEDULE]
    if isinstance(batch.value, int):
        assert first(batch.text) == batch.value
        steps, total = parameter(batch, "accumulation_steps"), parameter(batch, "effective_batch_size")
        assert total == steps * batch.value * task.devices
        accumulated = f"over {steps:g} steps to learn from {total:g} images at a time"
        assert (accumulated in batch.text) is (steps > 1)
        assert rate.parameters["total_batch_size"] == total
    assert isinstance(rate.value, float)
    assert re.match(r"\S+ for fine-tuning\.", rate.text)
    assert first(rate.text) == to_three_digits(rate.value)
    if "scaled linearly to a total of" in rate.text:
        scaled = parameter(rate, "base_learning_rate") * parameter(rate, "total_batch_size")
        assert math.isclose(rate.value, scaled / parameter(rate, "base_batch_size"), rel_tol=1e-6)
    epochs = parameter(schedule, "epochs")
    assert epochs in numbers(schedule.text)
    if match := re.search(r"(\d+) epochs on ImageNet is (shortened|stretched) to ([\d,]+)\.", schedule.text):
        assert int(match[3].replace(",", "")) == epochs
        assert (match[2] == "shortened") is (epochs < int(match[1]))
    stopping = plan[Topic.EARLY_STOPPING]
    assert isinstance(stopping.value, int)
    assert stopping.value == first(stopping.text)
    assert stopping.value == epochs or f"a fifth of the {epochs:,} epochs" in stopping.text
    assert ("Train all" in stopping.text) is (schedule.value not in ("plateau", "constant"))
    time = plan[Topic.TRAINING_TIME]
    if isinstance(time.value, float):
        assert task.trained_on is not None
        assert parameter(time, "epochs") == epochs
        unit = 1 if "hour" in time.text.split(" for ")[0] else 60
        assert math.isclose(first(time.text), time.value * unit, rel_tol=0.05)
        hours = epochs * task.trained_on / parameter(time, "images_per_second") / 3600
        assert math.isclose(time.value, hours, rel_tol=1e-9)
        assert f"for {epochs:,} epochs of {task.trained_on:,} images" in time.text


@bounded
@given(st.sampled_from(NETWORKS), RUNS, TASKS)
def test_the_lines_that_count_images_agree(
    network: Network, runs: list[TrainingRun], task: TrainingTask
) -> None:
    plan = training_plan(with_runs(network, *runs), task)
    lines = {advice.topic: advice for advice in plan}
    warm_up, layers = lines[Topic.WARM_UP], lines[Topic.LAYERS_TO_RETRAIN]
    epochs, batch = lines[Topic.SCHEDULE].parameters["epochs"], lines[Topic.BATCH_SIZE]
    if warm_up.value and warm_up.value != 1:
        assert first(warm_up.text) == warm_up.value
    if task.trained_on is not None and isinstance(batch.value, int):
        total = parameter(batch, "effective_batch_size")
        assert lines[Topic.SCHEDULE].parameters["steps"] == math.ceil(float(epochs) * task.trained_on / total)
        assert isinstance(warm_up.value, int | float)
        assert warm_up.parameters["steps"] == math.ceil(warm_up.value * task.trained_on / total)
    if task.trained_on is not None:
        assert ("compare with the head alone" in layers.text) is (task.trained_on < 2_040)
        assert layers.value in ("all", first(layers.text))
    for advice in plan:
        if advice.topic is Topic.OTHER_OPTIMIZER:
            assert first(advice.text) == to_three_digits(parameter(advice, "learning_rate"))
