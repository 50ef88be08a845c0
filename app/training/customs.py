"""The custom of a family of networks: whose it is."""

from catalog.reference.recipes import Custom, Nearness


def whose_custom(custom: Custom) -> str:
    """Whose custom it is, as the end of a sentence."""
    return {
        Nearness.FAMILY: f"customary for {custom.of}",
        Nearness.PREDECESSOR: f"customary for {custom.of}, on which this family builds",
        Nearness.KIND: f"customary for its kind of network ({custom.of.replace('_', '-')}), because no "
        "recipe of its family is known",
        Nearness.UNKNOWN: "a default, because its family is unknown",
    }[custom.nearness]
