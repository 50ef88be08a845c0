"""A training plan: advice on fine-tuning a network, each line with its source. Pure: values in, advice out.

What the catalog knows is used where it can be (memory, layers). What papers and practitioners found is used
where it cannot. Every choice is advice. A computed number names what it was computed from.
"""

from app.training.advice import Advice
from app.training.batch_size import batch_size_advice
from app.training.layers import layers_advice
from app.training.learning_rate import learning_rate_advice
from app.training.network import Network
from app.training.optimizer import optimizer_advice
from app.training.schedule import schedule_advice
from app.training.stopping import early_stopping_advice
from app.training.task import TrainingTask
from app.training.warm_up import warm_up_advice
from catalog.reference.recipes import custom_of


def training_plan(network: Network, task: TrainingTask) -> tuple[Advice, ...]:
    """Advice on fine-tuning pretrained weights of `network`, one line for each topic."""
    custom = custom_of(network.architecture, network.family)
    course = custom.recipe.fine_tuning or custom.recipe.training
    batch = batch_size_advice(network, task, course)
    total = batch.value * task.devices if isinstance(batch.value, int) else None
    return (
        batch,
        optimizer_advice(custom, course),
        learning_rate_advice(custom, total),
        schedule_advice(custom),
        warm_up_advice(custom, task, total),
        layers_advice(network, task),
        early_stopping_advice(task, custom),
    )
