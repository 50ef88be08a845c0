"""The names in a request: what each means in the catalog, or an error that lists known names."""

from collections.abc import Collection, Sequence

from app.errors import UnknownArchitecture, UnknownCheckpoint, UnknownName, UnknownTarget, UnknownTrainingData
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.identity import architecture_of
from catalog.reference import training_data
from catalog.storage import cards, facts
from catalog.storage.cards import Card
from catalog.storage.database import ReadSession
from catalog.storage.facts import find_targets
from catalog.storage.names import architecture_names, checkpoint_names, knows
from catalog.words.spelling import close_matches


def find_target(session: ReadSession, name: str) -> Target:
    """The target with this id; `local` is this machine.

    Raises:
        UnknownTarget: names the known ones.
    """
    local = host.local_target().id
    found = facts.find_target(session, local if name == host.LOCAL else name) if _text(name) else None
    if found is not None:
        return found
    targets = [target.id for target in find_targets(session)]
    known = [*targets, *([host.LOCAL] if local in targets else [])]
    if name == host.LOCAL:
        message = "This machine has not been profiled."
        remedy = "Run `archrank profile --preset starter`, or choose another target."
    else:
        message = f"Unknown target {name!r}."
        remedy = "Choose a target that `archrank targets` lists."
    raise UnknownTarget(message, "target", known, remedy)


def _text(name: str) -> bool:
    """Whether a database may be asked for `name`: NUL and lone surrogates are no text to it."""
    return name.isprintable()


def check_candidate(session: ReadSession, name: str) -> None:
    """Refuse the name of a checkpoint or architecture that the catalog does not hold.

    Raises:
        UnknownCheckpoint: names close matches.
    """
    if _text(name) and knows(session, name):
        return
    architecture = architecture_of(name)
    close = checkpoint_names(session, architecture) if _text(name) else []
    close = close or close_matches(architecture, architecture_names(session))
    remedy = f"close matches: {', '.join(close)}" if close else "names are timm's, as resnet50.a1_in1k"
    raise UnknownCheckpoint(f"unknown checkpoint or architecture {name!r}", "candidate", close, remedy)


def find_card(session: ReadSession, name: str) -> Card:
    """All that is known of the architecture `name`.

    Raises:
        UnknownArchitecture: names close matches.
    """
    card = cards.find_card(session, name) if _text(name) else None
    if card is not None:
        return card
    close = close_matches(name, architecture_names(session))
    remedy = f"close matches: {', '.join(close)}" if close else "names are timm's, as resnet50"
    raise UnknownArchitecture(f"unknown architecture {name!r}", "name", close, remedy)


def check_known(
    error: type[UnknownName], named: Collection[str], known: Sequence[str], word: str, field: str
) -> None:
    """Refuse the first of the names that is not among the known ones.

    Raises:
        error: names the known ones.
    """
    if unknown := sorted(set(named) - set(known)):
        remedy = f"Known {field}: {', '.join(known) or 'none'}."
        raise error(f"Unknown {word} {unknown[0]!r}.", field, known, remedy)


def check_training_data(names: Sequence[str], field: str) -> tuple[str, ...]:
    """The data sets that `names` mean: each names one, or is the beginning of several (`laion`).

    Raises:
        UnknownTrainingData: a name is neither.
    """
    found: dict[str, None] = {}
    for name in names:
        matches = [one for one in training_data.DATA if one == name or one.startswith(f"{name}-")]
        if not matches:
            known = sorted(training_data.DATA)
            raise UnknownTrainingData(
                f"Unknown training data {name!r}.", field, known, f"Known training data: {', '.join(known)}."
            )
        found.update(dict.fromkeys(matches))
    return tuple(found)
