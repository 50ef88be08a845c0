"""Targets as the contract shows them."""

from collections.abc import Iterable
from dataclasses import asdict

from app.contract.targets import SlowdownView, TargetView, TargetWithSlowdownsView
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.measurements import Slowdown


def target_view(target: Target, local_id: str) -> TargetView:
    """A target. The one with the id `local_id` is this machine, which requests also name `local`."""
    return TargetView(
        id=target.id,
        alias=host.LOCAL if target.id == local_id else None,
        kind=target.kind,
        label=target.label,
        identity=dict(target.identity),
    )


def target_with_slowdowns(
    target: Target, local_id: str, slowdowns: Iterable[Slowdown]
) -> TargetWithSlowdownsView:
    """A target, and how quiet it was while it was measured."""
    return TargetWithSlowdownsView(
        **target_view(target, local_id).model_dump(),
        slowdowns=[SlowdownView(**asdict(slowdown)) for slowdown in slowdowns],
    )
