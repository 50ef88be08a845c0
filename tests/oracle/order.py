"""Which row is better: the order of a metric, shared ranks, and domination."""

from collections.abc import Callable, Iterable, Sequence
from math import hypot, inf, log, log2, sqrt
from statistics import NormalDist

from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Dataset, Precision, Provenance
from tests.oracle.questions import Question
from tests.oracle.rows import Row
from tests.oracle.world import TOP1_ON

# The half-width of a 95 % interval, in standard errors.
HALF_WIDTH = NormalDist().inv_cdf(0.975)
# How many images an accuracy was taken over.
IMAGES = {metric: dataset.images for dataset, metric in TOP1_ON.items()} | dict.fromkeys(
    (Metric.TOP5, Metric.TOP1_PER_GMAC, Metric.TOP1_PER_MPARAM), Dataset.IMAGENET_VAL.images
)
# Of the interval of a published speed (decision 16).
PUBLISHED_PART = 0.6
SPEEDS = (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS, Metric.TRAIN_THROUGHPUT_IPS)
COST_OF = {Metric.TOP1_PER_GMAC: Metric.GMACS, Metric.TOP1_PER_MPARAM: Metric.PARAMS_M}


def octaves(row: Row, question: Question) -> int:
    """How often the short side of the typical image must double or halve to fit the input, rounded."""
    image = question.get("typical_image")
    if image is None:
        return 0
    return abs(round(log2(row.input_size / min(image["width"], image["height"]))))


def ranked(rows: Iterable[Row], question: Question) -> list[Row]:
    """The rows, best first, where the objective is a metric: by the metric (unknown last), then those nearest
    to the images, then the fastest, then the most accurate, then by key."""
    objective = Metric(question["objective"])
    return sorted(
        rows,
        key=lambda row: (
            row.cost(objective),
            octaves(row, question),
            row.cost(Metric.LATENCY_MS),
            row.cost(Metric.THROUGHPUT_IPS),
            row.cost(Metric.TRAIN_THROUGHPUT_IPS),
            row.cost(Metric.TOP1),
            row.key,
        ),
    )


def collapsed(order: Iterable[Row], question: Question) -> list[Row]:
    """The row that represents each architecture, checkpoint or configuration, in their order.

    It is the first, or of the configurations of its checkpoint at its size that cannot be told apart from it,
    neither in the objective nor in speed, the best known.
    """
    order = list(order)
    name: Callable[[Row], object] = {
        "architecture": lambda row: row.architecture,
        "checkpoint": lambda row: row.name,
        "configuration": id,
    }[question["collapse"]]
    first: dict[object, Row] = {}
    for row in order:
        first.setdefault(name(row), row)
    shown = dict(first)
    for row in order:
        leader = first[name(row)]
        alike = (row.name, row.input_size) == (leader.name, leader.input_size)
        if alike and is_tied(row, leader, question) and uncertainty(row) < uncertainty(shown[name(row)]):
            shown[name(row)] = row
    kept = {id(row) for row in shown.values()}
    return [row for row in order if id(row) in kept]


def is_tied(row: Row, other: Row, question: Question) -> bool:
    """Whether neither the objective nor the time of an image tells two rows apart."""
    if told_apart(row, other, question) or inf in (image_ms(row), image_ms(other)):
        return False
    return not is_faster_or_slower(row, other)


def is_faster_or_slower(row: Row, other: Row) -> bool:
    """Whether the times of an image differ by more than the error of their difference at 95 %."""
    margin = HALF_WIDTH * hypot(speed_error(row), speed_error(other))
    return abs(log(image_ms(row)) - log(image_ms(other))) > margin


def uncertainty(row: Row) -> tuple[bool, float, int, float]:
    """How little is known of a row: whether its accuracy is of another precision, the width of its speed's
    interval in powers of two, its doubts, and half of the interval in per cent.

    A number that was not measured is doubtful.
    """
    doubts = len(row.doubts) + (row.provenance is not Provenance.MEASURED)
    transferred = row.configuration.precision is not Precision.FP32
    error = speed_error(row)
    width = float(round(100 * HALF_WIDTH * error)) if error else inf
    return transferred, round(log2(max(width, 1.0))) if width < inf else inf, doubts, width


