"""How families were customarily trained, by the papers and the code that say so.

The figures are in data/recipes.toml. An architecture has the recipe of the most specific of its families
that has one. If none has, it has the recipe of their nearest predecessor that has one. Otherwise it has the
recipe of its kind. A transformer whose weights were pretrained without labels has the recipe of its
pretraining before that of its family.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from catalog.reference.texts.families import Family, families, families_of
from catalog.words.optimizers import Optimizer

_TABLE = Path(__file__).parents[1] / "data" / "recipes.toml"
# An adaptive optimiser trains both convolutions and attention, so it serves where not even the kind is known.
_KIND_OF_THE_UNKNOWN = "transformer"


# Methods of training that learn from labels, as the weights did that the recipes of families are for.
_BY_LABELS = {"supervised", "semi-supervised", "weakly-supervised"}
# Whose recipe serves a transformer that was pretrained without labels in a way that has none. Of these ways,
# DINOv2, DINOv3 and I-JEPA hide patches of the image, as BEiT does.
_OTHER_PRETRAINING = "beit"
# What is pretrained so is a transformer, or builds on the family of plain ones.
_PLAIN_TRANSFORMER = "vision_transformer"


# Numbers that an optimiser keeps for each weight beside its gradient. Momentum adds one to the first two.
_STATES = {
    Optimizer.SGD: 0,
    Optimizer.RMSPROP: 1,
    Optimizer.ADAGRAD: 1,
}
_TAKES_MOMENTUM = {Optimizer.SGD, Optimizer.RMSPROP}


class Schedule(StrEnum):
    """How the learning rate falls."""

    PLATEAU = "plateau"
    STEP = "step"
    EXPONENTIAL = "exponential"
    COSINE = "cosine"
    CONSTANT = "constant"


@dataclass(frozen=True)
class Source:
    """Where a statement can be read. `url` is None for what was measured here."""

    title: str
    url: str | None


@dataclass(frozen=True)
class Decay:
    """By which `factor` the learning rate is multiplied, and when: every so many epochs, after given epochs,
    or after shares of all epochs. Without any, the source leaves the moments open, or a plateau decides."""

    factor: float
    every_epochs: float | None = None
    at_epochs: tuple[int, ...] = ()
    at_shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Course:
    """One way to train. `learning_rate` was stated for a total batch of `batch` images (None: not stated).

    `scales_with_batch` says that the source, or its code, scales the rate linearly with the batch.
    `weight_decay`, `warm_up_epochs` and `epochs` are None where it does not state them.
    """

    optimizer: Optimizer
    learning_rate: float
    scales_with_batch: bool
    schedule: Schedule
    title: str
    url: str
    where: str
    batch: int | None = None
    constants: Mapping[str, float] = field(default_factory=dict)
    decay: Decay | None = None
    weight_decay: float | None = None
    warm_up_epochs: float | None = None
    epochs: int | None = None

    @property
    def source(self) -> Source:
        return Source(f"{self.title} ({self.where})", self.url)

    @property
    def linear(self) -> bool:
        """Whether the rate is to follow the batch: by the linear rule for SGD and RMSprop, by the source for
        adaptive optimisers."""
        return self.batch is not None and (not self.optimizer.adaptive or self.scales_with_batch)

    @property
    def states(self) -> int:
        return states(self.optimizer, self.constants)


@dataclass(frozen=True)
class Recipe:
    """How some families were trained on ImageNet from scratch (`training`), and how their authors fine-tuned
    them afterwards (`fine_tuning`), where they say so. One of the two is known.

    It is the custom of `kinds` that lack one of their own, and of transformers whose weights were pretrained
    by one of `methods`, which `pretraining` names in words.

    Raises:
        ValueError: neither is known.
    """

    training: Course | None = None
    fine_tuning: Course | None = None
    families: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    pretraining: str = ""

    course: Course = field(init=False, repr=False, compare=False)  # how to fine-tune, or else how to train

    def __post_init__(self) -> None:
        course = self.fine_tuning or self.training
        if course is None:
            raise ValueError("a recipe says how to train or how to fine-tune")
        object.__setattr__(self, "course", course)


class Nearness(StrEnum):
    """Whose custom a recipe is, seen from the architecture."""

    FAMILY = "family"
    PREDECESSOR = "predecessor"
    PRETRAINING = "pretraining"
    OTHER_PRETRAINING = "other_pretraining"
    KIND = "kind"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Custom:
    """A recipe with whose custom it is: `of` is the title of a family, a kind of network or a pretraining."""

    recipe: Recipe
    nearness: Nearness
    of: str


def states(optimizer: Optimizer, constants: Mapping[str, float]) -> int:
    """Numbers that the optimiser keeps for each weight."""
    momentum = optimizer in _TAKES_MOMENTUM and "momentum" in constants
    return _STATES.get(optimizer, 2) + momentum


@cache
def recipes() -> tuple[Recipe, ...]:
    """Every recipe."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(
        Recipe(
            training=_course(row["training"]) if "training" in row else None,
            fine_tuning=_course(row["fine_tuning"]) if "fine_tuning" in row else None,
            families=tuple(row.get("families", ())),
            kinds=tuple(row.get("kinds", ())),
            methods=tuple(row.get("methods", ())),
            pretraining=row.get("pretraining", ""),
        )
        for row in table["recipe"]
    )


