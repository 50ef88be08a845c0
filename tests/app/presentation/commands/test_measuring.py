"""The command that measures what the filters of a question ask for. tests/remedies runs some of them."""

import pytest

from app.presentation.commands.measuring import measuring_command
from app.questions.candidates.filter_effects import Blame, FilterEffect
from catalog import host

CPUS = 4


@pytest.fixture(autouse=True)
def four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "usable_cpus", lambda: CPUS)


@pytest.mark.parametrize(
    ("filters", "command"),
    [
        ({"threads": "1"}, "archrank calibrate --threads 1"),
        ({"runtime": "openvino", "threads": "1"}, "archrank calibrate --runtime openvino --threads 1"),
        ({"batch_size": "8", "threads": "1"}, "archrank profile resnet18 --batch-size 8 --threads 1"),
        ({"batch_size": "8"}, "archrank profile resnet18 --batch-size 8"),
        ({"threads": str(CPUS)}, f"archrank calibrate --threads {CPUS}"),
        ({"threads": str(CPUS + 1)}, None),
        ({"runtime": "pytorch", "precision": "int8"}, None),
        ({"precision": "bf16"}, None),
        ({"layout": "nhwc"}, None),
    ],
)
def test_the_command_fulfils_the_filters(filters: dict[str, str], command: str | None) -> None:
    asked = {f"configuration.{field}": (value,) for field, value in filters.items()}
    effects = [FilterEffect(field, values, 1, 1) for field, values in asked.items()]
    blamed = [Blame(field, values, (), ("resnet18",)) for field, values in asked.items()]
    assert measuring_command(effects, blamed) == command
