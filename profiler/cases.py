"""A case: what is measured, in which configuration."""

from dataclasses import dataclass

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.vocabulary import Device, Scenario


@dataclass(frozen=True)
class Case:
    """A workload in a configuration; the target is this machine."""

    workload: Workload
    configuration: Configuration

    @property
    def key(self) -> tuple[str, str]:
        return self.workload.id, self.configuration.id

    def __str__(self) -> str:
        run = self.configuration
        parts = [
            f"{self.workload.architecture} {self.workload.input_size} px",
            f"{run.runtime} {run.precision}",
            f"{run.threads} thread{'s' if run.threads != 1 else ''}",
        ]
        if run.device is not Device.CPU:
            parts[-1] = str(run.device)
        if run.compiled:
            parts[1] += " compiled"
        if run.arena is False:
            parts.append("no arena")
        if run.batch_size != 1:
            parts.append(f"batch {run.batch_size}")
        if run.scenario is Scenario.TRAINING:
            parts.append("training")
        elif run.scenario is Scenario.CONCURRENT:
            parts.append(f"{run.clients} clients")
        return ", ".join(parts)
