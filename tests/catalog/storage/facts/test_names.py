import pytest

from catalog.entities.networks import Architecture
from catalog.storage.database import Catalog
from catalog.storage.facts.names import architecture_names, families
from tests.builders import (
    make_architecture,
)
from tests.catalog.storage.facts.looking_up import save_architectures

pytestmark = pytest.mark.empty_catalog


def test_the_names_of_architectures_are_sorted(catalog: Catalog) -> None:
    save_architectures(catalog, *(Architecture(name) for name in ("toynet_b", "toynet", "toynet10", "a")))
    with catalog.read() as session:
        assert architecture_names(session) == ["a", "toynet", "toynet10", "toynet_b"]


def test_families_are_named_once_and_sorted(catalog: Catalog) -> None:
    save_architectures(
        catalog,
        make_architecture("a", family="zeta"),
        make_architecture("b", family="alpha"),
        make_architecture("c", family="zeta"),
        make_architecture("d", family=None),
    )
    with catalog.read() as session:
        assert families(session) == ["alpha", "zeta"]
