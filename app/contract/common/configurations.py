"""Which configurations a request asks for. Answers hold the entity Configuration itself."""

from dataclasses import Field as DataclassField
from dataclasses import fields
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from pydantic import Field, create_model

from app.contract.common.fields import Count, Request
from catalog.entities.configurations import Configuration


class _Choices(Request):
    """Configurations to consider. A field that is absent or empty allows every value."""

    def allowed(self) -> dict[str, tuple[Any, ...]]:
        """The allowed values by field of a configuration, of the fields that are restricted."""
        asked = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            name: tuple(values) if isinstance(values, list) else (values,)
            for name, values in asked.items()
            if values not in ([], None)
        }


def _choice(field: DataclassField[Any], annotation: Any) -> Any:
    """The request's field for a field of a configuration: a list of values, or yes or no."""
    (kind,) = {*(get_args(annotation) or (annotation,))} - {NoneType}
    about, _, _ = field.metadata["description"].partition(" Absent ")  # what an answer without it means
    if kind is bool:
        return Annotated[bool | None, Field(strict=True, description=f"{about} Absent allows both.")], None
    values: Any = list[Count] if kind is int else list[kind]  # type: ignore[valid-type]
    return Annotated[values, Field(description=f"Allowed values. {about} Empty allows every value.")], []


if TYPE_CHECKING:
    ConfigurationSchema = _Choices
else:
    _ANNOTATIONS = get_type_hints(Configuration)
    ConfigurationSchema = create_model(
        "ConfigurationSchema",
        __base__=_Choices,
        __doc__=_Choices.__doc__,
        **{field.name: _choice(field, _ANNOTATIONS[field.name]) for field in fields(Configuration)},
    )
