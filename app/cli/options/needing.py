"""Options that change nothing without another option, or beside it."""

from collections.abc import Mapping

from app.errors import IdleOption


def need(option: str, given: Mapping[str, object]) -> None:
    """Refuse those of the options `given`, by name, that have a value. They change nothing without `option`.

    Raises:
        IdleOption: one of them has a value.
    """
    _refuse(given, f"without {option}", f"Add {option}.")


def alone(option: str, given: Mapping[str, object]) -> None:
    """Refuse those of the options `given`, by name, that have a value. `option` takes none beside it.

    Raises:
        IdleOption: one of them has a value.
    """
    _refuse(given, f"beside {option}", f"Give {option} alone.")


def _refuse(given: Mapping[str, object], where: str, remedy: str) -> None:
    idle = [name for name, value in given.items() if value]
    if idle:
        change = "change" if len(idle) > 1 else "changes"
        raise IdleOption(f"{' and '.join(idle)} {change} nothing {where}.", remedy)
