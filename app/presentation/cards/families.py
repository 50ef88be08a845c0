"""Families as the contract shows them."""

from collections.abc import Mapping

from app.contract.networks.families import ClaimHereView, ClaimView, FamilyView
from app.questions.cards.claims import ClaimHere
from catalog.reference.texts.families import Claim, Family

_NOWHERE: Mapping[Claim, ClaimHere] = {}
# Ratios below this are shown with two decimals, others with one.
_LARGE_RATIO = 2.0


def family_view(family: Family, here: Mapping[Claim, ClaimHere] = _NOWHERE) -> FamilyView:
    """A family with its texts and claims. `here` says what was measured of some claims on this machine."""
    return FamilyView(
        slug=family.slug,
        title=family.title,
        kind=family.kind,
        year=family.year,
        paper=family.paper,
        url=family.url,
        predecessor=family.predecessor,
        family=family.module,
        introduced=family.introduced,
        strengths=family.strengths,
        drawbacks=family.drawbacks,
        choose_when=family.choose_when,
        claims=[_claim(claim, here.get(claim)) for claim in family.claims],
    )


def _claim(claim: Claim, here: ClaimHere | None) -> ClaimView:
    return ClaimView(
        text=claim.text,
        metric=claim.metric,
        target=claim.target,
        here=None if here is None else _here(claim, here),
    )


def _here(claim: Claim, here: ClaimHere) -> ClaimHereView:
    times = " to ".join(dict.fromkeys([_times(here.low), _times(here.high)]))
    text = f"Here: {claim.left} has {times} times the {claim.metric} of {claim.right}"
    return ClaimHereView(
        target=here.target,
        low=here.low,
        high=here.high,
        holds=here.holds,
        text=f"{text}." if here.holds else f"{text}, so the statement does not hold here.",
    )


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= _LARGE_RATIO else f"{ratio:.2f}"
