"""A training plan: advice on fine-tuning a network, each line with its source.

Memory and layers come from the catalog if it has the numbers. Other choices come from papers and from
practitioners.
Every choice is advice. A computed number says what it was computed from.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from catalog.entities import TrainingRun
from catalog.recipes import Course, Custom, Decay, Nearness, Optimizer, Schedule, Source, custom_of
from catalog.vocabulary import Provenance

_ADVICE = "advice"

_BENGIO = Source(
    "Practical Recommendations for Gradient-Based Training of Deep Architectures (section 3.1.1)",
    "https://arxiv.org/abs/1206.5533",
)
_GOYAL = Source(
    "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour (sections 2.1 and 2.2)",
    "https://arxiv.org/abs/1706.02677",
)
_GIRSHICK = Source(
    "Rich Feature Hierarchies for Accurate Object Detection and Semantic Segmentation (section 2.3)",
    "https://arxiv.org/abs/1311.2524",
)
_CHEN = Source(
    "Training Deep Nets with Sublinear Memory Cost",
    "https://arxiv.org/abs/1604.06174",
)
_MICIKEVICIUS = Source("Mixed Precision Training", "https://arxiv.org/abs/1710.03740")
_YOSINSKI = Source(
    "How transferable are features in deep neural networks?", "https://arxiv.org/abs/1411.1792"
)
_KORNBLITH = Source("Do Better ImageNet Models Transfer Better?", "https://arxiv.org/abs/1805.08974")
_BIT = Source(
    "Big Transfer (BiT): General Visual Representation Learning (section 3.3)",
    "https://arxiv.org/abs/1912.11370",
)
_PRECHELT = Source("Early Stopping - But When?", "https://doi.org/10.1007/3-540-49430-8_3")
_NIST = Source(
    "NIST/SEMATECH e-Handbook of Statistical Methods (7.2.4.1)",
    "https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm",
)
_GOODFELLOW = Source("Deep Learning (section 5.3)", "https://www.deeplearningbook.org/contents/ml.html")
_ADAM = Source("Adam: A Method for Stochastic Optimization", "https://arxiv.org/abs/1412.6980")
_KESKAR = Source(
    "Improving Generalization Performance by Switching from Adam to SGD", "https://arxiv.org/abs/1712.07628"
)
_TIMM_RESULTS = "https://github.com/huggingface/pytorch-image-models/tree/main/results"
_TIMM_BENCHMARK = Source(
    "timm's benchmark.py", "https://github.com/huggingface/pytorch-image-models/blob/main/benchmark.py"
)

_DEFAULT_BATCH = 32
# As far as Goyal et al. saw the linear rule hold: images of all devices together.
_LARGEST_TOTAL_BATCH = 8192

_BYTES = 4
# Bytes kept for each counted activation of an image, over the four of one fp32 number. The activations that
# are counted are the outputs of convolutions and matrix products; normalisations, non-linearities and the
# gradients in flight come on top, and mixed precision halves a part. Chosen on the 1,089 published runs on an
# RTX 3090 (24 GB, mixed precision, SGD with momentum) whose batch had been shrunk: with this factor and
# allowance 7 of them (0.6 %) would not have fitted; the median estimate is half of the largest power of two
# that fitted. The 7 are densenet201 and networks with EvoNorm.
_ACTIVATION_FACTOR = 3.0
# MB of a device for the framework itself: CUDA's context, libraries and their work space.
_FRAMEWORK_MB = 1000.0
# timm's benchmark and archrank train by SGD with momentum: one number for each weight.
_STATES_OF_RUNS = 1

# The smallest data set (images) on which Kornblith et al. fine-tuned whole networks, and where BiT's small
# tasks end.
_SMALLEST_FINE_TUNED = 2_040
_BIT_SMALL = 20_000

_FINE_TUNING_SHARE = 0.1
# Kornblith et al.: the epochs that fine-tuning took on average where training from scratch took 444.
_FINE_TUNING_EPOCHS = 26
_WARM_UP_EPOCHS = 1
# Of the images, held out where nobody said how many.
_VALIDATION_SHARE = 0.2
# Prechelt's strip, in epochs: the least that stopping should wait.
_STRIP = 5
_PATIENCE_SHARE = 0.2


class Topic(StrEnum):
    """Subject of one line of a training plan."""

    BATCH_SIZE = "batch_size"
    OPTIMIZER = "optimizer"
    LEARNING_RATE = "learning_rate"
    SCHEDULE = "schedule"
    WARM_UP = "warm_up"
    LAYERS_TO_RETRAIN = "layers_to_retrain"
    EARLY_STOPPING = "early_stopping"


@dataclass(frozen=True)
class TrainingTask:
    """What is to be trained on: labelled `images` for training, `validation_images` beside them (None: a
    fifth of `images` is to be held out), and `memory_mb` (MB) of each of `devices`. None is not known."""

    images: int | None = None
    validation_images: int | None = None
    memory_mb: float | None = None
    devices: int = 1

    @property
    def held_out(self) -> int | None:
        """The images that accuracy is validated on."""
        if self.validation_images is not None or self.images is None:
            return self.validation_images
        return math.floor(self.images * _VALIDATION_SHARE)

    @property
    def trained_on(self) -> int | None:
        """The images that are left to train on, at least one."""
        if self.images is None or self.validation_images is not None:
            return self.images
        return max(1, self.images - math.floor(self.images * _VALIDATION_SHARE))


@dataclass(frozen=True)
class Network:
    """What is to be trained: an architecture of timm's module `family` at `input_size` pixels, with its
    counts in the form that is trained (millions) and what was observed of training it. None is unknown."""

    architecture: str
    family: str | None
    input_size: int
    params_m: float | None = None
    activations_m: float | None = None
    weight_layers: int | None = None
    runs: tuple[TrainingRun, ...] = ()


@dataclass(frozen=True)
class Advice:
    """One line: `value` in `unit` (None: it cannot be told), further `parameters`, and why.

    `provenance` is "advice" for what rests on its sources alone; else it says what the number comes from.
    """

    topic: Topic
    value: float | int | str | None
    text: str
    sources: tuple[Source, ...]
    unit: str = ""
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    provenance: str = _ADVICE


def training_plan(network: Network, task: TrainingTask) -> tuple[Advice, ...]:
    """Advice on fine-tuning pretrained weights of `network`, one line for each topic."""
    custom = custom_of(network.architecture, network.family)
    course = custom.recipe.fine_tuning or custom.recipe.training
    batch = _batch_size(network, task, course)
    total = batch.value * task.devices if isinstance(batch.value, int) else None
    return (
        batch,
        _optimizer(custom, course),
        _learning_rate(custom, total),
        _schedule(custom),
        _warm_up(custom, task, total),
        _layers_to_retrain(network, task),
        _early_stopping(task, custom),
    )


# Batch size


@dataclass(frozen=True)
class _Need:
    """The memory (MB) that training takes at a batch size, how to tell it, and what it is known from."""

    of: Callable[[int], float]
    tell: Callable[[float], str]
    provenance: str
    sources: tuple[Source, ...]


def _batch_size(network: Network, task: TrainingTask, course: Course) -> Advice:
    need = _need(network, course)
    if task.memory_mb is None or need is None:
        return _default_batch(task, need)
    if need.of(1) > task.memory_mb:
        return Advice(
            Topic.BATCH_SIZE,
            None,
            f"Not even one image fits into {_mb(task.memory_mb)}. {need.tell(need.of(1))} Choose a smaller "
            "input size or network, or recompute activations (gradient checkpointing).",
            (*need.sources, _CHEN),
            "images per device",
            {"memory_mb": need.of(1)},
            need.provenance,
        )
    batch, most = 1, _largest_batch(task)
    while 2 * batch <= most and need.of(2 * batch) <= task.memory_mb:
        batch *= 2
    why, sources = f"the largest power of two that fits into {_mb(task.memory_mb)}", need.sources
    if need.of(2 * batch) <= task.memory_mb:
        why, sources = _why_no_more(task), sources if _few_images(task) else (*sources, _GOYAL)
    text = f"{batch} images per device, {why}. {need.tell(need.of(batch))}"
    total = batch * task.devices
    if total < _DEFAULT_BATCH and batch < most:
        steps = math.ceil(_DEFAULT_BATCH / total)
        text += f" Accumulate gradients over {steps} steps to learn from {steps * total} images at a time."
        sources = (*sources, _BENGIO)
    return Advice(
        Topic.BATCH_SIZE,
        batch,
        text,
        sources,
        "images per device",
        {"memory_mb": need.of(batch)},
        need.provenance,
    )


def _default_batch(task: TrainingTask, need: _Need | None) -> Advice:
    batch = min(_DEFAULT_BATCH, _largest_batch(task))
    text = f"{batch} images per device. {_DEFAULT_BATCH} is a good default"
    if batch < _DEFAULT_BATCH:
        text += f", but {_why_no_more(task)}"
    if need is None:
        text += ". The memory that this network needs is unknown, so the batch may not fit."
    else:
        text += (
            f". {need.tell(need.of(batch))} Give the memory of a device to get the largest batch that fits."
        )
    return Advice(
        Topic.BATCH_SIZE,
        batch,
        text,
        (_BENGIO, *(need.sources if need else ())),
        "images per device",
        {"memory_mb": need.of(batch)} if need else {},
        need.provenance if need else _ADVICE,
    )


def _largest_batch(task: TrainingTask) -> int:
    """The largest power of two that a device may get of the images, or of the largest step."""
    images = min(task.trained_on or _LARGEST_TOTAL_BATCH, _LARGEST_TOTAL_BATCH)
    return 1 << (max(1, images // task.devices).bit_length() - 1)


def _few_images(task: TrainingTask) -> bool:
    return task.trained_on is not None and task.trained_on < _LARGEST_TOTAL_BATCH


def _why_no_more(task: TrainingTask) -> str:
    if _few_images(task):
        return f"because {task.trained_on:,} training images fill no larger power of two on all devices"
    return f"because a total of more than {_LARGEST_TOTAL_BATCH:,} images costs accuracy"


def _need(network: Network, course: Course) -> _Need | None:
    """The memory by what says most of it: a measured peak, a device that a run fitted, the counts."""
    if network.params_m is None:
        return None
    runs = [run for run in network.runs if run.input_size >= network.input_size]
    for limit, by_run in ((_measured, _need_by_peak), (_held, _need_by_device)):
        known = [(_image_mb(network, run, taken), run) for run in runs if (taken := limit(run)) is not None]
        if known:
            image, run = min(known, key=lambda one: one[0])
            return by_run(_grown(network, course, image, run), run, course)
    return None if network.activations_m is None else _need_by_counts(network, course)


def _measured(run: TrainingRun) -> float | None:
    return run.train_memory_mb


def _held(run: TrainingRun) -> float | None:
    return run.device_memory_mb


def _image_mb(network: Network, run: TrainingRun, taken_mb: float) -> float:
    """The most that an image of a run that took `taken_mb` can have taken, at the network's input size:
    activations grow with the area at least."""
    left = max(0.0, taken_mb - _weights_mb(network, _STATES_OF_RUNS))
    return left / _batch_like(network, run)


def _batch_like(network: Network, run: TrainingRun) -> float:
    """The images of the network's input size that have as many pixels as the batch of the run."""
    return run.batch_size * (run.input_size / network.input_size) ** 2


