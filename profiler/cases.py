"""A case: what is measured, in which configuration."""

from dataclasses import dataclass

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload


@dataclass(frozen=True)
class Case:
    """A workload in a configuration. The target is this machine."""

    workload: Workload
    configuration: Configuration

    @property
    def key(self) -> tuple[str, str]:
        return self.workload.id, self.configuration.id

    def __str__(self) -> str:
        return f"{self.workload.architecture} {self.workload.input_size} px, {self.configuration}"
