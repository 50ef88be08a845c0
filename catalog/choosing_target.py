"""The target that a command names, by its id or as `local`."""

from catalog import host
from catalog.errors import NoSuchTarget
from catalog.storage.database import ReadSession
from catalog.storage.facts.facts import find_target, find_targets
from catalog.words.spelling import close_matches


def id_of_target(session: ReadSession, name: str) -> str:
    """The id of the target that `name` means.

    Raises:
        NoSuchTarget: there is none. Names those whose ids are spelt alike.
    """
    id_ = host.local_target().id if name == host.LOCAL else name
    if name.isprintable() and find_target(session, id_) is not None:
        return id_
    if name == host.LOCAL:
        raise NoSuchTarget(
            "This machine has not been profiled.",
            "Run `archrank calibrate`, which measures a few networks and estimates all others.",
        )
    alike = close_matches(name, [target.id for target in find_targets(session)])
    raise NoSuchTarget(
        f"Unknown target {name!r}.",
        f"Did you mean {' or '.join(alike)}?" if alike else "`archrank targets` lists the targets.",
    )
