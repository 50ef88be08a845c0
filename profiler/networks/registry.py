"""What timm's registry says of its networks: their names, their checkpoints, their default settings."""

import fnmatch

from timm.models import get_pretrained_cfg, list_models, list_pretrained, model_entrypoint
from timm.models._registry import _deprecated_models

from catalog.entities.identity import architecture_of
from catalog.entities.networks import IMAGENET_CLASSES
from catalog.reference.facts.preprocessing import Preprocessing
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.reference.names.network_names import NameIndex
from catalog.words.spelling import close_matches
from profiler.errors import UnknownArchitecture

# Of architectures without a default configuration.
_DEFAULT_SIZE = 224


def match(pattern: str) -> list[str]:
    """The architectures that a shell pattern (`resnet*`) matches, or the architecture or checkpoint that a
    name means, as timm names it.

    Raises:
        UnknownArchitecture: there is none. The error names close matches.
    """
    if any(character in pattern for character in "*?["):
        architectures = fnmatch.filter(list_architectures(), pattern)
        if not architectures:
            raise UnknownArchitecture(pattern, ())
        return architectures
    architectures = list_architectures()
    network = NameIndex(architectures, list_pretrained(), aliases(), {}).find(pattern)
    if network is None:
        named = architecture_of(pattern)
        tagged = list_pretrained(f"{named}.*") if named in architectures else []
        raise UnknownArchitecture(
            pattern, close_matches(pattern, tagged) or close_matches(named, architectures)
        )
    return [network]


def list_architectures() -> list[str]:
    """Every architecture that the installed timm can build, sorted by name."""
    return sorted(list_models())


def describe(name: str) -> TimmArchitecture:
    """What timm's registry says of the architecture `name`, which `match` has given."""
    default = get_pretrained_cfg(name)
    # Networks that nobody trained have a default configuration too, of a tag without weights.
    trained = default is not None and f"{name}.{default.tag}" in list_pretrained(f"{name}*")
    return TimmArchitecture(
        name=name,
        family=model_entrypoint(name).__module__.rsplit(".", 1)[-1],
        default_tag=default.tag if default is not None and trained else None,
        num_classes=default.num_classes if default else IMAGENET_CLASSES,
        native_size=native_size(name),
    )


def checkpoints(name: str) -> list[TimmCheckpoint]:
    """The pretrained checkpoints of the architecture `name` in timm's registry."""
    return [
        TimmCheckpoint(
            tagged,
            cfg.num_classes,
            cfg.input_size[-1],
            cfg.license or None,
            cfg.hf_hub_id,
            Preprocessing(
                tuple(map(float, cfg.mean)), tuple(map(float, cfg.std)), cfg.interpolation, cfg.crop_pct
            ),
        )
        for tagged in list_pretrained(f"{name}*")
        if architecture_of(tagged) == name and (cfg := get_pretrained_cfg(tagged)) is not None
    ]


def aliases() -> dict[str, str]:
    """Checkpoints and architectures by the names that timm gave them in earlier versions."""
    return {old: new for old, new in _deprecated_models.items() if new}


def native_size(name: str) -> int:
    """The input size (pixels) of the architecture's default checkpoint."""
    default = get_pretrained_cfg(name)
    return int(default.input_size[-1]) if default else _DEFAULT_SIZE
