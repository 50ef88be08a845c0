"""Configurations as the contract shows them, and the command that measures one again."""

from dataclasses import asdict
from functools import lru_cache

from app.contract.configurations import ConfigurationView
from catalog.entities.configurations import Configuration
from catalog.words.vocabulary import Device, Scenario


def reproduce_command(architecture: str, input_size: int, run: Configuration) -> str:
    """The command that measures a case again."""
    training = "--train " if run.scenario is Scenario.TRAINING else ""
    device = f"--device {run.device} " if run.device is not Device.CPU else ""
    clients = f"--clients {run.clients} " if run.clients > 1 else ""
    return (
        f"archrank profile {architecture} {training}{device}--runtime {run.runtime} "
        f"--precision {run.precision} --threads {run.threads} {clients}--batch-size {run.batch_size} "
        f"--input-size {input_size}"
        f"{' --compiled' if run.compiled else ''}{' --no-arena' if run.arena is False else ''} --force"
    )


@lru_cache(maxsize=1024)
def configuration_view(run: Configuration) -> ConfigurationView:
    return ConfigurationView(**asdict(run))
