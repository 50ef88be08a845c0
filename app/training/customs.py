"""The custom of a family of networks or of a pretraining: whose it is."""

from catalog.reference.texts.recipes import Custom, Nearness


def whose_custom(custom: Custom) -> str:
    """Whose custom it is, as the end of a sentence."""
    return {
        Nearness.FAMILY: f"customary for {custom.of}",
        Nearness.PREDECESSOR: f"customary for {custom.of}, the older family on which this one builds, "
        "because no recipe of its own is known",
        Nearness.PRETRAINING: f"customary after pretraining by {custom.of}",
        Nearness.OTHER_PRETRAINING: f"customary after pretraining by {custom.of}, because no recipe after "
        "its own pretraining is known",
        Nearness.KIND: f"customary for its kind of network ({custom.of.replace('_', '-')}), because no "
        "recipe of its family is known",
        Nearness.UNKNOWN: "a default, because its family is unknown",
    }[custom.nearness]
