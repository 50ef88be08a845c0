"""Pages of lists."""

from pydantic import (
    BaseModel,
)


class Page(BaseModel):
    """A page of a list; a `Link: <...>; rel="next"` header leads on while there is more."""
