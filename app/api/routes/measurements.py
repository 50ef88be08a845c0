"""The measurements that numbers come from."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api import paging
from app.api.responses import problems
from app.contract.fields import CURSOR, PAGE_LIMIT, TARGET, ShortText
from app.contract.measurements import MeasurementPage
from app.dependencies import OpenCatalog
from app.errors import InvalidCursor
from app.presentation.measurements import measurement_view
from app.questions.names import find_architecture, find_target
from catalog.storage.finding_measurements import MeasurementQuery, find_measurements
from catalog.words.vocabulary import RuntimeName, Status

router = APIRouter(tags=["measurements"])


@router.get(
    "/v1/measurements",
    response_description="A page of measurements.",
    response_model_exclude_none=True,
    responses=problems(HTTPStatus.UNPROCESSABLE_ENTITY),
)
def get_measurements(
    request: Request,
    response: Response,
    catalog: OpenCatalog,
    target: Annotated[ShortText | None, Query(description=TARGET)] = None,
    architecture: Annotated[
        ShortText | None, Query(description="Name of an architecture, as timm names it.")
    ] = None,
    runtime: Annotated[RuntimeName | None, Query(description="The only allowed runtime.")] = None,
    status: Annotated[
        Status | None, Query(description="Whether the measurements must have numbers or must have failed.")
    ] = None,
    samples: Annotated[
        bool, Query(description="Whether to include the raw samples, with the time of every call.")
    ] = False,
    cursor: Annotated[ShortText | None, Query(description=CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=200, description=PAGE_LIMIT)] = 50,
) -> MeasurementPage:
    """List measurements, the newest one first."""
    with catalog.read() as session:
        query = MeasurementQuery(
            architecture=find_architecture(session, architecture, "architecture")
            if architecture is not None
            else None,
            target=find_target(session, target).id if target is not None else None,
            runtime=runtime,
            status=status,
        )
        measurements = find_measurements(
            session,
            query,
            after=_parse(cursor) if cursor is not None else None,
            limit=limit + 1,
            with_samples=samples,
        )
    last = measurements[:limit][-1] if measurements else None
    position = f"{last.measured_at.isoformat()}~{last.id}" if last else ""
    page = paging.cut(request, response, measurements, limit, position)
    return MeasurementPage(
        items=[measurement_view(measurement, with_samples=samples) for measurement in page]
    )


def _parse(cursor: str) -> tuple[datetime, str]:
    time, _, identity = cursor.partition("~")
    try:
        return datetime.fromisoformat(time).astimezone(UTC), identity
    except (ValueError, OverflowError) as error:
        raise InvalidCursor(
            "The cursor is not one of this list.",
            "Follow the address in the Link header of the previous page.",
        ) from error
