import pytest

from tests.fakes.campaign import FakeMachine


@pytest.fixture
def machine() -> FakeMachine:
    return FakeMachine()
