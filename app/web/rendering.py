"""The templates of the pages, and where a page's own addresses lead."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from app.presentation.documents.templating import environment
from app.web.addresses import under_root
from app.web.assets import address

# The name of a checkpoint, which may be longer than a line of a phone.
_CHECKPOINT = re.compile(r"\b([a-z][a-z0-9_]{5,})\.([a-z][a-z0-9_]+)")
# An attribute with an address on this server. Text never has this form: its quotes are escaped.
_OWN_ADDRESS = re.compile(r'(?<=\s)((?:href|src|action|data-library|data-description)=")(/[^"]*)(?=")')


def breakable(text: str) -> Markup:
    """The text as HTML. Within the name of a checkpoint, a line may end before its tag alone."""
    return Markup(_CHECKPOINT.sub(r"\1<wbr>.\2", str(escape(text))))  # noqa: S704 - escaped before


_TEMPLATES = Jinja2Templates(env=environment("app.web", autoescape=True))
_TEMPLATES.env.globals["asset"] = address
_TEMPLATES.env.filters["breakable"] = breakable


def rendered(
    request: Request, name: str, context: Mapping[str, Any], status: int = HTTPStatus.OK
) -> HTMLResponse:
    """The file `name` of `templates/`, which all extend `base.html`.

    Templates write addresses as if the server were shown at `/`. Where a proxy shows it under a path, every
    address in the page begins with that path.
    """
    response = _TEMPLATES.TemplateResponse(request, name, dict(context), status)
    if not request.scope.get("root_path"):
        return response
    moved = _OWN_ADDRESS.sub(
        lambda match: f"{match[1]}{under_root(request, match[2])}", bytes(response.body).decode()
    )
    return HTMLResponse(moved, status)
