"""Commands of the terminal for what an answer shows."""

import shlex

from catalog.entities.configurations import Configuration
from catalog.entities.naming import options_of


def reproduce_command(architecture: str, input_size: int, configuration: Configuration) -> str:
    """The command that measures a case again, quoted for a POSIX shell."""
    options = f"{options_of(configuration)} --input-size {input_size} --force"
    return f"archrank profile {shlex.quote(architecture)}{options}"
