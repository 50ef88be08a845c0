"""The names in a request: what each means in the catalog, or an error that lists the names that exist.

`resolve` takes a whole question, before anything of it is computed.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NewType

from app.errors import (
    UnknownArchitecture,
    UnknownCheckpoint,
    UnknownFamily,
    UnknownLicense,
    UnknownName,
    UnknownTag,
    UnknownTarget,
    UnknownTrainingData,
    UnknownTrainingMethod,
)
from app.questions.asking.question import Question
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.identity import architecture_of
from catalog.reference.names.finding_networks import find_network
from catalog.reference.texts.families import Family, families, family_named
from catalog.reference.texts.licenses import license_id, license_ids
from catalog.storage.database import ReadSession
from catalog.storage.facts import facts, names
from catalog.storage.facts.search import ArchitectureQuery, find_architectures
from catalog.storage.summaries import cards
from catalog.storage.summaries.cards import Card
from catalog.words.spelling import close_matches

ResolvedQuestion = NewType("ResolvedQuestion", Question)
"""A question whose names are those of the catalog: every name exists, and is spelled as the catalog does."""

_SHOWN_OF_A_FAMILY = 5


def resolve(session: ReadSession, question: Question) -> tuple[Target, ResolvedQuestion]:
    """The question with the names of the catalog, and its target.

    Raises:
        UnknownTarget, UnknownFamily, UnknownTag, UnknownLicense, UnknownTrainingData, UnknownTrainingMethod:
            lists the names that exist, and says which are spelt alike.
    """
    target = find_target(session, question.target)

    def each(
        find: Callable[[ReadSession, str, str], str], asked: Iterable[str], field: str
    ) -> tuple[str, ...]:
        return tuple(dict.fromkeys(find(session, name, field) for name in asked))

    resolved = replace(
        question,
        target=target.id,
        families_included=each(find_family, question.families_included, "families"),
        families_excluded=each(find_family, question.families_excluded, "families"),
        tags_included=each(find_tag, question.tags_included, "tags"),
        tags_excluded=each(find_tag, question.tags_excluded, "tags"),
        licenses=each(find_license, question.licenses, "license.allow"),
        training_methods_included=tuple(
            find_training_method(name, "training_methods.include")
            for name in question.training_methods_included
        ),
        training_methods_excluded=tuple(
            find_training_method(name, "training_methods.exclude")
            for name in question.training_methods_excluded
        ),
        training_data_excluded=find_training_data(question.training_data_excluded, "training_data.exclude"),
    )
    return target, ResolvedQuestion(resolved)


def find_family(session: ReadSession, name: str, field: str) -> str:
    """The family that `name` means: a module of timm, or the slug of a family within one.

    Raises:
        UnknownFamily: no network of the catalog belongs to such a family.
    """
    existing = sorted({*names.families(session), *families().keys() & names.tags(session)})
    family = None if name in existing else family_named(name)
    if family is not None and family.slug not in existing:
        raise UnknownFamily(f"No network of the family {name!r}.", field, existing, family.choose_when)
    return _existing(family.slug if family else name, existing, UnknownFamily, "family", field)


def find_tag(session: ReadSession, name: str, field: str) -> str:
    """The tag `name`.

    Raises:
        UnknownTag: no network of the catalog has such a tag.
    """
    existing = names.tags(session)
    if name.casefold() not in map(str.casefold, existing) and _is_training_method(name):
        remedy = (
            f"{name!r} is a way in which weights are trained. Filter by `training_methods`, which is "
            "`--method` and `--without-method` of `archrank recommend`."
        )
        raise UnknownTag(f"Unknown tag {name!r}.", field, existing, remedy)
    return _existing(name, existing, UnknownTag, "tag", field)


def _is_training_method(name: str) -> bool:
    from catalog.reference.facts import training_data  # noqa: PLC0415 - its tables take 0.07 s to read

    return name.casefold() in training_data.METHODS


def find_license(session: ReadSession, name: str, field: str) -> str:
    """The licence `name`, which is an SPDX identifier or a name that timm uses.

    Raises:
        UnknownLicense: the licence is neither among the readings nor that of a checkpoint.
    """
    existing = sorted({*license_ids(), *names.licenses(session)})
    return _existing(license_id(name) or name, existing, UnknownLicense, "licence", field)


def find_targets(session: ReadSession, ids: Iterable[str], field: str) -> list[Target]:
    """The targets with these ids, each once. Without an id, every target.

    Raises:
        UnknownTarget: lists the ids that exist.
    """
    named = [find_target(session, name, field) for name in ids]
    return list({target.id: target for target in named}.values()) or facts.find_targets(session)


def find_target(
    session: ReadSession, name: str, field: str = "target", error: type[UnknownTarget] = UnknownTarget
) -> Target:
    """The target with this id, which the request names in `field`. `local` is this machine.

    Raises:
        error: there is none. Lists the ids that exist.
    """
    local = host.local_target().id
    targets = facts.find_targets(session)
    asked = _spelled(name)
    meant = local if asked == host.LOCAL else asked
    alike = [target for target in targets if _spelled(target.id) == meant]
    target = next((target for target in alike if target.id == name), alike[0] if alike else None)
    if target is not None:
        return target
    ids = [target.id for target in targets]
    allowed = [*ids, *([host.LOCAL] if local in ids else [])]
    if asked == host.LOCAL:
        message = "This machine has not been profiled."
        remedy = (
            "Run `archrank calibrate`, which measures a few networks in six minutes and estimates all "
            "others. Or choose another target."
        )
    else:
        message = f"Unknown target {name!r}."
        close = close_matches(asked, ids)
        near = f"Close matches: {', '.join(close)}. " if close else ""
        remedy = (
            f"{near}Choose a target that `archrank targets` lists. To add hardware, measure there: "
            "`archrank calibrate` on a processor, `archrank calibrate --device cuda` on a GPU. Then run "
            "`archrank catalog export FILE` there, and `archrank catalog import FILE` here."
        )
    raise error(message, field, allowed, remedy)


def _spelled(target: str) -> str:
    """A target's name whatever its capitals, with hyphens between its words, as ids have them."""
    return "-".join(target.casefold().replace("_", " ").split())


