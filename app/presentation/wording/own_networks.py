"""Networks that were measured as no checkpoint has them: with a head of other classes, or for images of other
channels."""

from typing import TYPE_CHECKING, Protocol

from app.presentation.wording.numbers import counted
from catalog.entities.networks import IMAGE_CHANNELS, IMAGENET_CLASSES

if TYPE_CHECKING:
    from app.contract.networks.cards import CardView


class _Workload(Protocol):
    """What a view has of the workload that was measured."""

    @property
    def num_classes(self) -> int: ...

    @property
    def input_size(self) -> int: ...

    @property
    def in_chans(self) -> int: ...


def input_of(workload: _Workload, card: "CardView") -> str:
    """The input size of what was measured, and its classes and channels where no checkpoint has as many."""
    return ", ".join((str(workload.input_size), *_differences(workload, card)))


def input_in_words(workload: _Workload, card: "CardView") -> str:
    """As `input_of`, with the unit."""
    return ", ".join((f"{workload.input_size} px", *_differences(workload, card)))


def own_sizes(card: "CardView") -> list[str]:
    """The size of each measured file of a network that no checkpoint of the card has."""
    sizes = {
        (tuple(differences), artefact.precision): artefact.bytes
        for measurement in card.measurements
        if (artefact := measurement.artefact) is not None and (differences := _differences(measurement, card))
    }
    return [
        f"With {' and '.join(differences)}, the {precision} file has {size / 1e6:.1f} MB. "
        "No weights come with it."
        for (differences, precision), size in sorted(sizes.items())
    ]


def _differences(workload: _Workload, card: "CardView") -> list[str]:
    """In which ways the network is none of the checkpoints', in words."""
    differences = [f"{workload.num_classes} classes"] if _has_other_classes(workload, card) else []
    if workload.in_chans != IMAGE_CHANNELS:
        differences.append(counted(workload.in_chans, "channel"))
    return differences


def _has_other_classes(workload: _Workload, card: "CardView") -> bool:
    stated = (checkpoint.num_classes for checkpoint in card.checkpoints)
    own = {classes for classes in stated if classes is not None} or {IMAGENET_CLASSES}
    return workload.num_classes not in own