def _grown(network: Network, course: Course, image_mb: float, run: TrainingRun) -> Callable[[int], float]:
    """The memory of any batch, by what an image took in a run."""
    fixed = _weights_mb(network, course.states)
    # A part of what the run took does not shrink with the batch.
    seen = _batch_like(network, run)
    framework = min(_FRAMEWORK_MB, image_mb * seen)
    return lambda batch: fixed + batch * image_mb + framework * max(0.0, 1 - batch / seen)


def _need_by_peak(of: Callable[[int], float], run: TrainingRun, _: Course) -> _Need:
    taken = _mb(run.train_memory_mb or 0)

    def tell(amount: float) -> str:
        return (
            f"Training takes about {_mb(amount)}: a run of batch {run.batch_size} ({run.precision}, "
            f"{run.layout}) took {taken} on {run.target}."
        )

    return _Need(of, tell, f"{_ADVICE}, estimated from a {run.provenance} run", (_source(run),))


def _need_by_device(of: Callable[[int], float], run: TrainingRun, course: Course) -> _Need:
    held = _mb(run.device_memory_mb or 0)

    def tell(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} takes at most about {_mb(amount)}: a run of batch "
            f"{run.batch_size} ({run.precision}, {run.layout}) fitted into {run.target} ({held})."
        )

    specification = Source(f"Specification of {run.target}", run.device_memory_source)
    return _Need(
        of,
        tell,
        f"{_ADVICE}, estimated from a {run.provenance} run",
        (_source(run), specification, _MICIKEVICIUS),
    )


