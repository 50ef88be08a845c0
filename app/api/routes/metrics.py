"""The server's numbers for Prometheus."""

from fastapi import APIRouter, Request, Response

from app.api.observability.counting import Counting
from app.serving import ServedCatalog
from catalog.errors import CatalogError

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Numbers of requests and of the catalog. It answers without a catalog too."""
    from app.api.observability.metrics import CONTENT_TYPE  # noqa: PLC0415 - loaded when it is first needed

    counting: Counting = request.app.state.metrics
    served: ServedCatalog = request.app.state.catalog
    try:
        opened = served()
    except CatalogError:
        opened = None
    return Response(counting.metrics.text(opened), media_type=CONTENT_TYPE)
