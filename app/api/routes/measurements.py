"""The measurements that numbers come from."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api import paging
from app.api.guards.strictness import StrictRoute
from app.api.responses import problems
from app.contract.common.fields import CURSOR, PAGE_LIMIT, TARGET, ShortText
from app.contract.evidence.measurements import MeasurementPage
from app.dependencies import OpenCatalog
from app.presentation.cards.measurements import measurement_view
from app.questions.asking.names import find_architecture, find_target
from catalog.storage.database import ReadSession
from catalog.storage.measurements.block_counts import block_counts
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements, has_measurement
from catalog.storage.uploads import uploaders_of
from catalog.words.vocabulary import RuntimeName, Status

router = APIRouter(tags=["measurements"], route_class=StrictRoute)

# The samples of one measurement are thousands of numbers, which take some milliseconds of CPU.
_MOST_WITH_SAMPLES = 10


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
    """List measurements, the one that arrived last first. Withdrawn measurements are listed too.

    With samples, a page has at most 10 measurements.
    """
    limit = min(limit, _MOST_WITH_SAMPLES) if samples else limit
    with catalog.read() as session:
        query = MeasurementQuery(
            architecture=find_architecture(session, architecture, "architecture")
            if architecture is not None
            else None,
            target=find_target(session, target).id if target is not None else None,
            runtime=runtime,
            status=status,
            withdrawn=True,
        )
        measurements = find_measurements(
            session,
            query,
            after=_known(session, cursor) if cursor is not None else None,
            limit=limit + 1,
            with_samples=samples,
        )
        ids = [measurement.id for measurement in measurements]
        blocks, uploaders = block_counts(session, ids), uploaders_of(session, ids)
    position = measurements[:limit][-1].id if measurements else ""
    page = paging.cut(request, response, measurements, limit, position)
    return MeasurementPage(
        items=[
            measurement_view(
                measurement,
                blocks=blocks.get(measurement.id),
                uploaded_by=uploaders.get(measurement.id),
                with_samples=samples,
            )
            for measurement in page
        ]
    )


def _known(session: ReadSession, cursor: str) -> str:
    """The id of the measurement that a page ended with."""
    if not (cursor.isprintable() and has_measurement(session, cursor)):
        raise paging.unknown_cursor()
    return cursor