def _need_by_counts(network: Network, course: Course) -> _Need:
    fixed = _weights_mb(network, course.states) + _FRAMEWORK_MB
    image = (network.activations_m or 0) * _BYTES * _ACTIVATION_FACTOR

    def tell(amount: float) -> str:
        return (
            f"Training with {course.optimizer.label} in mixed precision takes about {_mb(amount)}, estimated "
            "from the parameters and activations. In fp32, expect half the batch to fit. To measure the "
            "largest batch, run timm's benchmark, which shrinks the batch until it fits: python "
            "benchmark.py --bench "
            f"train --amp --model {network.architecture} --img-size {network.input_size}."
        )

    return _Need(
        lambda batch: fixed + batch * image,
        tell,
        f"{_ADVICE}, estimated from counts",
        (_TIMM_BENCHMARK, _MICIKEVICIUS),
    )


def _weights_mb(network: Network, states: int) -> float:
    """Weights, gradients and the optimiser's numbers, all fp32 (also in mixed precision)."""
    return (network.params_m or 0) * _BYTES * (2 + states)


def _source(run: TrainingRun) -> Source:
    return Source(run.source, _TIMM_RESULTS if run.provenance is Provenance.PUBLISHED else None)


# Optimiser, learning rate, schedule, warm-up: the custom of the family


