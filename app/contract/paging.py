"""Pages of lists."""

from pydantic import (
    BaseModel,
)


class Page(BaseModel):
    """A page of a list. If there is a next page, the header `Link: <...>; rel="next"` names its address."""
