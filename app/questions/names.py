"""The names in a request: what each means in the catalog, or an error that lists the names that exist.

`resolve` takes a whole question, before anything of it is computed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NewType

from app.errors import (
    UnknownArchitecture,
    UnknownCheckpoint,
    UnknownFamily,
    UnknownName,
    UnknownTag,
    UnknownTarget,
    UnknownTrainingData,
)
from app.questions.question import Question
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.identity import architecture_of
from catalog.reference import training_data
from catalog.reference.licenses import license_id
from catalog.storage import cards, facts, names
from catalog.storage.cards import Card
from catalog.storage.database import ReadSession
from catalog.words.spelling import close_matches

ResolvedQuestion = NewType("ResolvedQuestion", Question)
"""A question whose names are those of the catalog: every name exists, and is spelled as the catalog does.
Only a licence may be one that no checkpoint has."""


def resolve(session: ReadSession, question: Question) -> tuple[Target, ResolvedQuestion]:
    """The question with the names of the catalog, and its target.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownTrainingData: lists the names that exist.
    """
    target = find_target(session, question.target)
    if families := {*question.families_included, *question.families_excluded}:
        _check(families, names.families(session), UnknownFamily, "family", "families")
    if tags := {*question.tags_included, *question.tags_excluded}:
        _check(tags, names.tags(session), UnknownTag, "tag", "tags")
    resolved = replace(
        question,
        target=target.id,
        # A licence may be named as SPDX or as timm names it. One that nobody read is left as it is.
        licenses=tuple(license_id(name) or name for name in question.licenses),
        training_data_excluded=find_training_data(question.training_data_excluded, "training_data.exclude"),
    )
    return target, ResolvedQuestion(resolved)


def find_targets(session: ReadSession, ids: Iterable[str], field: str) -> list[Target]:
    """The targets with these ids, each once. Without an id, every target.

    Raises:
        UnknownTarget: lists the ids that exist.
    """
    targets = [find_target(session, name, field) for name in dict.fromkeys(ids)]
    return targets or facts.find_targets(session)


def find_target(
    session: ReadSession, name: str, field: str = "target", error: type[UnknownTarget] = UnknownTarget
) -> Target:
    """The target with this id, which the request names in `field`. `local` is this machine.

    Raises:
        error: there is none. Lists the ids that exist.
    """
    local = host.local_target().id
    target = facts.find_target(session, local if name == host.LOCAL else name) if _is_text(name) else None
    if target is not None:
        return target
    ids = [target.id for target in facts.find_targets(session)]
    allowed = [*ids, *([host.LOCAL] if local in ids else [])]
    if name == host.LOCAL:
        message = "This machine has not been profiled."
        remedy = "Run `archrank profile --preset starter`, or choose another target."
    else:
        message = f"Unknown target {name!r}."
        remedy = "Choose a target that `archrank targets` lists."
    raise error(message, field, allowed, remedy)


def find_candidates(session: ReadSession, candidates: Iterable[str], field: str) -> tuple[str, ...]:
    """The names of checkpoints and architectures in the request's `field`, each once.

    Raises:
        UnknownCheckpoint: a name is neither. Lists close matches.
    """
    distinct = tuple(dict.fromkeys(candidates))
    for name in distinct:
        if not (_is_text(name) and names.knows(session, name)):
            raise _unknown_candidate(session, name, field)
    return distinct


def find_card(session: ReadSession, name: str) -> Card:
    """All that the catalog holds of the architecture `name`.

    Raises:
        UnknownArchitecture: lists close matches.
    """
    card = cards.find_card(session, name) if _is_text(name) else None
    if card is not None:
        return card
    close = _close_architectures(session, name)
    remedy = _close_remedy(close, "resnet50")
    raise UnknownArchitecture(f"Unknown architecture {name!r}.", "name", close, remedy)


def find_training_data(prefixes: Iterable[str], field: str) -> tuple[str, ...]:
    """The data sets that `prefixes` mean. Each is a name, or the beginning of several names as `laion`.

    Raises:
        UnknownTrainingData: a name is neither. Lists the names that exist.
    """
    matches: dict[str, None] = {}
    for prefix in prefixes:
        matching = [name for name in training_data.DATA if name == prefix or name.startswith(f"{prefix}-")]
        if not matching:
            allowed = sorted(training_data.DATA)
            remedy = f"Known training data: {', '.join(allowed)}."
            raise UnknownTrainingData(f"Unknown training data {prefix!r}.", field, allowed, remedy)
        matches.update(dict.fromkeys(matching))
    return tuple(matches)


def _check(asked: set[str], existing: Sequence[str], error: type[UnknownName], noun: str, field: str) -> None:
    """Refuse the first of the asked names that does not exist."""
    if unknown := sorted(asked - set(existing)):
        remedy = f"Known {field}: {', '.join(existing) or 'none'}."
        raise error(f"Unknown {noun} {unknown[0]!r}.", field, existing, remedy)


def _unknown_candidate(session: ReadSession, name: str, field: str) -> UnknownCheckpoint:
    architecture = architecture_of(name)
    close = names.checkpoint_names(session, architecture) if _is_text(name) else []
    close = close or _close_architectures(session, architecture)
    remedy = _close_remedy(close, "resnet50.a1_in1k")
    return UnknownCheckpoint(f"Unknown checkpoint or architecture {name!r}.", field, close, remedy)


def _is_text(name: str) -> bool:
    """Whether a database may be asked for `name`: NUL and lone surrogates are no text to it."""
    return name.isprintable()


def _close_architectures(session: ReadSession, name: str) -> list[str]:
    return close_matches(name, names.architecture_names(session))


def _close_remedy(close: Sequence[str], example: str) -> str:
    """What to do about an unknown name: close matches, or how names look."""
    return f"Close matches: {', '.join(close)}." if close else f"Use a name of timm, as {example}."
