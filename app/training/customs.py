"""The custom of a family of networks: whose it is, and for how many epochs it fine-tunes."""

from catalog.reference.recipes import Custom, Nearness

# Kornblith et al.: the epochs that fine-tuning took on average where training from scratch took 444.
_FINE_TUNING_EPOCHS = 26


def whose_custom(custom: Custom) -> str:
    """Whose custom it is, as the end of a sentence."""
    return {
        Nearness.FAMILY: f"customary for {custom.of}",
        Nearness.PREDECESSOR: f"customary for {custom.of}, on which this family builds",
        Nearness.KIND: f"customary for its kind of network ({custom.of.replace('_', '-')}), because no "
        "recipe of its family is known",
        Nearness.UNKNOWN: "a default, because its family is unknown",
    }[custom.nearness]


def epochs_of_fine_tuning(custom: Custom) -> int:
    """The epochs of fine-tuning, by the recipe or else by Kornblith et al."""
    fine_tuning = custom.recipe.fine_tuning
    return (fine_tuning.epochs if fine_tuning else None) or _FINE_TUNING_EPOCHS
