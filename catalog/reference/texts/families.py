"""What is known of families of architectures: texts of our own, and claims that the catalog can check.

A file in data/families/ describes a family (the file is named as timm's module) or a subfamily, a line
within it (`resnext` within `resnet`). The longest pattern that matches an architecture decides.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from catalog.words.metrics import Metric

_FOLDER = Path(__file__).parents[1] / "data" / "families"


@dataclass(frozen=True)
class Claim:
    """The metric of `left` is less or greater than `factor` times the metric of `right`, as `relation` says.

    `left` and `right` name architectures, or checkpoints where the metric is an accuracy. Where the metric
    depends on the hardware, the claim holds in every published run on `target`. Accuracies that are compared
    differ by more than their 95 % intervals.
    """

    text: str
    metric: Metric
    left: str
    relation: Literal["<", ">"]
    right: str
    factor: float = 1.0
    target: str | None = None

    def holds_of(self, ratio: float) -> bool:
        """Whether the claim holds where the number of `left` is `ratio` times that of `right`."""
        return ratio < self.factor if self.relation == "<" else ratio > self.factor


@dataclass(frozen=True)
class Family:
    """A family or subfamily.

    `module` is timm's. It is None for networks that timm does not have. `aliases` are other names of it.
    """

    slug: str
    title: str
    kind: str
    year: int
    paper: str
    introduced: str
    strengths: str
    drawbacks: str
    choose_when: str
    url: str | None = None
    predecessor: str | None = None
    aliases: tuple[str, ...] = ()
    module: str | None = None
    architectures: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()


@cache
def families() -> Mapping[str, Family]:
    """Every family and subfamily by its slug, sorted."""
    return MappingProxyType({path.stem: _read(path) for path in sorted(_FOLDER.glob("*.toml"))})


def families_of(architecture: str, module: str | None) -> tuple[Family, ...]:
    """The families that describe an architecture, the most specific first. The family of its module is the
    last."""
    patterns = [
        (len(pattern), family)
        for family in _by_module().get(module, ())
        for pattern in family.architectures
        if fnmatchcase(architecture, pattern)
    ]
    best = [max(patterns, key=lambda match: match[0])[1]] if patterns else []
    own = families().get(module or "")
    return (*best, own) if own is not None and own not in best else tuple(best)


def family_named(name: str) -> Family | None:
    """The family that people mean by `name`: by its slug, title or alias, whatever capitals and separators.

    A family that timm does not have is also meant by the names of its members, as YOLO is by `yolov8n`.
    """
    spelling = _letters(name)
    for family in families().values():
        own = {_letters(each) for each in (family.slug, family.title, *family.aliases)}
        if spelling in own or (family.module is None and spelling.startswith(tuple(own))):
            return family
    return None


def _letters(name: str) -> str:
    """The letters and digits of a name, in lower case."""
    return "".join(filter(str.isalnum, name.casefold()))


@cache
def _by_module() -> Mapping[str | None, Sequence[Family]]:
    by_module: dict[str | None, list[Family]] = {}
    for family in families().values():
        if family.module is not None:
            by_module.setdefault(family.module, []).append(family)
    return by_module


def _read(path: Path) -> Family:
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    claims = [{**claim, "metric": Metric(claim["metric"])} for claim in fields.pop("claims", ())]
    for listed in ("architectures", "aliases"):
        fields[listed] = tuple(fields.get(listed, ()))
    return Family(slug=path.stem, **fields, claims=tuple(Claim(**claim) for claim in claims))
