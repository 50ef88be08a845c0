"""How much the catalog knows of a target."""

from dataclasses import dataclass
from datetime import datetime

from catalog.entities.configurations import Configuration
from catalog.entities.identity import Entity
from catalog.words.vocabulary import Provenance


@dataclass(frozen=True)
class Coverage(Entity):
    """What is known of a target in one configuration, from one origin.

    `architectures` have a number, and `failed` architectures a failure or a refused estimate. `cases` counts
    the measurements or estimates. Of estimates, only those of speed are counted. `newest` is when the newest
    was made. Of published numbers it is the earliest possible time.
    """

    configuration: Configuration
    provenance: Provenance
    architectures: int
    failed: int
    cases: int
    newest: datetime
