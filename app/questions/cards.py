"""The profile card of an architecture: what the catalog holds of it, and what its families' texts say."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.questions.claims import ClaimHere, claims_on
from app.questions.names import find_card
from catalog import host
from catalog.reference.families import Claim, Family, families_of
from catalog.storage.cards import Card
from catalog.storage.database import ReadSession


@dataclass(frozen=True)
class CardAnswer:
    """The card, the families of its architecture, and what their claims come to on this machine."""

    card: Card
    families: tuple[Family, ...]
    claims_here: Mapping[Claim, ClaimHere]


def answer_card(session: ReadSession, name: str) -> CardAnswer:
    """The profile card of the architecture `name`.

    Raises:
        UnknownArchitecture: lists close matches.
    """
    card = find_card(session, name)
    own = families_of(card.architecture.name, card.architecture.family)
    claims = [claim for family in own for claim in family.claims]
    return CardAnswer(card, own, claims_on(session, host.local_target().id, claims))
