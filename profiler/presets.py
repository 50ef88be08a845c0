"""Named sets of architectures to profile."""

from collections.abc import Mapping

# One of each family that people ask for by name, none so slow that two cores need more than 6 minutes.
STARTER = (
    "convnext_tiny",
    "efficientnet_b0",
    "efficientnet_b4",
    "fbnetc_100",
    "inception_v3",
    "legacy_xception",
    "mnasnet_100",
    "mobilenetv2_100",
    "mobilenetv3_large_100",
    "regnetx_016",
    "resnest26d",
    "resnet50",
    "vgg16",
    "vit_small_patch16_224",
)

PRESETS: Mapping[str, tuple[str, ...]] = {"starter": STARTER}
