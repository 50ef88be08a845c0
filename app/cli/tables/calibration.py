"""What a calibration came to, on a terminal of 80 columns."""

import math
from collections.abc import Iterator

from app.calibrating.calibration import Calibration
from app.calibrating.fitting import LEAST_NETWORKS
from app.cli.tables.layout import add_number_columns, plain_console, plain_table, print_table
from app.presentation.wording.numbers import counted
from catalog import host
from catalog.entities.naming import label_of
from catalog.words.vocabulary import Device


def print_calibration(ended: Calibration) -> None:
    """How well networks were estimated whose measurement was left out, by configuration."""
    console, basis = plain_console(), ended.basis
    new = f", {ended.measured_now} of them new" if ended.measured_now else ""
    failed = f" {counted(ended.failed_now, 'case')} failed." if ended.failed_now else ""
    measurements = f"{len(basis.measurements)} measurements{new}"
    console.print(
        f"Estimates of {basis.target.id} by {basis.estimator}, from {measurements}.{failed}", markup=False
    )
    table = plain_table("configuration", "estimated")
    add_number_columns(table, "measured", "half within", "within 10 %", "in interval", "workloads", "refused")
    for one in basis.accuracies:
        table.add_row(
            label_of(one.configuration),
            one.metric,
            str(one.networks),
            f"{100 * one.median_error:.1f} %",
            f"{100 * one.within_10:.0f} %",
            f"{100 * one.coverage:.0f} %",
            str(one.covered),
            str(one.refused),
        )
    print_table(console, table)
    levels = sorted({f"{100 * one.level:.0f}" for one in basis.accuracies})
    console.print(
        "Each measured network was left out in turn, and estimated from the others. Half of these "
        "estimates were within the error `half within`. The column `in interval` is the share of measured "
        f"numbers within their intervals, which is meant to be {', '.join(levels)} %."
    )
    for sentence in _refusals(ended):
        console.print(sentence, markup=False)
    for configuration, count in ended.too_few:
        console.print(
            f"Not estimated: {label_of(configuration)}, where {count} networks were measured and "
            f"{LEAST_NETWORKS} are needed.",
            markup=False,
        )
    for line in _similar(ended):
        console.print(line, markup=False)
    if not ended.estimates_speeds:
        return
    console.print(
        f"Now ask, as `archrank recommend{_target_option(ended)} --max latency_ms=60 --min top1=70`."
    )


def _refusals(ended: Calibration) -> Iterator[str]:
    """Why workloads have no estimate, and what to do where that is most of them."""
    if any(one.refused for one in ended.basis.accuracies):
        yield (
            "The column `workloads` counts networks at an input size that have an estimate. The others are "
            "refused: their interval would span a factor of ten, or most of their time is in operators that "
            "no measured network has."
        )
    for one in ended.mostly_refused:
        yield (
            f"Hardly estimated: {one.metric} with {label_of(one.configuration)}. "
            f"{one.refused} of {counted(one.covered + one.refused, 'workload')} are refused, because what "
            "was measured says too little of them, as where the machine was busy."
        )
    if not ended.mostly_refused:
        return
    if host.is_here(ended.basis.target):
        device = "" if ended.basis.target.kind is Device.CPU else f" --device {ended.basis.target.kind}"
        yield (
            f"Close other programs, and run `archrank calibrate{device} --force`, which measures the same "
            "networks again. A longer --time-budget measures more networks."
        )
    else:
        yield f"Measure more networks on {ended.basis.target.id}, and import them."


def _similar(ended: Calibration) -> Iterator[str]:
    """The other targets that were learnt from too, each once, the most alike first."""
    basis = ended.basis
    similar = [one for accuracy in basis.accuracies for one in accuracy.similar]
    others = sorted((one for one in similar if one.target != basis.target.id), key=lambda one: one.spread)
    best = {one.target: one for one in reversed(others)}
    for one in sorted(best.values(), key=lambda each: each.spread):
        yield (
            f"Compared with {one.target} ({label_of(one.configuration)}): {one.factor:.2f} times its time, "
            f"within {math.expm1(one.spread):.0%} for two of three networks."
        )


def _target_option(ended: Calibration) -> str:
    target = ended.basis.target.id
    return "" if target == host.local_target().id else f" --target {target}"
