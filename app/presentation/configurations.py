"""Commands of the terminal for what an answer shows."""

from catalog.entities.configurations import Configuration
from catalog.entities.naming import options_of


def reproduce_command(architecture: str, input_size: int, configuration: Configuration) -> str:
    """The command that measures a case again."""
    return f"archrank profile {architecture}{options_of(configuration)} --input-size {input_size} --force"
