"""Targets as the contract shows them."""

from collections.abc import Iterable
from dataclasses import asdict

from app.contract.targets import SlowdownView, TargetCardView, TargetView
from app.presentation.estimates import basis_view
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.estimates import EstimateBasis
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


def target_card(
    target: Target, local_id: str, slowdowns: Iterable[Slowdown], basis: EstimateBasis | None
) -> TargetCardView:
    """A target, how quiet it was while it was measured, and what its estimates stand on."""
    return TargetCardView(
        **target_view(target, local_id).model_dump(),
        slowdowns=[SlowdownView(**asdict(slowdown)) for slowdown in slowdowns],
        estimates=None if basis is None else basis_view(basis),
    )