def custom_of(architecture: str, module: str | None, methods: Iterable[str] = ()) -> Custom:
    """How an architecture of timm's `module` is customarily trained, whose weights were trained by
    `methods`. None are unknown."""
    described = families_of(architecture, module)
    custom = _custom_of_families(described)
    attends = described and described[0].kind == "transformer"
    if not attends and _PLAIN_TRANSFORMER not in custom.recipe.families:
        return custom
    pretrained = _custom_of_pretraining(frozenset(methods))
    return custom if pretrained is None or pretrained.recipe == custom.recipe else pretrained


def _custom_of_families(described: Sequence[Family]) -> Custom:
    for family in described:
        if family.slug in _by_family():
            return Custom(_by_family()[family.slug], Nearness.FAMILY, family.title)
    for family in described:
        for ancestor in _ancestors(family):
            if ancestor.slug in _by_family():
                return Custom(_by_family()[ancestor.slug], Nearness.PREDECESSOR, ancestor.title)
    if not described:
        return Custom(_by_kind()[_KIND_OF_THE_UNKNOWN], Nearness.UNKNOWN, _KIND_OF_THE_UNKNOWN)
    return Custom(_by_kind()[described[0].kind], Nearness.KIND, described[0].kind)


def _custom_of_pretraining(methods: frozenset[str]) -> Custom | None:
    """None where the weights learned from labels, or where it is unknown how they did."""
    if not methods or methods & _BY_LABELS:
        return None
    for recipe in recipes():
        if not methods.isdisjoint(recipe.methods):
            return Custom(recipe, Nearness.PRETRAINING, recipe.pretraining)
    other = _by_family()[_OTHER_PRETRAINING]
    return Custom(other, Nearness.OTHER_PRETRAINING, other.pretraining)


def _ancestors(family: Family) -> Iterator[Family]:
    while family.predecessor is not None:
        family = families()[family.predecessor]
        yield family


@cache
def _by_family() -> Mapping[str, Recipe]:
    return MappingProxyType({slug: recipe for recipe in recipes() for slug in recipe.families})


@cache
def _by_kind() -> Mapping[str, Recipe]:
    return MappingProxyType({kind: recipe for recipe in recipes() for kind in recipe.kinds})


def _course(row: Mapping[str, Any]) -> Course:
    fields = dict(row)
    decay = fields.pop("decay", None)
    if decay is not None:
        lists = {name: tuple(value) for name, value in decay.items() if isinstance(value, list)}
        fields["decay"] = Decay(**{**decay, **lists})
    fields["optimizer"] = Optimizer(fields["optimizer"])
    fields["schedule"] = Schedule(fields["schedule"])
    return Course(**fields)
