"""Families as the contract shows them."""

from app.contract.families import ClaimView, FamilyView
from catalog.reference.families import Family


def family_view(one: Family) -> FamilyView:
    return FamilyView(
        slug=one.slug,
        title=one.title,
        kind=one.kind,
        year=one.year,
        paper=one.paper,
        url=one.url,
        predecessor=one.predecessor,
        family=one.module,
        introduced=one.introduced,
        strengths=one.strengths,
        drawbacks=one.drawbacks,
        choose_when=one.choose_when,
        claims=[ClaimView(text=claim.text, metric=claim.metric, target=claim.target) for claim in one.claims],
    )
