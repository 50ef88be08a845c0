"""The pages of families: an index by year and kind with search, and a page each."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from app.contract.common.fields import ShortText
from app.dependencies import FallbackRoute, OpenCatalog
from app.errors import NoSuchFamily
from app.presentation.cards.architectures import architecture_item
from app.presentation.cards.families import family_view
from app.questions.cards.claims import claims_on
from app.web.drawings.lineage import lineage_of, relatives
from app.web.rendering import rendered
from catalog import host
from catalog.reference.texts.families import Family, families, family_named
from catalog.storage.facts.search import ArchitectureQuery, find_architectures
from catalog.words.spelling import close_matches

router = APIRouter(include_in_schema=False, route_class=FallbackRoute)
# More than the largest family has.
_MOST_MEMBERS = 400


@router.get("/families")
def index(
    request: Request,
    q: Annotated[ShortText, Query()] = "",
    kind: Annotated[ShortText, Query()] = "",
) -> HTMLResponse:
    """Families by year, those that the search finds, with the lineage of all."""
    everything = families()
    found = [family for family in everything.values() if _matches(family, q, kind)]
    found.sort(key=lambda family: (family.year, family.title.casefold()))
    context = {
        "q": q,
        "kind": kind,
        "kinds": sorted({family.kind for family in everything.values()}),
        "found": [family_view(family) for family in found],
        "total": len(everything),
        "lineage": lineage_of(everything.values()),
        "searched": bool(q.strip() or kind),
    }
    return rendered(request, "families.html", context)


@router.get("/families/{slug}")
def family(slug: str, request: Request, catalog: OpenCatalog) -> Response:
    """A family: its text, its lineage, and its networks."""
    everything = families()
    described = everything.get(slug) or family_named(slug)
    if described is None:
        close = close_matches(slug, everything)
        remedy = f"Close matches: {', '.join(close)}." if close else "/families lists all families."
        error = NoSuchFamily(f"Unknown family {slug!r}.", "slug", close, remedy)
        return rendered(request, "missing.html", {"error": error}, error.status)
    with catalog.read() as session:
        query = ArchitectureQuery(family=described.slug)
        members = find_architectures(session, query, limit=_MOST_MEMBERS)
        here = claims_on(session, host.local_target().id, described.claims)
    context = {
        "family": family_view(described, here),
        "titles": {one.slug: one.title for one in everything.values()},
        "members": [architecture_item(member) for member in members],
        "lineage": lineage_of(relatives(described.slug, everything)),
    }
    return rendered(request, "family.html", context)


def _matches(family: Family, text: str, kind: str) -> bool:
    """Whether a family is of the kind, and each word of the text is in its name, paper or description."""
    if kind and family.kind != kind:
        return False
    about = (family.slug, family.title, family.paper, family.introduced, family.choose_when, str(family.year))
    content = " ".join(about).casefold()
    return all(word in content for word in text.casefold().split())
