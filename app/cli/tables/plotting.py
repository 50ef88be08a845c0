"""The frontier as a picture, by Matplotlib, which the extra `plot` installs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.errors import CannotDraw
from app.presentation.answers.candidates import candidate_name
from app.questions.answers.comparison import Frontier
from catalog.candidates.category import Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.extras import missing_packages
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Provenance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EXTRA = "plot"
_ENDINGS = (".svg", ".png")
_SIZE_INCHES, _DOTS_PER_INCH, _DOTS_WITHIN_SVG = (9.0, 5.6), 160, 100
_GREY, _LINE = "#b8c0ca", "#0b5cad"
# The area of a ball in points^2 of a million parameters. A network of 25 million parameters has 25.
_AREA_PER_MILLION, _LEAST_AREA, _MOST_AREA = 1.0, 10.0, 300.0
# Labels that would be nearer to one another than this share of the picture's height are left out.
_LEAST_DISTANCE = 0.035
_ROOM_FOR_NAMES = 11.0
# More candidates than that are an image within a vector drawing, which is ten times smaller.
_MOST_DRAWN = 500


def check_plot(path: Path) -> None:
    """Whether a picture can be drawn to `path`, before anything is computed.

    Raises:
        CannotDraw: its ending is of no picture, its folder does not exist, or Matplotlib is missing.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise CannotDraw(
            f"--plot {path} ends in {path.suffix or 'nothing'}.",
            f"Give a name that ends in {' or '.join(_ENDINGS)}.",
        )
    if not path.absolute().parent.is_dir():
        raise CannotDraw(
            f"--plot {path}: there is no folder {path.absolute().parent}.", "Make the folder first."
        )
    if missing := missing_packages(_EXTRA):
        raise CannotDraw(f"--plot needs {', '.join(missing)}.", f"Run `pip install 'archrank[{_EXTRA}]'`.")


def plot_frontier(frontier: Frontier, path: Path) -> None:
    """Draw all candidates with both metrics, and the frontier among these. The picture of the same catalog
    has the same bytes.

    Raises:
        CannotDraw: the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "archrank", "font.size": 9.0, "svg.fonttype": "none"}):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        _draw(figure.add_subplot(), frontier)
        is_svg = path.suffix.lower() == ".svg"
        try:
            figure.savefig(
                path,
                dpi=_DOTS_WITHIN_SVG if is_svg else _DOTS_PER_INCH,
                metadata={"Date": None} if is_svg else {},
            )
        except OSError as error:
            raise CannotDraw(f"Cannot write {path}: {error.strerror}.", "Choose another place.") from error


def _draw(axes: "Axes", frontier: Frontier) -> None:
    columns, (x, y) = frontier.columns, frontier.metrics
    rows = np.array(frontier.rows, dtype=np.int64)
    for metric, axis in ((x, axes.xaxis), (y, axes.yaxis)):
        axis.set_label_text(f"{metric.meaning} ({metric.unit})")
        if metric.subject is not Subject.CHECKPOINT:
            getattr(axes, f"set_{axis.axis_name}scale")("log")
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("")
    if not len(rows):
        axes.set_title(f"No candidate on {frontier.target.label} has {x} and {y}.", loc="left")
        return
    values = {metric: columns.metrics[metric].value for metric in (x, y)}
    known = columns.usable & ~np.isnan(values[x]) & ~np.isnan(values[y])
    axes.scatter(
        values[x][known], values[y][known], s=7, color=_GREY, alpha=0.6, linewidths=0,
        label=f"{np.count_nonzero(known)} candidates", rasterized=np.count_nonzero(known) > _MOST_DRAWN,
    )  # fmt: skip
    axes.plot(
        values[x][rows], values[y][rows], color=_LINE, linewidth=1.2, drawstyle=_steps(x, y), label="frontier"
    )
    _balls(axes, columns, rows, x, y)
    axes.set_title(
        f"{frontier.target.label}: by their numbers, none beats the {len(rows)} on the line", loc="left"
    )
    axes.grid(which="major", color="#e6eaef", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right" if x.cost_sign > 0 else "lower left")


def _steps(x: Metric, y: Metric) -> str:
    """How the line runs between two of the frontier: what is not on it is worse than the one or the other."""
    return "steps-post" if x.cost_sign * y.cost_sign < 0 else "default"


def _balls(axes: "Axes", columns: CandidateColumns, rows: Ints, x: Metric, y: Metric) -> None:
    """The candidates of the frontier: the area is that of the parameters, and hollow means estimated."""
    horizontal, vertical = columns.metrics[x], columns.metrics[y]
    parameters = columns.metrics[Metric.PARAMS_M].value[rows]
    area = np.clip(np.nan_to_num(parameters * _AREA_PER_MILLION, nan=_LEAST_AREA), _LEAST_AREA, _MOST_AREA)
    hollow = np.array([columns.provenance(x, int(row)) is Provenance.ESTIMATED for row in rows])
    axes.errorbar(
        horizontal.value[rows], vertical.value[rows], xerr=_whiskers(horizontal, rows), fmt="none",
        ecolor=_LINE, elinewidth=0.8, alpha=0.6,
    )  # fmt: skip
    axes.scatter(
        horizontal.value[rows], vertical.value[rows], s=area, edgecolors=_LINE, linewidths=0.8, alpha=0.75,
        facecolors=np.where(hollow, "white", _LINE).tolist(), zorder=3,
    )  # fmt: skip
    if axes.get_xscale() == "log":  # room for the names, on the side without candidates
        ends = (
            {"left": horizontal.value[rows].min() / _ROOM_FOR_NAMES}
            if x.cost_sign > 0
            else {"right": horizontal.value[rows].max() * _ROOM_FOR_NAMES}
        )
        axes.set_xlim(**ends)
    _label(axes, columns, rows, x, y)


def _whiskers(column: Any, rows: Ints) -> Floats:
    """How far the interval of each number reaches to its left and right. 0 where it has none."""
    value = column.value[rows]
    low, high = (np.where(np.isnan(end[rows]), value, end[rows]) for end in (column.low, column.high))
    return np.stack([np.maximum(0, value - low), np.maximum(0, high - value)])


def _label(axes: "Axes", columns: CandidateColumns, rows: Ints, x: Metric, y: Metric) -> None:
    """The names, as many as can be read, on the side of the line where no candidate is."""
    horizontal, vertical = columns.metrics[x].value, columns.metrics[y].value
    transform = axes.transData.transform
    heights = transform(np.stack([horizontal[rows], vertical[rows]], axis=1))[:, 1] / axes.bbox.height
    side = x.cost_sign
    above = -y.cost_sign
    last = np.inf
    for place in np.argsort(-above * heights, kind="stable").tolist():
        if abs(last - heights[place]) < _LEAST_DISTANCE:
            continue
        last = heights[place]
        row = int(rows[place])
        axes.annotate(
            candidate_name(columns, row),
            (horizontal[row], vertical[row]),
            xytext=(-5 * side, 4 * above),
            textcoords="offset points",
            fontsize=7,
            ha="right" if side > 0 else "left",
            va="bottom" if above > 0 else "top",
        )
