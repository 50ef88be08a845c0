"""The profile card of an architecture: what the catalog holds of it, what its families' texts say, and where
it is among its peers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.questions.asking.names import find_card, find_target
from app.questions.candidates.held_candidates import CandidateCache
from app.questions.cards.claims import ClaimHere, claims_on
from app.questions.cards.standing import Standing, standing
from catalog import host
from catalog.entities.identity import is_checkpoint_name
from catalog.reference.facts.preprocessing import Preprocessing
from catalog.reference.names.finding_networks import find_network
from catalog.reference.tables.reading import shipped
from catalog.reference.texts.families import Claim, Family, families_of
from catalog.storage.database import ReadSession
from catalog.storage.facts.facts import find_targets
from catalog.storage.summaries.cards import Card


@dataclass(frozen=True)
class CardAnswer:
    """The card, the families of its architecture, and what their claims come to on this machine.

    `asked` is the checkpoint that was asked for, if one was. `preprocessing` says how images become the input
    of a checkpoint, by its name. `standing` is None where no target has its accuracy and its speed.
    """

    card: Card
    families: tuple[Family, ...]
    claims_here: Mapping[Claim, ClaimHere]
    asked: str | None = None
    preprocessing: Mapping[str, Preprocessing] = field(default_factory=dict)
    standing: Standing | None = None


def answer_card(
    session: ReadSession, name: str, candidates: CandidateCache | None = None, target: str | None = None
) -> CardAnswer:
    """The profile card of the architecture or of the checkpoint `name`.

    It is compared with its peers on `target`. Without one, that is this machine, or else the first target
    that has numbers of it. Without `candidates` it is compared with nobody.

    Raises:
        UnknownArchitecture: lists close matches.
        UnknownTarget: lists the ids that exist.
    """
    card = find_card(session, name)
    own = families_of(card.architecture.name, card.architecture.family)
    claims = [claim for family in own for claim in family.claims]
    meant = find_network(session, name)
    asked = meant if meant is not None and is_checkpoint_name(meant) else None
    return CardAnswer(
        card,
        own,
        claims_on(session, host.local_target().id, claims),
        asked,
        shipped().preprocessing({checkpoint.name for checkpoint in card.checkpoints}),
        None if candidates is None else _standing(session, candidates, card, asked, target),
    )


def _standing(
    session: ReadSession, candidates: CandidateCache, card: Card, asked: str | None, target: str | None
) -> Standing | None:
    name = asked or card.architecture.name
    if target is not None:
        return standing(session, candidates, find_target(session, target), name)
    with_numbers = {measurement.target.id for measurement in card.measurements}
    with_numbers |= {basis.target.id for basis, _ in card.estimates}
    local = host.local_target().id
    known = [one for one in find_targets(session) if one.id in with_numbers]
    for one in sorted(known, key=lambda one: (one.id != local, one.id)):
        if (found := standing(session, candidates, one, name)) is not None:
            return found
    return None
