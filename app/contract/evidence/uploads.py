"""What a server answers to uploaded measurements."""

from typing import Annotated

from pydantic import BaseModel, Field


class UploadResponse(BaseModel):
    """Confirms that all uploaded measurements are stored."""

    measurements: Annotated[
        int,
        Field(description="Number of uploaded measurements. The catalog holds all uploaded measurements."),
    ]
    new: Annotated[
        int, Field(description="Number of uploaded measurements that the catalog did not hold before.")
    ]
