from collections.abc import Iterator

import pytest

from app.calibrating import choosing
from app.estimating import estimator as estimator_module
from catalog.storage.database import Catalog
from tests.app.calibrating.machine import FakeEstimator, FakeMachine
from tests.app.conftest import BareCatalogs


@pytest.fixture
def bare(bare_catalogs: BareCatalogs) -> Iterator[Catalog]:
    """A catalog that holds nothing."""
    with bare_catalogs() as catalog:
        yield catalog


@pytest.fixture
def machine(bare: Catalog) -> FakeMachine:
    return FakeMachine(bare)


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> FakeEstimator:
    """In the place of the estimator."""
    fake = FakeEstimator()
    monkeypatch.setattr(estimator_module, "fit", fake.fit)
    monkeypatch.setattr(choosing, "coverage", lambda inventory, roof, new_sort: None)
    monkeypatch.setattr(choosing, "covering", fake.covering)
    monkeypatch.setattr(choosing, "parts_of", lambda known: None)
    monkeypatch.setattr(choosing, "narrowing", fake.narrowing)
    return fake
