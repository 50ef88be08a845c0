"""Measuring suspicious cases again before a build fails.

Where an environment with the baseline's versions is at hand, baseline and candidate are measured in turns,
for as many rounds as it takes to decide: what the machine does for minutes meets both. Otherwise the
candidate is measured again, and what disturbed its first campaign has no part in the new number.
"""

import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import child
from app.calibrating.measuring import Case, case_file
from app.child import DONE, FAILED, INTERRUPTED
from app.errors import CannotMeasureAgain
from app.gate.history import CaseKey, Pair, key_of, value_of
from app.gate.numbers import Change, Number, agree, change, change_in_turns, number_of
from app.gate.verdicts import Rules
from app.presentation.wording.numbers import counted
from catalog.entities.measurements import Measurement
from catalog.extras import DISTRIBUTION
from catalog.opening import open_catalog
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.words.texts import visible
from catalog.words.vocabulary import Provenance

CAMPAIGNS = 2
"""How many campaigns of the candidate follow, where the baseline cannot be measured."""
_A_ROUND = ("--force", "--max-blocks", "20")
# Starting archrank takes a second. A cold disk or a busy machine takes longer.
_STARTING_S = 120.0

Run = Callable[[Sequence[str], Mapping[str, str]], int]
"""Runs a command with these variables beside those of this process. Returns its exit code."""
Tell = Callable[[str], None]


class Interrupted(Exception):
    """Measuring was interrupted."""


@dataclass(frozen=True)
class Place:
    """Where measuring happens: the Python whose packages measure, None for this one, and the catalog that
    keeps what was measured."""

    python: str | None
    url: str