def speed_error(row: Row) -> float:
    """The standard error of the logarithm of a row's time per image."""
    metric = metric_of_time(row)
    return 0.0 if metric is None else standard_error(row, metric)


def ranks(order: Sequence[Row], question: Question) -> list[int]:
    """The rank of each row. The first row without one leads the next. It shares its rank with those that
    cannot be told apart from it, unless one of these is better than another by more than the error."""
    found: dict[int, int] = {}
    objective = Metric(question["objective"])
    while left := [place for place in range(len(order)) if place not in found]:
        alike = [place for place in left if not told_apart(order[left[0]], order[place], question)]
        for place in alike:
            row = order[place]
            better = (order[each] for each in alike if order[each].cost(objective) < row.cost(objective))
            if not any(differs(each, row, objective) for each in better):
                found[place] = left[0] + 1
    return [found[place] for place in range(len(order))]


def told_apart(row: Row, other: Row, question: Question) -> bool:
    """Whether two rows differ by more than the error of their difference at 95 %. A row whose number is
    unknown is told apart from one whose number is known."""
    metric = Metric(question["objective"])
    if metric not in row.values or metric not in other.values:
        return metric in row.values or metric in other.values
    return differs(row, other, metric)


def differs(row: Row, other: Row, metric: Metric) -> bool:
    """Whether the numbers of two rows differ by more than the error of their difference at 95 %. Quantities
    are compared by their logarithms."""
    linear = metric.subject is Subject.CHECKPOINT
    mine, theirs = (each.values[metric] if linear else log(each.values[metric]) for each in (row, other))
    return abs(mine - theirs) > HALF_WIDTH * hypot(standard_error(row, metric), standard_error(other, metric))


def standard_error(row: Row, metric: Metric) -> float:
    """Of an accuracy, as a share of so many images. Of the logarithm of any other number. Of a published one
    it is the part that counts where two are compared."""
    if metric.subject is not Subject.CHECKPOINT:
        part = PUBLISHED_PART if row.provenance is Provenance.PUBLISHED else 1.0
        return part * row.deviations.get(metric, 0.0)
    cost = row.values[COST_OF[metric]] if metric in COST_OF else 1.0
    share = min(1.0, max(0.0, row.values[metric] * cost / 100))
    return 100 * sqrt(share * (1 - share) / IMAGES[metric]) / cost


def image_ms(row: Row) -> float:
    """Milliseconds per image. Infinite where unknown."""
    metric = metric_of_time(row)
    if metric is None:
        return inf
    speed = row.values[metric]
    return speed / row.configuration.batch_size if metric is Metric.LATENCY_MS else 1000 / speed


def metric_of_time(row: Row) -> Metric | None:
    """Which number says how long an image takes. Of several clients, it is the throughput."""
    speeds = [metric for metric in SPEEDS if metric in row.values]
    if row.configuration.clients > 1 and Metric.THROUGHPUT_IPS in speeds:
        return Metric.THROUGHPUT_IPS
    return speeds[0] if speeds else None


def dominates(row: Row, other: Row, metrics: Iterable[str], *, timed: bool = False) -> bool:
    """Whether `row` is at least as good in every metric and better in one. With `timed`, the time of an image
    counts too."""
    costs = [(row.cost(Metric(metric)), other.cost(Metric(metric))) for metric in metrics]
    if timed:
        costs.append((image_ms(row), image_ms(other)))
    return all(mine <= theirs for mine, theirs in costs) and any(mine < theirs for mine, theirs in costs)


def dominators(row: Row, rivals: Sequence[Row], metrics: Sequence[str]) -> list[Row] | None:
    """Which `rivals` dominate `row` and differ from it by more than the error in a number, the first of each
    architecture, in their order. Speed counts where any rival has one. None where the row lacks a number."""
    timed = any(image_ms(rival) < inf for rival in rivals)
    if not all(metric in row.values for metric in metrics) or (timed and image_ms(row) == inf):
        return None
    first: dict[str, Row] = {}
    for rival in rivals:
        if dominates(rival, row, metrics, timed=timed) and (
            any(differs(rival, row, Metric(metric)) for metric in metrics)
            or (timed and is_faster_or_slower(rival, row))
        ):
            first.setdefault(rival.architecture, rival)
    return list(first.values())
