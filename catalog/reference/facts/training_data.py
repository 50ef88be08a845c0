"""What the name of a timm checkpoint says about its training: on which data, and by which methods.

A name is `architecture.tag`. The words of the tag, and some of the architecture's, are looked up in
data/training_data.toml. A tag with a word that is in none of its tables says nothing, since that word might
name further data.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Training:
    """Slugs of DATA and of METHODS, from pretraining to fine-tuning. Empty tuples are unknown."""

    data: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


def _training(row: Mapping[str, Any]) -> Training:
    return Training(tuple(row.get("data", ())), tuple(row.get("methods", ())))


_TABLE = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "training_data.toml").read_text(encoding="utf-8")
)

DATA: Mapping[str, str] = MappingProxyType(_TABLE["data"])
"""Every data set that `parse` can name, with its source."""
METHODS: Mapping[str, str] = MappingProxyType(_TABLE["methods"])
"""Every kind of training that `parse` can name."""

_CHECKPOINTS = [(re.compile(row["pattern"]), _training(row)) for row in _TABLE["checkpoints"]]
_ARCHITECTURES = [(re.compile(row["pattern"]), tuple(row["methods"])) for row in _TABLE["architectures"]]
_WORDS = {word: _training(row) for word, row in _TABLE["words"].items()}
_MOST_WORDS = max(word.count("_") for word in _WORDS) + 1
_RECIPE = re.compile("|".join(word for words in _TABLE["recipes"].values() for word in words))
_LABELLED = frozenset(slug for slug in DATA if slug.startswith("imagenet-")) | {"bamboo"}
_MODIFIERS = frozenset({"distillation", "adversarial", "linear-probe", "fine-tuned"})
_AFTERWARDS = ("linear-probe", "fine-tuned")


def parse(checkpoint: str) -> Training:
    """The data and methods that a checkpoint's name gives. Both are empty where it is not understood.

    A data set that was used twice comes where it was used last.
    """
    for pattern, training in _CHECKPOINTS:
        if pattern.fullmatch(checkpoint):
            return training
    architecture, _, tag = checkpoint.partition(".")
    stages = _stages(tag)
    if stages is None:
        return Training()
    data = _last([slug for stage in stages for slug in stage.data])
    methods = [slug for pattern, slugs in _ARCHITECTURES if pattern.search(architecture) for slug in slugs]
    methods += [slug for stage in stages for slug in stage.methods]
    return Training(data, tuple(_methods(data, methods)))


def _stages(tag: str) -> list[Training] | None:
    """What the tag's words mean, in their order. None if a word is in no table."""
    words = tag.split("_")
    stages: list[Training] = []
    while words:
        for length in range(min(_MOST_WORDS, len(words)), 0, -1):
            stage = _WORDS.get("_".join(words[:length]))
            if stage is not None:
                stages.append(stage)
                del words[:length]
                break
        else:
            word = words.pop(0)
            if not _RECIPE.fullmatch(word):
                return None
    return stages


def _methods(data: tuple[str, ...], methods: list[str]) -> Iterator[str]:
    """Every method once. Without a way of pretraining, labelled data was learned by its labels."""
    if data and data[0] in _LABELLED and _MODIFIERS.issuperset(methods):
        yield "supervised"
    yield from (slug for slug in dict.fromkeys(methods) if slug not in _AFTERWARDS)
    yield from (slug for slug in _AFTERWARDS if slug in methods)


def _last(slugs: list[str]) -> tuple[str, ...]:
    return tuple(reversed(dict.fromkeys(reversed(slugs))))
