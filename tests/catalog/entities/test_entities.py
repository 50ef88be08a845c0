from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from catalog.entities import configurations, measurements, networks, samples
from catalog.entities.configurations import Configuration, Environment
from catalog.entities.identity import digest
from catalog.entities.measurements import Measurement
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import (
    BatchPolicy,
    Device,
    Form,
    Layout,
    Precision,
    Provenance,
    RuntimeName,
    Scenario,
    Status,
)
from tests.builders import (
    NOON,
    make_artefact,
    make_environment,
    make_measurement,
    make_target,
    make_workload,
)

CONFIGURATION = Configuration(RuntimeName.ONNXRUNTIME)


def test_ids_do_not_change_from_release_to_release() -> None:
    assert make_workload("resnet50").id == "resnet50-deployed-1000-224"
    assert CONFIGURATION.id == "onnxruntime-cpu-fp32-nchw-b1-t1-single_stream"
    assert (
        Configuration(
            RuntimeName.PYTORCH,
            precision=Precision.BF16,
            batch_size=8,
            threads=2,
            layout=Layout.NHWC,
            compiled=True,
            arena=False,
        ).id
        == "pytorch-compiled-cpu-bf16-nhwc-b8-t2-noarena-single_stream"
    )
    assert (
        Configuration(
            RuntimeName.PYTORCH,
            precision=Precision.AMP_FP16,
            batch_size=512,
            threads=None,
            device=Device.CUDA,
            scenario=Scenario.TRAINING,
            batch_policy=BatchPolicy.LARGEST_FITTING,
        ).id
        == "pytorch-cuda-amp_fp16-nchw-b512-fitting-t0-training"
    )
    assert Environment("1.24.0", None, "6.1.0", "performance").id == "0020efbad22a10f0"
    assert make_artefact(sha256="ab" * 32).id == "b7349311899e2924"
    assert make_measurement("resnet50").id == "626c8322e4331f66"


def test_a_digest_tells_parts_from_each_other() -> None:
    parts: list[tuple[object, ...]] = [
        ("ab",),
        ("a", "b"),
        ("a", None),
        ("a", "None"),
        (1,),
        ("1",),
        (),
        ("",),
    ]
    digests = {digest(*one) for one in parts}
    assert len(digests) == len(parts)
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in digests)


@pytest.mark.parametrize(
    "other",
    [
        replace(CONFIGURATION, runtime=RuntimeName.PYTORCH),
        replace(CONFIGURATION, precision=Precision.INT8),
        replace(CONFIGURATION, batch_size=2),
        replace(CONFIGURATION, threads=2),
        replace(CONFIGURATION, threads=None),
        replace(CONFIGURATION, device=Device.CUDA),
        replace(CONFIGURATION, layout=Layout.NHWC),
        replace(CONFIGURATION, compiled=True),
        replace(CONFIGURATION, arena=True),
        replace(CONFIGURATION, arena=False),
        replace(CONFIGURATION, scenario=Scenario.TRAINING),
        replace(CONFIGURATION, clients=4),
        replace(CONFIGURATION, batch_policy=BatchPolicy.LARGEST_FITTING),
    ],
    ids=lambda other: other.id,
)
def test_configurations_that_differ_in_one_field_have_different_ids(other: Configuration) -> None:
    assert other.id != CONFIGURATION.id


@pytest.mark.parametrize("threads", [0, -1])
def test_a_configuration_with_less_than_one_thread_is_refused(threads: int) -> None:
    with pytest.raises(ValueError, match="threads is less than 1"):
        replace(CONFIGURATION, threads=threads)


def test_only_stated_threads_can_be_used() -> None:
    assert replace(CONFIGURATION, threads=3).stated_threads == 3
    with pytest.raises(ValueError, match=r"onnxruntime-.*-t0-.* does not state its threads"):
        _ = replace(CONFIGURATION, threads=None).stated_threads


