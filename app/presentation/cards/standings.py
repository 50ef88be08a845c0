"""Where an architecture is among its peers, as the contract shows it."""

from math import exp

import numpy as np

from app.contract.networks.cards import RivalView, StandingView
from app.presentation.answers.candidates import candidate_name, candidate_view
from app.presentation.wording.numbers import counted
from app.questions.cards.standing import Standing, accuracy_gain, slowness
from app.ranking.budget.budget import Budget, BudgetFit, fit_budget

# From this ratio on, "3.0 times as fast" reads better than "200 % faster".
_LARGE_RATIO = 2.0


def standing_view(standing: Standing) -> StandingView:
    """The architecture among its peers."""
    fit = fit_budget(Budget(), standing.columns)
    return StandingView(
        target=standing.target.id,
        candidate=candidate_view(standing.columns, fit, standing.row),
        peers=standing.peers,
        less_accurate=standing.less_accurate,
        slower=standing.slower,
        dominators=standing.dominators,
        dominated_by=[_rival(standing, fit, row) for row in standing.dominated_by],
        rivals=[_rival(standing, fit, row) for row in standing.nearest],
        text=_in_words(standing),
    )


def _rival(standing: Standing, fit: BudgetFit, row: int) -> RivalView:
    return RivalView(
        candidate=candidate_view(standing.columns, fit, row),
        text=_beside(standing, row),
    )


def _beside(standing: Standing, row: int) -> str:
    """How a rival differs in speed and in accuracy."""
    speed, accuracy = _speed(standing, row), _accuracy(standing, row)
    if not speed and not accuracy:
        return "as fast and as accurate within the error"
    return f"{speed or 'as fast within the error'}, {accuracy or 'as accurate within the error'}"


def _speed(standing: Standing, row: int) -> str:
    rows = np.array([row])
    logarithm = float(slowness(standing.columns, standing.times_ms, rows, standing.row)[0])
    if logarithm == 0:
        return ""
    slower, factor = logarithm > 0, exp(abs(logarithm))
    if factor >= _LARGE_RATIO:
        return f"{factor:.1f} times as {'slow' if slower else 'fast'}"
    return f"{100 * (factor - 1):.0f} % {'slower' if slower else 'faster'}"


def _accuracy(standing: Standing, row: int) -> str:
    gain = float(accuracy_gain(standing.columns, np.array([row]), standing.row)[0])
    if gain == 0:
        return ""
    return f"{abs(gain):.1f} points {'more' if gain > 0 else 'less'} accurate"


def _in_words(standing: Standing) -> str:
    size = standing.columns.input_size[standing.row]
    name = f"{candidate_name(standing.columns, standing.row)} at {size} px"
    if not standing.peers:
        return f"No other architecture was run as {name} was on {standing.target.id}."
    peers = counted(standing.peers, "other architecture")
    sentences = [
        f"On {standing.target.id}, {name} is more accurate than {standing.less_accurate} and faster than "
        f"{standing.slower} of {peers} that were run alike."
    ]
    if standing.dominators:
        best = candidate_name(standing.columns, standing.dominated_by[0])
        sentences.append(
            f"{standing.dominators} of the {peers} are at least as accurate and as fast, and better in one "
            f"by more than the error. The most accurate is {best}."
        )
    else:
        sentences.append(
            "None is at least as accurate and as fast, and better in one by more than the error."
        )
    return " ".join(sentences)
