"""Targets as the contract shows them."""

from app.contract.targets import TargetView
from catalog import host
from catalog.entities.configurations import Target


def target_view(target: Target, local_id: str) -> TargetView:
    """A target. The one with the id `local_id` is this machine, which requests also name `local`."""
    return TargetView(
        id=target.id,
        alias=host.LOCAL if target.id == local_id else None,
        kind=target.kind,
        label=target.label,
        identity=dict(target.identity),
    )
