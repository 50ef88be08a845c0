"""The base of entities, and how their ids derive from their content.

The same thing has the same id in every catalog, so imports are idempotent.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar


class Entity:
    """Base of the dataclasses that cross packages. Pydantic reads them strictly.

    Its configuration is a plain dictionary, because workers must not import pydantic.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}


def is_checkpoint_name(name: str) -> bool:
    """Whether `name` is a checkpoint's: an architecture, a dot and a tag (`resnet50.a1_in1k`)."""
    return "." in name


def architecture_of(name: str) -> str:
    """The architecture of a checkpoint's name. The name of an architecture is its own."""
    return name.partition(".")[0]


def digest(*parts: object) -> str:
    """16 hexadecimal digits that follow from `parts`, which are JSON scalars."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def slug(text: str) -> str:
    """`text` in lower case, with a hyphen for all that is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def hardware_id(name: str, identity: Mapping[str, str | int]) -> str:
    """The id of a target: the slug of its name, and 6 digits that follow from its whole identity."""
    return f"{slug(name)}-{digest(*sorted(identity.items()))[:6]}"