def run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command on this terminal, its output on standard error.

    Raises:
        CannotMeasureAgain: it cannot be started.
    """
    try:
        return child.run(command, variables, on_stderr=True)
    except OSError as error:
        raise CannotMeasureAgain(
            f"Cannot run {command[0]}: {error.strerror}.", "Name the Python of an environment with archrank."
        ) from error


def check_python(python: str) -> None:
    """Refuse a Python that does not start archrank. A gate that learnt it late would have nothing to fail on.

    Raises:
        CannotMeasureAgain: it does not start, or archrank is not installed there.
    """
    remedy = "--baseline-python names the Python of an environment with archrank and the baseline's versions."
    try:
        ended = subprocess.run(
            child.command(["--version"], python),
            check=False,
            capture_output=True,
            text=True,
            timeout=_STARTING_S,
        )
    except OSError as error:
        raise CannotMeasureAgain(f"Cannot run {visible(python)}: {error.strerror}.", remedy) from error
    except subprocess.TimeoutExpired as error:
        raise CannotMeasureAgain(
            f"{visible(python)} did not start archrank in {_STARTING_S:.0f} s.", remedy
        ) from error
    if ended.returncode != DONE or not ended.stdout.startswith(DISTRIBUTION):
        raise CannotMeasureAgain(f"{visible(python)} does not start archrank.", remedy)


def again(pairs: Sequence[Pair], url: str, tell: Tell, run_: Run = run) -> dict[CaseKey, list[Measurement]]:
    """New measurements of the candidate's cases, kept in the catalog at `url`. A case is absent where it was
    not measured in the candidate's environment.

    Raises:
        CannotMeasureAgain: measuring failed.
        Interrupted: somebody interrupted it.
    """
    tell(f"Measuring again: {_names(pairs)}.")
    found: defaultdict[CaseKey, list[Measurement]] = defaultdict(list)
    for number in range(1, CAMPAIGNS + 1):
        tell(f"Campaign {number} of {CAMPAIGNS}.")
        for key, one in _campaign(Place(None, url), pairs, ("--force",), run_).items():
            found[key].append(one)
    by_key = {key_of(pair.now): pair for pair in pairs}
    return {
        key: kept
        for key, measurements in found.items()
        if (kept := [one for one in measurements if one.environment == by_key[key].now.environment])
    }


def in_turns(
    pairs: Sequence[Pair], python: str, rules: Rules, tell: Tell, run_: Run = run
) -> dict[CaseKey, tuple[Change, ...]]:
    """The changes that the rounds of each case found, baseline and candidate measured in turns.

    `python` belongs to an environment with the baseline's versions. The own catalog keeps nothing of it. A
    case is not measured on after a round in which the baseline got no number.

    Raises:
        CannotMeasureAgain: measuring failed, either side has other versions than it had, or the baseline got
            no number in the first round.
        Interrupted: somebody interrupted it.
    """
    first, most = rules.looks[0], rules.looks[-1]
    count = counted(len(pairs), "case")
    tell(f"Measuring {count} of baseline and candidate in turns, in {first} to {most} rounds.")
    rounds: defaultdict[CaseKey, list[Change]] = defaultdict(list)
    open_ = list(pairs)
    with tempfile.TemporaryDirectory(prefix="archrank-gate-") as folder:
        before = Place(python, f"sqlite:///{Path(folder, 'baseline.sqlite')}")
        now = Place(None, f"sqlite:///{Path(folder, 'candidate.sqlite')}")
        for number in range(1, most + 1):
            # The order alternates, so that a machine that becomes slower favours neither.
            order = (before, now) if number % 2 else (now, before)
            taken = {}
            for place in order:
                side = "the baseline" if place is before else "the candidate"
                tell(f"Round {number} of at most {most}: {side}, {_names(open_)}.")
                taken[place] = _campaign(place, open_, _A_ROUND, run_)
            for pair in open_:
                _check_environments(pair, taken[before], taken[now])
                if (found := _round(pair, taken[before], taken[now])) is not None:
                    rounds[key_of(pair.now)].append(found)
            open_ = [pair for pair in open_ if _value(pair, taken[before]) is not None]
            if number == 1 and not open_:
                raise CannotMeasureAgain(
                    "The baseline got no number in the first round.",
                    "What it printed is above. See to it that --baseline-python measures these cases.",
                )
            if number in rules.looks:
                open_ = [
                    pair for pair in open_ if not is_decided(rounds[key_of(pair.now)], rules, len(pairs))
                ]
                tell(f"After {number} rounds, {len(open_)} of {len(pairs)} cases are not decided.")
            if not open_:
                break
    return {key: tuple(found) for key, found in rounds.items() if found}


def is_decided(rounds: Sequence[Change], rules: Rules, cases: int) -> bool:
    """Whether more rounds would hardly change the verdict, which is corrected for so many cases."""
    if not rounds:
        return False
    chance = change_in_turns(rounds).chance_if_no_worse
    is_worse = chance <= rules.false_builds_of_a_look / cases and agree(rounds)
    return is_worse or chance >= rules.suspicion


def _round(
    pair: Pair, before: Mapping[CaseKey, Measurement], now: Mapping[CaseKey, Measurement]
) -> Change | None:
    first, second = _value(pair, before), _value(pair, now)
    return change(first, second, pair.metric.direction) if first and second else None


def _value(pair: Pair, measured: Mapping[CaseKey, Measurement]) -> Number | None:
    """The number that a side of a round has of the case."""
    one = measured.get(key_of(pair.now))
    value = None if one is None else value_of(one, pair.metric)
    return number_of(value) if value else None


def _check_environments(
    pair: Pair, before: Mapping[CaseKey, Measurement], now: Mapping[CaseKey, Measurement]
) -> None:
    for side, taken, known in (("baseline", before, pair.before), ("candidate", now, pair.now)):
        one = taken.get(key_of(pair.now))
        if one is not None and one.environment.runtime_version != known.environment.runtime_version:
            raise CannotMeasureAgain(
                f"The {side} was measured with {known.environment.runtime_version}, and here is "
                f"{one.environment.runtime_version}.",
                "Run the command in the candidate's environment, and let --baseline-python name the Python "
                "of the baseline's.",
            )


def _campaign(
    place: Place, pairs: Sequence[Pair], options: Sequence[str], run_: Run
) -> dict[CaseKey, Measurement]:
    """Measure the cases once. Returns the new measurement of each case that has one.

    Raises:
        CannotMeasureAgain: the profiler ended with a fault.
        Interrupted: somebody interrupted it.
    """
    known = {one.id for one in _measurements(place.url)}
    for cases in _by_device(pairs):
        with case_file(Case(pair.now.workload, pair.now.configuration) for pair in cases) as path:
            command = child.command(["profile", "--cases", str(path), *options], place.python)
            code = run_(command, {"ARCHRANK_CATALOG_URL": place.url})
        if code == INTERRUPTED:
            raise Interrupted
        if code not in (DONE, FAILED):
            raise CannotMeasureAgain(
                f"`archrank profile` ended with exit code {code}.", "Its message is above. Then try again."
            )
    new = [one for one in _measurements(place.url) if one.id not in known]
    return {key_of(one): one for one in new}


def _measurements(url: str) -> list[Measurement]:
    """What was measured, the older first."""
    with open_catalog(url) as catalog, catalog.read() as session:
        return find_measurements(session, MeasurementQuery(provenance=Provenance.MEASURED))[::-1]


def _by_device(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """`archrank profile --cases` takes the cases of one device at a time."""
    parts: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        parts[pair.now.configuration.device].append(pair)
    return list(parts.values())


def _names(pairs: Iterable[Pair]) -> str:
    return ", ".join(f"{pair.now.workload.architecture} ({pair.now.configuration})" for pair in pairs)
