"""What an answer says where every measurement failed is run, and the network has numbers afterwards."""

import pytest

from app.presentation.commands.configurations import retry_command
from catalog.entities.configurations import Configuration
from catalog.host import LOCAL, local_target
from catalog.opening import open_catalog
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Device, Precision, RuntimeName, Status
from tests.builders import make_measurement, store_measurements
from tests.remedies.host import FakeHost

# No command mends these. The remedy says whom to ask. A network for images of other channels is no candidate.
WITHOUT_COMMAND = (FailureReason.CRASHED, FailureReason.UNSUPPORTED_CHANNELS)
# How the case was configured whose failure makes sense.
FIELDS: dict[FailureReason, dict[str, object]] = {
    FailureReason.OUT_OF_MEMORY: {"batch_size": 64},
    FailureReason.UNSUPPORTED_PRECISION: {"precision": Precision.BF16},
    FailureReason.UNSUPPORTED_INPUT_SIZE: {"input_size": 100},
    FailureReason.UNSUPPORTED_DEVICE: {"runtime": RuntimeName.PYTORCH, "device": Device.CUDA},
    FailureReason.UNSUPPORTED_COMPILATION: {"runtime": RuntimeName.PYTORCH, "compiled": True},
    FailureReason.NON_FINITE_OUTPUT: {"precision": Precision.FP16, "runtime": RuntimeName.PYTORCH},
    FailureReason.WRONG_OUTPUT: {"precision": Precision.INT8},
}


def fail(host: FakeHost, reason: FailureReason) -> None:
    one = make_measurement(
        "resnet18",
        target=local_target(),
        threads=1,
        status=Status.FAILED,
        reason=reason,
        **FIELDS.get(reason, {}),  # type: ignore[arg-type]
    )
    with open_catalog(host.url) as catalog:
        store_measurements(catalog, one)


@pytest.mark.parametrize("reason", sorted(set(FailureReason) - set(WITHOUT_COMMAND)))
def test_the_command_for_a_failure_measures_the_network(host: FakeHost, reason: FailureReason) -> None:
    fail(host, reason)
    explanation = host.ask(target=LOCAL)["explanation"]
    assert reason in explanation["text"]
    assert reason.remedy in explanation["remedy"]
    host.done(explanation["command"])
    answer = host.ask(target=LOCAL)
    assert answer["outcome"] == "fits"


@pytest.mark.parametrize("reason", WITHOUT_COMMAND)
def test_a_failure_that_no_command_mends_says_so(host: FakeHost, reason: FailureReason) -> None:
    fail(host, reason)
    answer = host.ask(target=LOCAL)
    assert answer["outcome"] == "all_failed"
    assert "command" not in answer["explanation"]
    assert answer["explanation"]["remedy"] == reason.remedy


def test_what_cannot_be_changed_any_more_has_no_command() -> None:
    pytorch = Configuration(RuntimeName.PYTORCH)
    assert retry_command(["resnet18"], 224, pytorch, FailureReason.UNSUPPORTED_EXPORT) is None
    assert retry_command(["resnet18"], 224, pytorch, FailureReason.WRONG_OUTPUT) is None
