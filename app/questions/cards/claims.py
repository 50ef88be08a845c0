"""What families' claims come to on a target of the reader's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.reference.texts.families import Claim
from catalog.storage.database import ReadSession
from catalog.storage.summaries.default_numbers import default_numbers
from catalog.words.metrics import Subject


@dataclass(frozen=True)
class ClaimHere:
    """What was measured of a claim's two networks on `target`, which is an id.

    `low` and `high` are the smallest and largest ratio of the number of `left` to that of `right`, over the
    configurations that both were measured in. `holds` says whether the claim holds in all of them.
    """

    target: str
    low: float
    high: float
    holds: bool


def claims_on(session: ReadSession, target: str, claims: Iterable[Claim]) -> Mapping[Claim, ClaimHere]:
    """What the claims come to on the target with the id `target`, each network at its default input size.

    Claims that do not depend on the hardware are absent, as are those whose networks were not both measured.
    """
    on_hardware = [claim for claim in claims if claim.metric.subject is Subject.CASE]
    if not on_hardware:
        return {}
    names = {name for claim in on_hardware for name in (claim.left, claim.right)}
    numbers = default_numbers(session, target, names, {claim.metric for claim in on_hardware})
    found = {}
    for claim in on_hardware:
        left, right = (numbers.get((name, claim.metric), {}) for name in (claim.left, claim.right))
        ratios = [left[run] / right[run] for run in left if right.get(run)]
        if ratios:
            holds = all(claim.holds_of(ratio) for ratio in ratios)
            found[claim] = ClaimHere(target, min(ratios), max(ratios), holds)
    return found