def test_each_client_has_threads_of_its_own() -> None:
    assert replace(CONFIGURATION, threads=2, clients=3).cpus == 6
    with pytest.raises(ValueError, match="does not state its threads"):
        _ = replace(CONFIGURATION, threads=None).cpus


def test_every_combination_of_settings_has_its_own_id() -> None:
    configurations = [
        Configuration(
            runtime,
            precision=precision,
            batch_size=batch,
            threads=threads,
            device=device,
            layout=layout,
            compiled=compiled,
            arena=arena,
            scenario=scenario,
            batch_policy=batch_policy,
        )
        for runtime in RuntimeName
        for precision in Precision
        for batch in (1, 11)
        for threads in (None, 1, 11)
        for device in Device
        for layout in Layout
        for compiled in (False, True)
        for arena in (None, False, True)
        for scenario in Scenario
        for batch_policy in BatchPolicy
    ]
    assert len({configuration.id for configuration in configurations}) == len(configurations)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (make_workload(), make_workload("othernet")),
        (make_workload(), make_workload(num_classes=10)),
        (make_workload(), make_workload(input_size=256)),
        (make_workload(), make_workload(form=Form.TRAINING)),
        (make_environment(), make_environment("2")),
        (make_environment(), make_environment(driver="550")),
        (make_environment(), make_environment(kernel=None)),
        (make_environment(), make_environment(governor="performance")),
        (make_environment(driver="x", kernel=None), make_environment(driver=None, kernel="x")),
        (make_artefact(), make_artefact(make_workload(input_size=256))),
        (make_artefact(), make_artefact(format="openvino")),
        (make_artefact(), make_artefact(precision=Precision.INT8)),
        (make_artefact(), make_artefact(toolchain="torch 2.16.0")),
        (make_artefact(), make_artefact(sha256="cd" * 32)),
        (make_measurement(), make_measurement("othernet")),
        (make_measurement(), make_measurement(threads=2)),
        (make_measurement(), make_measurement(target=make_target("other"))),
        (make_measurement(), make_measurement(environment=make_environment("2"))),
        (make_measurement(), make_measurement(provenance=Provenance.PUBLISHED)),
        (make_measurement(), make_measurement(protocol="2")),
        (make_measurement(), make_measurement(measured_at=NOON + timedelta(microseconds=1))),
        (make_measurement(), make_measurement(source="elsewhere")),
    ],
)
def test_things_that_differ_have_different_ids(one: Any, other: Any) -> None:
    assert one.id != other.id


@pytest.mark.parametrize(
    "other",
    [
        lambda: make_measurement(latency_ms=99.0),
        lambda: make_measurement(status=Status.FAILED),
        lambda: make_measurement(doubts=(Doubt.CONTENDED,)),
        lambda: make_measurement(size_bytes=None),
        lambda: make_measurement(measured_at=NOON.astimezone(timezone(timedelta(hours=2)))),
    ],
    ids=["numbers", "outcome", "doubts", "artefact", "the time's zone"],
)
def test_a_measurement_is_known_by_what_was_measured_when_and_not_by_the_outcome(
    other: Callable[[], Measurement],
) -> None:
    assert other().id == make_measurement().id


def test_the_status_of_a_measurement_follows_from_its_outcome() -> None:
    measured, failed = make_measurement(), make_measurement(status=Status.FAILED)
    assert (measured.status, failed.status) == (Status.OK, Status.FAILED)
    assert replace(measured, outcome=failed.outcome).status is Status.FAILED


def test_a_time_is_kept_in_utc() -> None:
    elsewhere = make_measurement(measured_at=NOON.astimezone(timezone(timedelta(hours=2))))
    assert elsewhere == make_measurement(measured_at=NOON)
    assert elsewhere.measured_at.tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        make_measurement(measured_at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    "entity",
    {
        entity: None
        for module in (networks, configurations, samples, measurements)
        for entity in vars(module).values()
        if isinstance(entity, type) and is_dataclass(entity)
    },
    ids=lambda entity: entity.__name__,
)
def test_entities_are_frozen(entity: type) -> None:
    name = fields(entity)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(object.__new__(entity), name, None)
