"""Families as the contract shows them."""

from app.contract.families import ClaimView, FamilyView
from catalog.reference.families import Family


def family_view(family: Family) -> FamilyView:
    """A family with its texts and claims."""
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
        claims=[
            ClaimView(text=claim.text, metric=claim.metric, target=claim.target) for claim in family.claims
        ],
    )
