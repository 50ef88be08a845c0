"""Targets as the contract shows them."""

from app.contract.targets import TargetView
from catalog.entities.configurations import Target


def target_view(one: Target, local_id: str) -> TargetView:
    alias = "local" if one.id == local_id else None
    return TargetView(id=one.id, alias=alias, kind=one.kind, label=one.label, identity=dict(one.identity))
