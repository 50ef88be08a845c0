"""Errors as RFC 9457 problem details: one document for every way a request can fail."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.contract.common.problems import Fault, Problem
from app.errors import AppError
from app.presentation.requests.faults import faults_of
from catalog.errors import ArchrankError, CatalogError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "5"
"""When to ask again a server that is overloaded, stops, or lacks its catalog. A restart takes 2 to 5 s."""
_MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON, or a field of it occurs twice.",
    HTTPStatus.UNAUTHORIZED: "The request has no key, or one that is unknown, revoked or expired.",
    HTTPStatus.FORBIDDEN: "The key does not open this.",
    HTTPStatus.NOT_FOUND: "The catalog has nothing of the name in the path.",
    HTTPStatus.NOT_ACCEPTABLE: "No representation that the request accepts exists.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "A measurement would take the place of what the catalog holds.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The content type of the body is not accepted.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests. The header Retry-After says when to try again.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than the server accepts.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request has an invalid field, which the answer names.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The catalog cannot be read, or the server is too busy. The header "
    "Retry-After says when to try again.",
}


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(CatalogError, _catalog_error)
    app.add_exception_handler(Exception, _internal_error)
    _declare_media_type(app)


def problem(request: Request, status: int, detail: str, errors: list[Fault] | None = None) -> JSONResponse:
    """A problem document as a response."""
    document = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=errors or [],
    )
    headers = {"Retry-After": RETRY_AFTER_S} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(document.model_dump(exclude_none=True), status, headers, media_type=MEDIA_TYPE)


def _declare_media_type(app: FastAPI) -> None:
    """Make the OpenAPI document describe every error as a problem document, with its meaning."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        for path in document["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if int(status) in _MEANINGS:
                        response["description"] = _MEANINGS[HTTPStatus(int(status))]
                    if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in content:
                        content[MEDIA_TYPE] = content.pop("application/json")
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = faults_of(error.errors(), _request_schema(request))
    if error.errors()[0]["loc"] == ("body",) and not _is_json(request.headers.get("content-type", "")):
        faults = [Fault(field="body", detail="Send a JSON object, with the content type application/json.")]
    if any(entry["type"] == "json_invalid" for entry in error.errors()):
        not_json = [Fault(field="body", detail=str(entry["ctx"]["error"])) for entry in error.errors()]
        return problem(request, HTTPStatus.BAD_REQUEST, "The body is not JSON.", not_json)
    fields = ", ".join(dict.fromkeys(fault.field for fault in faults))
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"Invalid fields: {fields}.", faults)


def _is_json(content_type: str) -> bool:
    """Whether FastAPI reads a body of this type as JSON."""
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


def _http_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    of_body = error.status_code in (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )
    unread = _why_unread(error.__cause__) if error.status_code == HTTPStatus.BAD_REQUEST else ""
    detail = "The body is not JSON." if unread else str(error.detail)
    faults = [Fault(field="body", detail=unread or str(error.detail))] if of_body else []
    response = problem(request, error.status_code, detail, faults)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    response.headers.update(headers)
    return response


def _why_unread(cause: BaseException | None) -> str:
    """Why FastAPI could not read a body as JSON, where it is no mistake of the syntax. Empty for others."""
    if isinstance(cause, UnicodeDecodeError):
        return "It is not text in UTF-8."
    if isinstance(cause, RecursionError):
        return "It is nested too deeply."
    return "A number has too many digits." if isinstance(cause, ValueError) and "digits" in str(cause) else ""


def _methods_of(request: Request) -> set[str]:
    """The methods of all routes of the request's path. Starlette names those of the first alone."""
    methods = {
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    # app/api/guards/gate.py answers HEAD wherever GET is.
    return methods | ({"HEAD"} if "GET" in methods else set())


def _app_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, AppError):
        raise error
    fault = Fault(field=error.field, detail=error.message, allowed=list(error.allowed))
    return problem(request, error.status, _sentence(error), [fault])


def _catalog_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CatalogError):
        raise error
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, _sentence(error))


def _internal_error(request: Request, _error: Exception) -> JSONResponse:
    return problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "An error in archrank. The server's log has the details."
    )


def _sentence(error: ArchrankError) -> str:
    return f"{error.message} {error.remedy}" if error.remedy else error.message


def _request_schema(request: Request) -> type[BaseModel] | None:
    """The schema of the body, or of the whole query, that the request's route declares."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return None
    parameters = [*route.dependant.body_params, *route.dependant.query_params]
    schemas = (parameter.field_info.annotation for parameter in parameters)
    return next(
        (schema for schema in schemas if isinstance(schema, type) and issubclass(schema, BaseModel)), None
    )