def _whose(custom: Custom) -> str:
    return {
        Nearness.FAMILY: f"customary for {custom.of}",
        Nearness.PREDECESSOR: f"customary for {custom.of}, on which this family builds",
        Nearness.KIND: f"customary for its kind of network ({custom.of.replace('_', '-')}), because no "
        "recipe of its family is known",
        Nearness.UNKNOWN: "a default, because its family is unknown",
    }[custom.nearness]


def _optimizer(custom: Custom, course: Course) -> Advice:
    constants: dict[str, float | str] = dict(course.constants)
    if course.weight_decay is not None:
        constants["weight_decay"] = course.weight_decay
    named = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in constants.items())
    text = f"{course.optimizer.label}{f' with {named}' if named else ''}: {_whose(custom)}."
    sources: tuple[Source, ...] = (course.source,)
    if course.optimizer is Optimizer.SGD:
        text += " Tuned SGD generalises as well as Adam or better. Without time to tune, take Adam."
        sources = (*sources, _KESKAR, _ADAM)
    return Advice(Topic.OPTIMIZER, course.optimizer, text, sources, "", constants)


def _learning_rate(custom: Custom, total: int | None) -> Advice:
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    course = fine_tuning or training
    base = course.learning_rate * (1.0 if fine_tuning else _FINE_TUNING_SHARE)
    # A source that scales an adaptive optimiser's rate does so for the training that it describes.
    linear = course.linear and (fine_tuning is not None or not course.optimizer.adaptive)
    rate = _scaled(base, course, total) if linear else base
    parameters: dict[str, float | str] = {"base_learning_rate": _clean(base)}
    if course.batch is not None:
        parameters["base_batch_size"] = course.batch
    if total is not None:
        parameters["total_batch_size"] = total
    parameters["training_learning_rate"] = _clean(
        _scaled(training.learning_rate, training, total) if training.linear else training.learning_rate
    )
    batch = f" at a total batch of {course.batch:,}" if course.batch else ""
    sources = [course.source]
    if fine_tuning:
        text = f"{rate:.3g} for fine-tuning. The source uses {base:g}{batch}"
    else:
        text = (
            f"{rate:.3g} for fine-tuning. A tenth of the {training.learning_rate:g} of training on "
            f"ImageNet{batch} keeps what the network learned"
        )
        sources.append(_GIRSHICK)
    if linear:
        text += (
            f", scaled linearly to a total of {total:,}"
            if total
            else ". Scale the rate linearly with the total batch"
        )
        sources.append(_GOYAL)
    elif course.optimizer.adaptive:
        text += f". The rate is not scaled with the batch: {course.optimizer.label} needs that less than SGD"
    else:
        text += ". The source states no batch to scale the rate from"
    sources.append(_BENGIO)
    return Advice(
        Topic.LEARNING_RATE,
        _clean(rate),
        f"{text}. The learning rate deserves tuning most: try also a third and three times of it.",
        tuple(sources),
        "",
        parameters,
    )


