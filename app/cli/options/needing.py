"""Options that say more of another option."""

from collections.abc import Mapping

from app.errors import IdleOption


def need(option: str, given: Mapping[str, object]) -> None:
    """Refuse those of the options `given`, by name, that have a value. They change nothing without `option`.

    Raises:
        IdleOption: one of them has a value.
    """
    idle = [name for name, value in given.items() if value]
    if idle:
        raise IdleOption(
            f"{' and '.join(idle)} change{'' if len(idle) > 1 else 's'} nothing without {option}.",
            f"Add {option}.",
        )


def alone(option: str, given: Mapping[str, object]) -> None:
    """Refuse those of the options `given`, by name, that have a value. `option` takes none beside it.

    Raises:
        IdleOption: one of them has a value.
    """
    idle = [name for name, value in given.items() if value]
    if idle:
        raise IdleOption(
            f"{' and '.join(idle)} change{'' if len(idle) > 1 else 's'} nothing beside {option}.",
            f"Give {option} alone.",
        )