def find_candidates(session: ReadSession, candidates: Iterable[str], field: str) -> tuple[str, ...]:
    """The checkpoints and architectures that the names in the request's `field` mean, each once, as the
    catalog names them.

    Raises:
        UnknownCheckpoint: a name means neither. Lists close matches.
    """

    def find(name: str) -> str:
        meant = find_network(session, name)
        if meant is None:
            raise _unknown_candidate(session, name, field)
        return meant

    return tuple(dict.fromkeys(find(name) for name in candidates))


def find_architecture(session: ReadSession, name: str, field: str) -> str:
    """The architecture `name`, or that of the checkpoint `name`.

    Raises:
        UnknownCheckpoint: the name is neither. Lists close matches.
    """
    (known,) = find_candidates(session, [name], field)
    return architecture_of(known)


def find_card(session: ReadSession, name: str) -> Card:
    """All that the catalog holds of the architecture that `name` means, or whose checkpoint it means.

    Raises:
        UnknownArchitecture: lists close matches.
    """
    meant = find_network(session, name)
    card = None if meant is None else cards.find_card(session, architecture_of(meant))
    if card is not None:
        return card
    family = family_named(name)
    if family is not None:
        raise _not_a_network(session, name, family)
    close = _close_architectures(session, name)
    remedy = _close_remedy(close, "resnet50")
    raise UnknownArchitecture(f"Unknown architecture {name!r}.", "name", close, remedy)


def find_training_method(name: str, field: str) -> str:
    """The kind of training `name`.

    Raises:
        UnknownTrainingMethod: there is none. Lists the kinds that exist.
    """
    from catalog.reference.facts import training_data  # noqa: PLC0415 - its tables take 0.07 s to read

    existing = sorted(training_data.METHODS)
    return _existing(name, existing, UnknownTrainingMethod, "training method", field)


def find_training_data(prefixes: Collection[str], field: str) -> tuple[str, ...]:
    """The data sets that `prefixes` mean. Each is a name, or the beginning of several names as `laion`.

    Raises:
        UnknownTrainingData: a name is neither. Lists the names that exist.
    """
    if not prefixes:
        return ()
    from catalog.reference.facts import training_data  # noqa: PLC0415 - its tables take 0.07 s to read

    matches: dict[str, None] = {}
    for prefix in prefixes:
        asked = prefix.casefold()
        matching = [name for name in training_data.DATA if name == asked or name.startswith(f"{asked}-")]
        if not matching:
            raise _unknown(UnknownTrainingData, "training data", prefix, field, sorted(training_data.DATA))
        matches.update(dict.fromkeys(matching))
    return tuple(matches)


def _existing(name: str, existing: Sequence[str], error: type[UnknownName], noun: str, field: str) -> str:
    """The one of the `existing` names that is `name`, whatever its capitals."""
    for known in existing:
        if known.casefold() == name.casefold():
            return known
    raise _unknown(error, noun, name, field, existing)


def _unknown(
    error: type[UnknownName], noun: str, name: str, field: str, existing: Sequence[str]
) -> UnknownName:
    close = close_matches(name, existing)
    remedy = f"Close matches: {', '.join(close)}." if close else f"Known: {', '.join(existing) or 'none'}."
    return error(f"Unknown {noun} {name!r}.", field, existing, remedy)


def _not_a_network(session: ReadSession, name: str, family: Family) -> UnknownArchitecture:
    """The error that leads from the name of a family to its page and its networks."""
    query = ArchitectureQuery(family=family.slug)
    members = [one.architecture.name for one in find_architectures(session, query, limit=_SHOWN_OF_A_FAMILY)]
    what = f"Networks of it: {', '.join(members)}." if members else family.choose_when
    return UnknownArchitecture(
        f"{name!r} names the family {family.title}, not one network.",
        "name",
        members,
        f"{what} The page /families/{family.slug} describes it.",
        family.slug,
    )


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
