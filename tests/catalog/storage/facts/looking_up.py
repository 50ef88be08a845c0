"""What several tests of look-ups share."""

from datetime import timedelta

from catalog.entities.networks import Architecture
from catalog.storage.database import Catalog
from catalog.storage.facts import facts
from tests.builders import (
    make_target,
)

SECOND = timedelta(seconds=1)
OTHER_TARGET = make_target("other-cpu-4c-123456", label="Other CPU, 4 CPUs", identity={"cpus": 4})


def save_architectures(catalog: Catalog, *architectures: Architecture) -> None:
    with catalog.write() as session:
        facts.save_architectures(session, architectures)
