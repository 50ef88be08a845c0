"""What a worker repeats in each scenario: calls of a single client, calls of several, or training steps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Scenario
from profiler.protocol import concurrency, sampling, training_steps
from profiler.protocol.plan import SamplingPlan
from profiler.protocol.sampling import Clock, Timings, WarmUp

if TYPE_CHECKING:
    from profiler.protocol.network import Images, LoadedNetwork


@dataclass(frozen=True)
class Started:
    """A network, or its clients, after the first calls. `deviation` is the largest of all clients'. It
    is None where there is no expected output."""

    networks: "tuple[LoadedNetwork, ...]"
    configuration: Configuration
    deviation: float | None

    def warm_up(self, plan: SamplingPlan, clock: Clock, steady: Callable[[], bool] = lambda: True) -> WarmUp:
        """Call until the calls take equally long, and the device is `steady`."""
        calls = [network.infer for network in self.networks]
        if self.configuration.scenario is Scenario.CONCURRENT:
            return concurrency.warm_up_concurrently(calls, plan, clock)
        return sampling.warm_up(calls[0], plan, clock, steady)

    def block(self, plan: SamplingPlan, clock: Clock) -> Timings:
        """Time one block of calls.

        Raises:
            CaseFailed: the loss of training is no longer finite.
        """
        calls = [network.infer for network in self.networks]
        if self.configuration.scenario is Scenario.CONCURRENT:
            return concurrency.block_concurrently(calls, plan, clock)
        timings = sampling.block(calls[0], plan, clock)
        if self.configuration.scenario is Scenario.TRAINING:
            training_steps.check(self.networks[0])
        return timings


def start(
    network: "LoadedNetwork",
    configuration: Configuration,
    image: "Images",
    deviation_of: Callable[[Any], float],
) -> Started:
    """Make the first calls of every client, and check their outputs.

    `image` has the shape (1, 3, height, width). A batch repeats it. In training, a batch is noise of its
    shape.

    Raises:
        CaseFailed: `deviation_of` raises it for a wrong output, or training does not learn.
    """
    if configuration.scenario is Scenario.TRAINING:
        network.prepare(training_steps.random_batch(image, configuration.batch_size))
        training_steps.first_steps(network)
        return Started((network,), configuration, None)
    clients = (network, *(network.client() for _ in range(1, configuration.clients)))
    deviations = []
    for client in clients:
        client.prepare(image.repeat(configuration.batch_size, axis=0))
        client.infer()
        deviations.append(deviation_of(client.output()))
    return Started(clients, configuration, max(deviations))


def protocol(plan: SamplingPlan, configuration: Configuration) -> str:
    """The name under which measurements of this configuration by this plan may be compared."""
    if configuration.scenario is not Scenario.TRAINING:
        return plan.protocol
    return f"{plan.protocol}; {training_steps.PROTOCOL}"
