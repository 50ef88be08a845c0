"""One strictness for all routes: what a request states, it states once, and nothing unknown is passed over.

Pydantic refuses unknown fields of bodies and of queries that are declared as a whole. A `StrictRoute` refuses
the others: unknown parameters, a parameter that is stated twice, and a field that occurs twice in JSON.
"""

import json
from collections.abc import Callable, Coroutine, Iterator
from http import HTTPStatus
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.dependencies import FallbackRoute
from app.errors import InvalidRequest
from catalog.words.json_objects import RepeatedField, with_single_fields


class StrictRoute(FallbackRoute):
    """A route that refuses what it does not know, and what is stated twice."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        parameters = dict(_parameters(self))
        # Pydantic names all unknown parameters at once.
        is_refused_by_schema = any(_schema_of(annotation) for _, annotation in _query(self.dependant))

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                _refuse(request, parameters, pass_unknown=is_refused_by_schema)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            try:
                self._json = json.loads(await self.body(), object_pairs_hook=with_single_fields)
            except RepeatedField as error:
                detail = str(error)
                raise HTTPException(
                    HTTPStatus.BAD_REQUEST, f"{detail[0].upper()}{detail[1:]}. State it once."
                ) from error
        return self._json


def _refuse(request: Request, parameters: dict[str, bool], *, pass_unknown: bool) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in parameters:
            if not pass_unknown:
                raise InvalidRequest(f"The parameter {name[:100]!a} is unknown.", name, list(parameters))
        elif not parameters[name] and names.count(name) > 1:
            raise InvalidRequest(f"The parameter {name} occurs more than once. State it once.", name, [])


def _query(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """The name and the type of every parameter that the endpoint or what it depends on reads."""
    for parameter in dependant.query_params:
        yield parameter.alias, parameter.field_info.annotation
    for other in dependant.dependencies:
        yield from _query(other)


def _parameters(route: FallbackRoute) -> Iterator[tuple[str, bool]]:
    """Every parameter of the route's query, and whether it may occur more than once."""
    for alias, annotation in _query(route.dependant):
        schema = _schema_of(annotation)
        if schema is None:
            yield alias, _is_list(annotation)
            continue
        for name, field in schema.model_fields.items():
            yield field.alias or name, _is_list(field.annotation)


def _schema_of(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_list(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return any(map(_is_list, get_args(annotation)))
    return origin in (list, tuple, set, frozenset) or annotation in (list, tuple, set)
