"""What timm's registry says of architectures and checkpoints, and how the catalog reads it."""

from dataclasses import dataclass

from catalog.entities.identity import architecture_of
from catalog.entities.networks import Architecture, Backbone, Checkpoint, Stage
from catalog.reference.facts.preprocessing import Preprocessing
from catalog.reference.texts import licenses
from catalog.reference.texts.families import families_of

_PYRAMID_STRIDES = {8, 16, 32}


@dataclass(frozen=True)
class TimmArchitecture:
    """What timm's registry and the built network say of an architecture.

    `num_classes` and `native_size` are those of its default checkpoint. `failure` says why the network could
    not be built.
    """

    name: str
    family: str
    default_tag: str | None
    num_classes: int
    native_size: int
    fixed_input: bool | None = None
    reparameterised: bool | None = None
    stages: tuple[Stage, ...] = ()
    failure: str | None = None

    def architecture(self) -> Architecture:
        """The architecture, with the year, the paper and the tags of its most specific family.

        The family of its module is no tag: timm's module of MobileNetV3 also holds MobileNetV4.
        """
        families = families_of(self.name, self.family)
        tags = dict.fromkeys(tag for family in families[:1] for tag in (family.slug, family.kind))
        if self.reparameterised:
            tags["reparameterised"] = None
        if {stage.stride for stage in self.stages} >= _PYRAMID_STRIDES:
            tags["feature-pyramid"] = None
        if self.name.startswith("test_"):
            tags["test-network"] = None
        return Architecture(
            name=self.name,
            family=self.family,
            year=families[0].year if families else None,
            paper=families[0].paper if families else None,
            default_tag=self.default_tag,
            fixed_input=self.fixed_input,
            native_size=self.native_size,
            num_classes=self.num_classes,
            tags=tuple(tags),
            stages=self.stages,
        )


@dataclass(frozen=True)
class TimmCheckpoint:
    """What timm's registry says of a checkpoint. `license` is spelt as timm spells it. `preprocessing` is
    None where it is unknown."""

    name: str
    num_classes: int
    native_size: int
    license: str | None = None
    hub_id: str | None = None
    preprocessing: Preprocessing | None = None

    def checkpoint(self) -> Checkpoint:
        """The checkpoint, with its licence read and its training data parsed."""
        from catalog.reference.facts import training_data  # noqa: PLC0415 - its tables take 0.07 s to read

        training = training_data.parse(self.name)
        return Checkpoint(
            name=self.name,
            architecture=architecture_of(self.name),
            num_classes=self.num_classes,
            license=licenses.license_id(self.license),
            commercial_use=licenses.commercial_use(self.license, self.name),
            training_data=training.data,
            native_size=self.native_size,
            training_methods=training.methods,
            hub_id=self.hub_id,
        )


def backbone(described: TimmArchitecture, checkpoints: list[TimmCheckpoint]) -> Backbone:
    """The architecture and its checkpoints as the catalog reads them."""
    return Backbone(
        described.architecture(),
        tuple(checkpoint.checkpoint() for checkpoint in checkpoints),
        described.num_classes,
        described.native_size,
    )
