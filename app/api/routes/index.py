"""The root of the API: what it offers."""

from importlib.metadata import version

from fastapi import APIRouter, Request

from app.api.guards.strictness import StrictRoute
from app.contract.server.index import IndexView, OperationView

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/v1", include_in_schema=False)
@router.get("/v1/", response_description="The operations of the API.")
def get_index(request: Request) -> IndexView:
    """List the operations of the API."""
    document = request.app.openapi()
    return IndexView(
        name="archrank",
        version=version("archrank"),
        documentation=f"{request.scope.get('root_path', '')}/openapi.json",
        operations=[
            OperationView(method=method.upper(), path=path, summary=_summary(operation["description"]))
            for path, operations in sorted(document["paths"].items())
            for method, operation in operations.items()
        ],
    )


def _summary(description: str) -> str:
    """The first sentence of a description."""
    return f"{' '.join(description.split()).partition('. ')[0].removesuffix('.')}."
