"""What is wrong with a field of a request, said of the option that fills the field."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from app.errors import InvalidOption, InvalidRequest


@dataclass(frozen=True)
class Use:
    """An option or an argument as a command's help names it, and how it is written."""

    name: str
    example: str


OF_FILTERS: Mapping[str, Use] = {"input_size": Use("--input-size", "--input-size 224")}
"""By field, the options of `filtering` whose values a contract may refuse."""


@contextmanager
def named_as_options(uses: Mapping[str, Use]) -> Iterator[None]:
    """Within the context, a field that is refused is called by the option of `uses`, by field. A field that
    none of them fills keeps its name.

    Raises:
        InvalidOption: an option has a value that the contract refuses.
    """
    try:
        yield
    except InvalidRequest as error:
        use = next((use for field, use in uses.items() if f"{error.field}.".startswith(f"{field}.")), None)
        if use is None:
            raise
        detail = error.message.removeprefix(f"{error.field}: ")
        raise InvalidOption(f"{use.name}: {detail}", f"Write it as {use.example}.") from error
