"""The time that fine-tuning takes, by the speed of a run on the hardware that trains."""

import shlex

from app.training.advice import ADVICE, Advice, Topic
from app.training.duration.length import Length
from app.training.memory import run_source
from app.training.network import Network
from app.training.sources import TIMM_BENCHMARK
from app.training.task import TrainingTask

_SECONDS_OF_AN_HOUR = 3600


def training_time_advice(network: Network, task: TrainingTask, length: Length, batch: Advice) -> Advice:
    """The hours of fine-tuning with the images per device of `batch`. None where not even one fits, or where
    the images or the speed of training on the target are unknown."""
    if batch.value is None:
        text = "There is no time, because not even one image fits into the memory of a device."
        return Advice(Topic.TRAINING_TIME, None, text, batch.sources, "hours")
    speeds = {
        run: run.train_throughput_ips * (run.input_size / network.input_size) ** 2
        for run in network.runs
        if run.target == task.target and run.train_throughput_ips is not None
    }
    if not speeds:
        return Advice(
            Topic.TRAINING_TIME,
            None,
            f"The time is unknown, because {network.architecture} was not seen training on this target. "
            f"{_remedy(network, task)}",
            (TIMM_BENCHMARK,),
            "hours",
        )
    # The run nearest to the input size, and of equals the fastest.
    run = min(speeds, key=lambda one: (abs(one.input_size - network.input_size), -speeds[one]))
    speed, same_size = speeds[run] * task.devices, run.input_size == network.input_size
    text = f"{run.target_label} trained {run.train_throughput_ips:,.0f} images per second ({run.precision}"
    text += f", {run.layout}, batch {run.batch_size}, {run.input_size} px)."
    if not same_size:
        text += f" By the number of pixels that is {speeds[run]:,.0f} at {network.input_size} px."
    parameters: dict[str, float | str] = {"images_per_second": speed, "epochs": length.epochs}
    smaller = isinstance(batch.value, int) and batch.value < run.batch_size
    how = "computed" if same_size and not smaller else "estimated"
    provenance = f"{ADVICE}, {how} from a {run.provenance} run"
    if task.trained_on is None:
        text += " Give the number of images to learn the hours."
        return Advice(Topic.TRAINING_TIME, None, text, (run_source(run),), "hours", parameters, provenance)
    hours = length.epochs * task.trained_on / speed / _SECONDS_OF_AN_HOUR
    if smaller:
        text += (
            " An image takes longer in smaller batches: those of the plan have "
            f"{batch.value} per device, those of the run {run.batch_size}."
        )
    devices = f" on {task.devices} devices that share the work without loss" if task.devices > 1 else ""
    text = (
        f"{_about(hours)} for {length.epochs:,} epochs of {task.trained_on:,} images{devices}. {text} "
        "Loading images, validating and another optimiser come on top."
    )
    return Advice(Topic.TRAINING_TIME, hours, text, (run_source(run),), "hours", parameters, provenance)


def _remedy(network: Network, task: TrainingTask) -> str:
    """How to learn what training steps of the network take. archrank measures them on a CPU."""
    if task.on_gpu:
        return "Time one epoch, or some steps by timm's benchmark."
    name, size = shlex.quote(network.architecture), network.input_size
    command = f"archrank profile {name} --train --input-size {size}"
    return (
        f"Time one epoch, or measure training steps there: run `{command}`, and ask again. timm's benchmark "
        "measures them too."
    )


def _about(hours: float) -> str:
    number, unit = (hours, "hour") if hours >= 1 else (60 * hours, "minute")
    shown = f"{float(f'{number:.2g}'):,.12g}"  # two digits, and never as 1.7e+03
    return f"About {shown} {unit}{'' if shown == '1' else 's'}"