def _scaled(rate: float, course: Course, total: int | None) -> float:
    return rate if total is None or course.batch is None else rate * total / course.batch


def _fine_tuning_epochs(custom: Custom) -> int:
    fine_tuning = custom.recipe.fine_tuning
    return (fine_tuning.epochs if fine_tuning else None) or _FINE_TUNING_EPOCHS


def _schedule(custom: Custom) -> Advice:
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    course, epochs = fine_tuning or training, _fine_tuning_epochs(custom)
    decay = course.decay and (
        course.decay if fine_tuning else _shortened(course.decay, course.epochs, epochs)
    )
    parameters: dict[str, float | str] = {"epochs": epochs}
    if course.schedule is Schedule.PLATEAU:
        parameters["patience_epochs"] = _plateau_patience(custom)
    if decay is not None:
        parameters["factor"] = _clean(decay.factor)
        if decay.every_epochs is not None:
            parameters["every_epochs"] = _clean(decay.every_epochs)
        moments = decay.at_epochs or tuple(round(share * epochs) for share in decay.at_shares)
        if moments:
            parameters["at_epochs"] = ", ".join(map(str, moments))
    text = f"{_falls(course.schedule, parameters)}: {_whose(custom)}."
    sources = [course.source]
    if fine_tuning is not None and fine_tuning.epochs is not None:
        text += f" Its source fine-tunes for {epochs} epochs."
    else:
        text += f" Fine-tuning took {epochs} epochs on average, and training from scratch 444"
        if decay is not None and decay != course.decay:
            text += f". The schedule of {training.epochs} epochs on ImageNet is shortened to {epochs}"
        text += "."
        sources.append(_KORNBLITH)
    return Advice(Topic.SCHEDULE, course.schedule, text, tuple(sources), "", parameters)


def _shortened(decay: Decay, epochs: int | None, wanted: int) -> Decay:
    """The decay of a training over `epochs` in as many as `wanted`: it ends at the same rate."""
    if epochs is None:
        return decay
    shrink = wanted / epochs
    moments = tuple(max(1, round(moment * shrink)) for moment in decay.at_epochs)
    if decay.every_epochs is None:
        return replace(decay, at_epochs=moments)
    every = decay.every_epochs * shrink
    if every < 1:  # schedulers step once an epoch
        return replace(decay, factor=round(decay.factor ** (1 / every), 3), every_epochs=1)
    return replace(decay, every_epochs=round(every))


def _falls(schedule: Schedule, parameters: Mapping[str, float | str]) -> str:
    if schedule is Schedule.COSINE:
        return "Let the rate fall along half a cosine to zero"
    if schedule is Schedule.CONSTANT:
        return "Keep the rate constant"
    multiply = f"Multiply the rate by {parameters['factor']:g}"
    if schedule is Schedule.PLATEAU:
        return f"{multiply} when {parameters['patience_epochs']} epochs brought no gain"
    if "every_epochs" in parameters:
        every = parameters["every_epochs"]
        return f"{multiply} after every {'epoch' if every == 1 else f'{every:g} epochs'}"
    if "at_epochs" in parameters:
        return f"{multiply} after epochs {parameters['at_epochs']}"
    return f"{multiply} a few times"


def _warm_up(custom: Custom, task: TrainingTask, total: int | None) -> Advice:
    training, fine_tuning = custom.recipe.training, custom.recipe.fine_tuning
    stated = fine_tuning.warm_up_epochs if fine_tuning else None
    epochs = _WARM_UP_EPOCHS if stated is None else stated
    parameters: dict[str, float | str] = {}
    if task.trained_on is not None and total is not None:
        parameters["steps"] = math.ceil(epochs * task.trained_on / total)
    text = f"Raise the rate linearly over the first {_epochs(epochs)}" if epochs else "No warm-up"
    if fine_tuning and stated is not None:
        text, sources = f"{text}, as its source does in fine-tuning.", [fine_tuning.source]
    else:
        text, sources = f"{text}, in which the weights change fastest.", [_GOYAL]
    if training.warm_up_epochs is not None:
        parameters["training_warm_up_epochs"] = training.warm_up_epochs
        text += f" Training on ImageNet warmed up over {_epochs(training.warm_up_epochs)}."
        sources.append(training.source)
    return Advice(Topic.WARM_UP, epochs, text, tuple(sources), "epochs", parameters)


