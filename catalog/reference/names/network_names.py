"""What people call networks, and what the catalog calls them.

timm renames networks. The Hugging Face Hub puts an owner before a name, and torchvision has names of its own.
Each leads to one architecture or checkpoint of the catalog, or to nothing: a name that could mean two means
none.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

# Names of torchvision whose networks timm has under another name, with as many parameters.
# tests/profiler/networks/test_torchvision_names.py counts both.
TORCHVISION: Mapping[str, str] = {
    "efficientnet_v2_s": "tf_efficientnetv2_s",
    "efficientnet_v2_m": "tf_efficientnetv2_m",
    "efficientnet_v2_l": "tf_efficientnetv2_l",
    "maxvit_t": "maxvit_tiny_tf_224",
    "mnasnet0_5": "mnasnet_050",
    "mnasnet0_75": "mnasnet_075",
    "mnasnet1_0": "mnasnet_100",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "regnet_x_400mf": "regnetx_004_tv",
    "regnet_x_800mf": "regnetx_008",
    "regnet_x_1_6gf": "regnetx_016",
    "regnet_x_3_2gf": "regnetx_032",
    "regnet_x_8gf": "regnetx_080",
    "regnet_x_16gf": "regnetx_160",
    "regnet_x_32gf": "regnetx_320",
    "regnet_y_400mf": "regnety_004",
    "regnet_y_800mf": "regnety_008_tv",
    "regnet_y_1_6gf": "regnety_016",
    "regnet_y_3_2gf": "regnety_032",
    "regnet_y_8gf": "regnety_080_tv",
    "regnet_y_16gf": "regnety_160",
    "regnet_y_32gf": "regnety_320",
    "regnet_y_128gf": "regnety_1280",
    "swin_t": "swin_tiny_patch4_window7_224",
    "swin_s": "swin_small_patch4_window7_224",
    "swin_b": "swin_base_patch4_window7_224",
    "swin_v2_t": "swinv2_tiny_window8_256",
    "swin_v2_s": "swinv2_small_window8_256",
    "swin_v2_b": "swinv2_base_window8_256",
    "vit_b_16": "vit_base_patch16_224",
    "vit_b_32": "vit_base_patch32_224",
    "vit_l_16": "vit_large_patch16_224",
}
# How a name of the Hub begins, as timm and a browser write it.
_HUB = re.compile(r"(hf[-_]hub:|https?://(www\.)?huggingface\.co/|huggingface\.co/)", re.IGNORECASE)
_OWNER = "timm/"
_SEPARATORS = re.compile(r"[\s_/-]+")


@dataclass(frozen=True)
class NameIndex:
    """The names that a catalog or an installed timm has. `aliases` leads from names that timm gave up to
    those of today, and `hub_ids` from repositories of the Hub to checkpoints."""

    architectures: Collection[str]
    checkpoints: Collection[str]
    aliases: Mapping[str, str]
    hub_ids: Mapping[str, str]

    def find(self, name: str) -> str | None:
        """The architecture or the checkpoint that `name` means. None where it means none, or several."""
        bare = _HUB.sub("", name.strip(), count=1).rstrip("/")
        for spelling in (name, bare, bare.removeprefix(_OWNER)):
            if (meant := self._meant(spelling)) is not None:
                return meant
        meanings = self._by_spelling.get(_squeezed(bare.removeprefix(_OWNER)), frozenset())
        return next(iter(meanings)) if len(meanings) == 1 else None

    def _meant(self, name: str) -> str | None:
        for meant in (name, *(table.get(name) for table in (self.aliases, self.hub_ids, TORCHVISION))):
            if meant is not None and meant in self._existing:
                return meant
        return None

    @cached_property
    def _existing(self) -> frozenset[str]:
        return frozenset((*self.architectures, *self.checkpoints))

    @cached_property
    def _by_spelling(self) -> Mapping[str, frozenset[str]]:
        """What each name means, whatever its capitals and what separates its parts."""
        meanings: dict[str, set[str]] = {}
        known: Iterable[str] = (*self._existing, *self.aliases, *self.hub_ids, *TORCHVISION)
        for name in known:
            if (meant := self._meant(name)) is not None:
                meanings.setdefault(_squeezed(name), set()).add(meant)
        return {spelling: frozenset(names_) for spelling, names_ in meanings.items()}


def _squeezed(name: str) -> str:
    return _SEPARATORS.sub("", name.casefold())
