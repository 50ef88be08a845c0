"""The page of an architecture: its profile card."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.contract.common.fields import ShortText
from app.contract.networks.cards import CardView
from app.dependencies import FallbackRoute, HeldCandidates, OpenCatalog
from app.errors import UnknownArchitecture, UnknownTarget
from app.presentation.cards.accuracy_rows import AccuracyRow, accuracy_rows
from app.presentation.cards.cards import card_view
from app.questions.candidates.held_candidates import CandidateCache
from app.questions.cards.cards import CardAnswer, answer_card
from app.web.addresses import under_root
from app.web.drawings.charts import batch_plot, peer_plot, size_plot, speed_bars
from app.web.rendering import rendered
from catalog.storage.database import ReadSession
from catalog.words.vocabulary import Dataset

router = APIRouter(include_in_schema=False, route_class=FallbackRoute)


@router.get("/architectures/{name:path}")
def card(
    name: str,
    request: Request,
    catalog: OpenCatalog,
    candidates: HeldCandidates,
    target: Annotated[ShortText | None, Query()] = None,
) -> Response:
    """The profile card of an architecture or of a checkpoint. The name of a family leads to its page."""
    with catalog.read() as session:
        try:
            answer = _answer(session, name, candidates, target)
        except UnknownArchitecture as error:
            if error.family is not None:
                return RedirectResponse(
                    under_root(request, f"/families/{error.family}"), HTTPStatus.SEE_OTHER
                )
            return rendered(request, "missing.html", {"error": error}, error.status)
    return rendered(request, "card.html", _context(card_view(answer)))


def _answer(session: ReadSession, name: str, candidates: CandidateCache, target: str | None) -> CardAnswer:
    """The card. A target that is unknown, as of an old link, is as if none was asked for."""
    try:
        return answer_card(session, name, candidates, target or None)
    except UnknownTarget:
        return answer_card(session, name, candidates)


def _context(view: CardView) -> dict[str, object]:
    targets = dict.fromkeys(row.target for row in view.speeds)
    return {
        "card": view,
        "best_row": _most_accurate(view),
        "targets": list(targets),
        "bars": speed_bars(view),
        "batches": batch_plot(view.batch_curves),
        "sizes": size_plot(view.size_curves),
        "peers": peer_plot(view.standing) if view.standing else None,
    }


def _most_accurate(view: CardView) -> AccuracyRow | None:
    """The row with the best top-1 on ImageNet's validation images. None where none is published."""
    known = [row for row in accuracy_rows(view.checkpoints) if Dataset.IMAGENET_VAL in row.top1]
    return max(known, key=lambda row: row.top1[Dataset.IMAGENET_VAL], default=None)
