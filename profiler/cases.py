"""A case: what is measured, in which configuration."""

from dataclasses import dataclass

from catalog.entities.configurations import Configuration
from catalog.entities.networks import IMAGE_CHANNELS, IMAGENET_CLASSES, Workload


@dataclass(frozen=True)
class Case:
    """A workload in a configuration. The target is this machine."""

    workload: Workload
    configuration: Configuration

    @property
    def key(self) -> tuple[str, str]:
        return self.workload.id, self.configuration.id

    def __str__(self) -> str:
        workload = self.workload
        classes = "" if workload.num_classes == IMAGENET_CLASSES else f", {workload.num_classes} classes"
        channels = "" if workload.in_chans == IMAGE_CHANNELS else f", {workload.in_chans} channels"
        return f"{workload.architecture} {workload.input_size} px{classes}{channels}, {self.configuration}"
