"""What the catalog knows of targets: how complete it is, how fresh, and how quiet the machines were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import NoSuchTarget
from app.questions.asking.names import find_target
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.coverage import Coverage
from catalog.entities.estimates import EstimateBasis
from catalog.entities.measurements import Slowdown
from catalog.storage.database import ReadSession, held
from catalog.storage.estimates import find_basis
from catalog.storage.facts import facts
from catalog.storage.facts.names import count_architectures
from catalog.storage.summaries.coverage import (
    doubtful_architectures,
    failed_architectures,
    find_coverage,
    networks_with_numbers,
)
from catalog.storage.summaries.slowdowns import last_slowdowns
from catalog.words.vocabulary import Provenance

# Two campaigns of the starter preset.
_SLOWDOWNS = 60


@dataclass(frozen=True)
class KnownTarget:
    """A target, and how many architectures have a number on it, by its provenance."""

    target: Target
    is_local: bool
    architectures: Mapping[Provenance, int]


@dataclass(frozen=True)
class TargetAnswer:
    """All that is known of one target.

    `known` counts the architectures of the catalog. `doubtful` are the architectures whose newest
    measurements have a doubt, by name, and `failed` those whose newest failed. `slowdowns` are the newest,
    the newest first.
    """

    known_target: KnownTarget
    known: int
    coverage: Sequence[Coverage]
    doubtful: Sequence[str]
    failed: Sequence[str]
    slowdowns: Sequence[Slowdown]
    basis: EstimateBasis | None


def answer_targets(session: ReadSession) -> list[KnownTarget]:
    """Every target, by id."""
    counts = networks_with_numbers(session)
    return [_known(target, counts) for target in facts.find_targets(session)]


def answer_target(session: ReadSession, name: str) -> TargetAnswer:
    """The target that `name` means. `local` is this machine.

    Raises:
        NoSuchTarget: there is none. Lists the ids that exist.
    """
    target = find_target(session, name, error=NoSuchTarget)
    answers = _answers(session)
    if target.id not in answers:
        answers[target.id] = _answer(session, target)
    return answers[target.id]


@held
def _answers(_: ReadSession) -> dict[str, TargetAnswer]:
    """By id, the answers of the targets that were asked for since the catalog changed. To count what is known
    of a target takes a tenth of a second."""
    return {}


def _answer(session: ReadSession, target: Target) -> TargetAnswer:
    return TargetAnswer(
        known_target=_known(target, networks_with_numbers(session, target.id)),
        known=count_architectures(session),
        coverage=find_coverage(session, target.id),
        doubtful=doubtful_architectures(session, target.id),
        failed=failed_architectures(session, target.id),
        slowdowns=last_slowdowns(session, target.id, _SLOWDOWNS),
        basis=find_basis(session, target.id),
    )


def _known(target: Target, counts: Mapping[tuple[str, Provenance], int]) -> KnownTarget:
    own = {provenance: counts.get((target.id, provenance), 0) for provenance in Provenance}
    return KnownTarget(
        target,
        target.id == host.local_target().id,
        {provenance: count for provenance, count in own.items() if count},
    )
