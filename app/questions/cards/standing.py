"""Where a network is among its peers on a target: who beats it in accuracy and speed, and who is nearest.

Peers are candidates of other architectures that run alike: on the same device in the same precision, with as
many threads and clients and as large a batch. The runtime is free. Compared are top-1 accuracy and the time
per image.
"""

from dataclasses import dataclass

import numpy as np

from app.questions.candidates.filters import is_for_tests, is_named
from app.questions.candidates.held_candidates import CandidateCache
from app.questions.candidates.most_accurate import most_accurate
from app.ranking.groups import first_of_each
from app.ranking.order.margins import Distinction, margin, of_difference, speed_margin
from app.ranking.speed import image_ms
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration, Target
from catalog.storage.database import ReadSession
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Scenario

_SHOWN = 3
_NEAREST = 5


@dataclass(frozen=True)
class Standing:
    """The candidate `row` of `columns`, and its peers.

    `row` is the most accurate checkpoint of the architecture in its fastest configuration, or the checkpoint
    that was asked for, as `most_accurate` says. `peers` counts the other architectures. Of these, every
    candidate of `less_accurate` is less accurate by more than the error, and every candidate of `slower` is
    slower. `dominators` counts the architectures that beat the row by more than the error, and `dominated_by`
    has the most accurate of each of the first. `nearest` has the peers that are most alike in both numbers.
    `times_ms` is the time per image of every row.
    """

    target: Target
    columns: CandidateColumns
    row: int
    peers: int
    less_accurate: int
    slower: int
    dominators: int
    dominated_by: tuple[int, ...]
    nearest: tuple[int, ...]
    times_ms: Floats


def standing(session: ReadSession, candidates: CandidateCache, target: Target, name: str) -> Standing | None:
    """The standing of the architecture or checkpoint `name` on `target`. None where it lacks one of the two
    numbers there."""
    columns = candidates.columns(session, target.id)
    top1, times = columns.metrics[Metric.TOP1].value, image_ms(columns)
    inference = columns.configuration.mask(lambda run: run.scenario is not Scenario.TRAINING)
    comparable = columns.usable & inference & ~np.isnan(top1) & ~np.isnan(times)
    own = np.flatnonzero(is_named(columns, name) & comparable)
    if not len(own):
        return None
    row = most_accurate(columns, own, times)
    peers = np.flatnonzero(comparable & _alike(columns, row))
    names = columns.architecture.codes
    better = peers[(top1[peers] >= top1[row]) & (times[peers] <= times[row])]
    distinction = Distinction(columns, [Metric.TOP1], np.append(better, row))
    better = better[distinction.apart(better, row)]
    dominators = _best_of_each(better[np.lexsort((times[better], -top1[better]))], names)
    distance = _distance(top1, times, peers, row)
    nearest = _best_of_each(peers[np.argsort(distance, kind="stable")], names)
    return Standing(
        target=target,
        columns=columns,
        row=row,
        peers=len(np.unique(names[peers])),
        less_accurate=_count_all(names[peers], accuracy_gain(columns, peers, row) < 0),
        slower=_count_all(names[peers], slowness(columns, times, peers, row) > 0),
        dominators=len(dominators),
        dominated_by=tuple(dominators[:_SHOWN].tolist()),
        nearest=tuple(nearest[:_NEAREST].tolist()),
        times_ms=times,
    )


def accuracy_gain(columns: CandidateColumns, rows: Ints, row: int) -> Floats:
    """By how many points each of `rows` is more accurate than `row`. 0 where that is within the error."""
    top1 = columns.metrics[Metric.TOP1].value
    errors = margin(columns, Metric.TOP1, np.append(rows, row))
    return _beyond(top1[rows] - top1[row], of_difference(errors[:-1], errors[-1]))


def slowness(columns: CandidateColumns, times_ms: Floats, rows: Ints, row: int) -> Floats:
    """The logarithm of how many times as slow each of `rows` is as `row`. 0 where that is within the
    error."""
    errors = speed_margin(columns, np.append(rows, row))
    return _beyond(np.log(times_ms[rows]) - np.log(times_ms[row]), of_difference(errors[:-1], errors[-1]))


def _beyond(differences: Floats, errors: Floats) -> Floats:
    return np.where(np.abs(differences) > errors, differences, 0.0)


def _alike(columns: CandidateColumns, row: int) -> Bools:
    """Which rows of other architectures run as `row` does. Networks made for tests are no peers."""
    own = _what_is_fixed(columns.configuration[row])
    alike = columns.configuration.mask(lambda run: _what_is_fixed(run) == own)
    alike &= columns.architecture.codes != columns.architecture.codes[row]
    return alike & ~is_for_tests(columns)


def _what_is_fixed(run: Configuration) -> tuple[object, ...]:
    """What peers have in common. A batch that the memory decided differs from network to network."""
    batch = run.batch_size if run.batch_policy is BatchPolicy.FIXED else run.batch_policy
    return run.device, run.precision, run.threads, run.scenario, run.clients, batch


def _best_of_each(rows: Ints, names: Ints) -> Ints:
    """The first of `rows` of each architecture, in their order."""
    return rows[first_of_each(names[rows])]


def _count_all(names: Ints, is_worse: Bools) -> int:
    """How many names have only rows that are worse."""
    return len(np.setdiff1d(names, names[~is_worse]))


def _distance(top1: Floats, times: Floats, peers: Ints, row: int) -> Floats:
    """How unlike the peers are, each number relative to its spread among them."""
    if not len(peers):
        return np.empty(0)
    logarithms = np.log(times[peers])
    speed = (logarithms - np.log(times[row])) / (logarithms.std() or 1.0)
    accuracy = (top1[peers] - top1[row]) / (top1[peers].std() or 1.0)
    return np.asarray(np.hypot(speed, accuracy))
