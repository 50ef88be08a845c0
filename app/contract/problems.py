"""Problem documents (RFC 9457)."""

from pydantic import (
    BaseModel,
)


class Fault(BaseModel):
    """One thing wrong with a request."""

    field: str
    detail: str
    allowed: list[str] | None = None


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = []
