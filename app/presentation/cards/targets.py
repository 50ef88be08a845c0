"""Targets as the contract shows them."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from app.contract.evidence.targets import (
    CoverageView,
    NextStepView,
    SlowdownView,
    TargetCardView,
    TargetPage,
    TargetView,
)
from app.presentation.cards.estimates import basis_view
from app.presentation.wording.numbers import counted
from app.questions.cards.targets import KnownTarget, TargetAnswer
from catalog import host
from catalog.entities.configurations import Target
from catalog.words.vocabulary import Device, Provenance

# A command with more names is hard to read.
_MOST_NAMES = 5
_NOT_COUNTED: Mapping[Provenance, int] = {}


def target_view(
    target: Target, local_id: str, architectures: Mapping[Provenance, int] = _NOT_COUNTED
) -> TargetView:
    """A target. The one with the id `local_id` is this machine, which requests also name `local`."""
    return TargetView(
        id=target.id,
        alias=host.LOCAL if target.id == local_id else None,
        kind=target.kind,
        label=target.label,
        identity=dict(target.identity),
        architectures=dict(architectures),
    )


def _known_view(known: KnownTarget) -> TargetView:
    return target_view(known.target, known.target.id if known.is_local else "", known.architectures)


def target_page(targets: Iterable[KnownTarget]) -> TargetPage:
    """The answer of `GET /v1/targets`."""
    return TargetPage(items=[_known_view(known) for known in targets])


def target_card(answer: TargetAnswer) -> TargetCardView:
    """A target, how much is known of it, how quiet it was, and what its estimates stand on."""
    return TargetCardView(
        **_known_view(answer.known_target).model_dump(),
        known=answer.known,
        coverage=[CoverageView(**vars(coverage)) for coverage in answer.coverage],
        doubtful=list(answer.doubtful),
        next=next_steps(answer),
        slowdowns=[SlowdownView(**asdict(slowdown)) for slowdown in answer.slowdowns],
        estimates=None if answer.basis is None else basis_view(answer.basis),
    )


def next_steps(answer: TargetAnswer) -> list[NextStepView]:
    """What to measure next, the most useful first."""
    known = answer.known_target
    measured = known.architectures.get(Provenance.MEASURED, 0)
    if not measured and not known.is_local:
        return [
            NextStepView(
                text="The numbers were published by others. To have your own of such a machine, measure "
                "there, and import the file where this catalog is.",
                commands=ADD_TARGET if known.target.kind is Device.CPU else _ADD_GPU,
            )
        ]
    on_gpu = known.target.kind is not Device.CPU  # which commands do not choose by themselves
    device = f" --device {known.target.kind}" if on_gpu else ""
    steps = []
    if answer.doubtful:
        names = answer.doubtful[:_MOST_NAMES]
        rest = len(answer.doubtful) - len(names)
        more = f" The first {len(names)} are named." if rest else ""
        steps.append(
            NextStepView(
                text=f"Measurements of {len(answer.doubtful)} architectures have a doubt. Measure longer."
                f"{more}",
                commands=[f"archrank profile {shlex.join(names)}{device} --force --max-blocks 200"],
            )
        )
    if answer.failed:
        steps.append(
            NextStepView(
                text=f"A measurement of {counted(len(answer.failed), 'architecture')} failed. A card says "
                "why, and what to do.",
                commands=[f"archrank card {shlex.quote(name)}" for name in answer.failed[:_MOST_NAMES]],
            )
        )
    if answer.basis is None:
        steps.append(
            NextStepView(
                text=f"{answer.known - measured} of {answer.known} architectures have no number of this "
                "target. A calibration of six minutes estimates nearly all.",
                commands=[f"archrank calibrate{device}"],
            )
        )
    else:
        target = f" --target {known.target.id}" if on_gpu else ""
        steps.append(
            NextStepView(
                text="Numbers of other networks are estimates. Measure those that may be the best for your "
                "budget.",
                commands=[f"archrank recommend{target} --max latency_ms=60 --verify"],
            )
        )
    return steps if known.is_local else [_on_that_machine(step) for step in steps]


def _on_that_machine(step: NextStepView) -> NextStepView:
    """The step for a machine that is not this one."""
    text = f"{step.text} Run it on that machine, export there, and import the file here."
    return step.model_copy(update={"text": text})


ADD_TARGET = [
    "archrank calibrate",
    "archrank catalog export profile.jsonl",
    "archrank catalog import profile.jsonl",
]
"""The commands that add a machine: two on it, and the last where the catalog is."""
_ADD_GPU = ["archrank calibrate --device cuda --precision amp_fp16 --batch-size 256", *ADD_TARGET[1:]]
