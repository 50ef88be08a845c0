"""What a calibration came to, on a terminal of 80 columns."""

from app.calibrating.calibration import Calibration
from app.cli.layout import add_number_columns, plain_console, plain_table, print_table
from catalog.entities.naming import label_of


def print_calibration(ended: Calibration) -> None:
    """How well networks were estimated whose measurement was left out, by configuration."""
    console, basis = plain_console(), ended.basis
    new = f", {ended.measured_now} of them new" if ended.measured_now else ""
    measurements = f"{len(basis.measurements)} measurements{new}"
    console.print(f"Estimates of {basis.target.id} by {basis.estimator}, from {measurements}.", markup=False)
    table = plain_table("configuration", "estimated")
    add_number_columns(table, "measured", "half within", "within 10 %", "in interval", "networks", "refused")
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