# Layers to retrain, early stopping: by the number of images


def _layers_to_retrain(network: Network, task: TrainingTask) -> Advice:
    images, layers = task.trained_on, network.weight_layers
    sources = (_YOSINSKI, _KORNBLITH, _BIT)
    if images is None:
        return Advice(
            Topic.LAYERS_TO_RETRAIN,
            None,
            "Give the number of images. Few images allow retraining the head alone, many the whole network.",
            sources,
            "layers",
        )
    parameters: dict[str, float | str] = {"images": images}
    if layers:
        parameters["weight_layers"] = layers
    value: int | str
    provenance = _ADVICE
    of = f" of {layers} layers with weights" if layers else ""
    if images >= _BIT_SMALL:
        value = layers or "all"
        text = (
            f"All{f' {layers}' if layers else ''} layers. {images:,} images are enough, and retraining every "
            "layer beat fixed features on nearly every data set that was tried."
        )
    elif images < _SMALLEST_FINE_TUNED:
        value = 1
        text = (
            f"The head alone, 1{of}. In the comparisons that whole networks won, the data sets had more than "
            f"{images:,} images, and more layers overfit sooner. BiT retrains all layers on a short schedule "
            "even with few images, so compare both."
        )
    else:
        # Between the two findings the share is archrank's own, along the logarithm of the images.
        share = math.log(images / _SMALLEST_FINE_TUNED) / math.log(_BIT_SMALL / _SMALLEST_FINE_TUNED)
        value = max(1, round(share * layers)) if layers else f"{max(1, round(100 * share))} %"
        provenance = f"{_ADVICE}, interpolated"
        text = (
            f"The last {value}{of}, because later layers are more specific to their data. The share is "
            f"interpolated from the head at {_SMALLEST_FINE_TUNED:,} images to all layers at {_BIT_SMALL:,} "
            "images. Retraining all layers often wins with fewer images too, so compare both."
        )
    return Advice(Topic.LAYERS_TO_RETRAIN, value, text, sources, "layers", parameters, provenance)


def _patience(custom: Custom) -> int:
    return max(_STRIP, round(_fine_tuning_epochs(custom) * _PATIENCE_SHARE))


def _plateau_patience(custom: Custom) -> int:
    """Half of the patience before stopping, so that the rate falls first."""
    return _patience(custom) // 2


def _early_stopping(task: TrainingTask, custom: Custom) -> Advice:
    patience = _patience(custom)
    parameters: dict[str, float | str] = {"patience_epochs": patience}
    text = (
        f"Stop after {patience} epochs without gain, and keep the best weights. This is a fifth of the "
        f"{_fine_tuning_epochs(custom)} epochs that fine-tuning is expected to take, and at least {_STRIP}."
    )
    if not task.held_out:
        return Advice(
            Topic.EARLY_STOPPING,
            patience,
            f"{text} Give the number of images to learn which gain is more than chance.",
            (_PRECHELT,),
            "epochs",
            parameters,
        )
    delta = 0.5 / math.sqrt(task.held_out)
    parameters |= {"min_delta": delta, "validation_images": task.held_out}
    sources: tuple[Source, ...] = (_PRECHELT, _NIST)
    held_out = f"{task.held_out:,} validation images"
    if task.validation_images is None:
        held_out += f" (a fifth of the {task.images:,}, held out)"
        sources = (*sources, _GOODFELLOW)
    return Advice(
        Topic.EARLY_STOPPING,
        patience,
        f"{text} Count only a gain of more than {100 * delta:.2g} points of accuracy. This is the standard "
        f"error on {held_out}: sqrt(p (1 - p) / n), largest at p = 0.5.",
        sources,
        "epochs",
        parameters,
        f"{_ADVICE}, computed from the validation images",
    )


def _mb(amount: float) -> str:
    return f"{amount:,.0f} MB"


def _epochs(number: float) -> str:
    return "epoch" if number == 1 else f"{number:g} epochs"


def _clean(number: float) -> float:
    """Without the last digits, which binary fractions leave."""
    return float(f"{number:.12g}")
