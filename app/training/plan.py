"""A training plan: advice on fine-tuning a network, each line with its source. Pure: values in, advice out.

What the catalog knows is used where it can be (memory, layers). What papers and practitioners found is used
where it cannot. Every choice is advice. A computed number names what it was computed from.
"""

from app.training.advice import Advice
from app.training.batch_size import batch_size_advice
from app.training.duration.length import length_of
from app.training.duration.schedule import schedule_advice
from app.training.duration.stopping import early_stopping_advice
from app.training.duration.training_time import training_time_advice
from app.training.duration.warm_up import warm_up_advice
from app.training.layers import layers_advice
from app.training.network import Network
from app.training.optimisation.learning_rate import learning_rate_advice, scales_with_batch
from app.training.optimisation.optimizer import optimizer_advice
from app.training.optimisation.other_optimizers import other_optimizer_lines
from app.training.task import TrainingTask
from catalog.reference.texts.recipes import custom_of


def training_plan(network: Network, task: TrainingTask) -> tuple[Advice, ...]:
    """Advice on fine-tuning pretrained weights of `network`: a line for each topic, and for each optimiser
    that is asked for. Rate, warm-up and schedule follow the images that one update learns from."""
    custom = custom_of(network.architecture, network.family, network.methods)
    course = custom.recipe.course
    batch = batch_size_advice(network, task, course)
    rate = learning_rate_advice(custom, batch.effective)
    length = length_of(custom, task, batch.effective, scales_with_batch(custom))
    return (
        batch.advice,
        optimizer_advice(custom, course),
        rate,
        *other_optimizer_lines(network, task, course, rate),
        schedule_advice(custom, length),
        warm_up_advice(custom, task, batch.effective, length),
        layers_advice(network, task),
        early_stopping_advice(task, course, length),
        training_time_advice(network, task, length, batch.advice),
    )
