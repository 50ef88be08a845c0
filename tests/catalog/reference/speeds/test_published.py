from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from catalog.border.checking import fault_of
from catalog.entities.configurations import Environment
from catalog.entities.measurements import Measurement
from catalog.entities.networks import CountedWorkload
from catalog.errors import SourceTableError
from catalog.reference.speeds.published import (
    PROTOCOL,
    WorkloadIndex,
    describe,
    measurements,
    readable_tables,
)
from catalog.reference.speeds.timm_results import ACCURACY_FILES, SourceFile, SpeedRow
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
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
from tests.builders import make_counted_workload, success_of
from tests.reference_tables import WHOLE

GPU = SourceFile("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv", "0" * 40)
CPU = SourceFile("benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv", "1" * 40)
TRAIN = SourceFile("benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv", "2" * 40)

ROW = SpeedRow("toynet", 224, 256, 3000.0, 85.33, 11.5)
DEPLOYED = make_counted_workload(params_m=11.5)
TRAINING = make_counted_workload(params_m=12.25, form=Form.TRAINING)


def known(*counted: CountedWorkload, **aliases: str) -> WorkloadIndex:
    return WorkloadIndex.of(counted, aliases)


def published(
    row: SpeedRow, *counted: CountedWorkload, source: SourceFile = GPU, **aliases: str
) -> Measurement | None:
    """What the row of such a table becomes where these workloads were counted."""
    found = measurements(source, [row], known(*counted, **aliases))
    assert len(found) <= 1
    return found[0] if found else None


def values(measurement: Measurement | None) -> dict[Metric, float | None]:
    assert measurement is not None
    return {value.metric: value.value for value in success_of(measurement).values}


# Names of tables


@pytest.mark.parametrize("name", sorted(set(WHOLE.sources()) - set(ACCURACY_FILES)))
def test_every_shipped_speed_table_is_described(name: str) -> None:
    table = describe(name)
    assert table.target.id in {"i9-10940x", "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"}
    assert table.environment.runtime_version.startswith("torch ")
    assert (table.environment.driver is None) == (table.target.kind is Device.CPU)
    assert table.measured_from.tzinfo is UTC
    assert table.compiled == ("-dynamo" in name)
    assert (table.scenario is Scenario.TRAINING) == ("-train-" in name)


def test_the_name_of_a_table_says_what_its_lines_share() -> None:
    table = describe("benchmark-infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo.csv")
    assert (table.target.id, table.target.kind) == ("rtx-pro-6000-max-q", Device.CUDA)
    assert table.environment == Environment("torch 2.9.1", "CUDA 13.0")
    assert (table.scenario, table.precision) == (Scenario.SINGLE_STREAM, Precision.AMP_BF16)
    assert (table.layout, table.compiled) == (Layout.NCHW, True)
    assert table.measured_from == datetime(2025, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv", Precision.FP32),
        ("benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv", Precision.AMP_FP16),
        ("benchmark-infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo.csv", Precision.AMP_BF16),
        ("benchmark-infer-bf16-nchw-pt291-cu130-pro6000maxq-dynamo.csv", Precision.BF16),
    ],
)
def test_the_name_of_a_table_says_its_precision(name: str, precision: Precision) -> None:
    assert describe(name).precision is precision


def test_two_names_of_the_same_card_are_one_target() -> None:
    one = describe("benchmark-infer-amp-nchw-pt291-cu128-4090.csv")
    other = describe("benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv")
    assert one.target == other.target
    assert one.environment != other.environment


def test_an_unknown_precision_is_refused_with_what_to_do() -> None:
    name = "benchmark-infer-fp8-nchw-pt240-cu124-rtx3090.csv"
    with pytest.raises(SourceTableError, match="the precision 'fp8' is unknown") as caught:
        describe(name)
    assert name in caught.value.message
    assert caught.value.remedy == "Add the name to catalog/reference/speeds/published.py."


@pytest.mark.parametrize(
    ("part", "target", "label"),
    [
        ("cu130-5090", "rtx-5090", "NVIDIA GeForce RTX 5090"),
        ("cpu-i7_12700h-dynamo", "i7-12700h", "Intel Core i7-12700H"),
        ("cu124-abacus", "timm-abacus-cuda", "abacus (cuda), as timm names it"),
        ("cpu-abacus_9", "timm-abacus-9-cpu", "abacus_9 (cpu), as timm names it"),
        ("cpu-rtx3090", "timm-rtx3090-cpu", "rtx3090 (cpu), as timm names it"),
        ("cpu-local", "timm-local-cpu", "local (cpu), as timm names it"),
    ],
)
def test_hardware_is_a_target_whether_it_is_known_or_not(part: str, target: str, label: str) -> None:
    table = describe(f"benchmark-infer-fp32-nchw-pt240-{part}.csv")
    assert (table.target.id, table.target.label) == (target, label)
    assert table.target.kind is (Device.CPU if part.startswith("cpu") else Device.CUDA)
    assert table.configuration(1).device is table.target.kind
    assert fault_of(table.target) is None


@pytest.mark.parametrize(
    ("digits", "version", "day"),
    [
        ("110", "torch 1.10", datetime(2021, 10, 21, tzinfo=UTC)),
        ("280", "torch pt280", datetime(2024, 7, 24, tzinfo=UTC)),
        ("2101", "torch pt2101", datetime(2025, 11, 12, tzinfo=UTC)),
        ("999", "torch pt999", datetime(2025, 11, 12, tzinfo=UTC)),
        ("19", "torch pt19", datetime(2021, 10, 21, tzinfo=UTC)),
    ],
)
def test_an_unknown_release_is_no_older_than_the_last_known_before_it(
    digits: str, version: str, day: datetime
) -> None:
    table = describe(f"benchmark-infer-amp-nchw-pt{digits}-cu124-rtx3090.csv")
    assert (table.environment.runtime_version, table.measured_from) == (version, day)


def test_tables_whose_names_cannot_be_read_are_told() -> None:
    names = ("benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv", "benchmark-infer-fp8-nchw-pt240-cu124-x.csv")
    told: list[SourceTableError] = []
    readable = readable_tables({SourceFile(name, "0" * 40): [ROW] for name in names}, told.append)
    assert [source.name for source in readable] == [names[0]]
    (error,) = told
    assert names[1] in error.message


@pytest.mark.parametrize(
    "name",
    [
        "",
        "benchmark.csv",
        "results-imagenet.csv",
        "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv.bak",
        "benchmark-infer-amp-nchw-pt240-cu124-rtx3090-eager.csv",
        "benchmark-infer-amp-hwcn-pt240-cu124-rtx3090.csv",
        "benchmark-infer-amp-nchw-pt240-rocm6-mi300.csv",
        "benchmark-export-amp-nchw-pt240-cu124-rtx3090.csv",
    ],
)
def test_a_name_that_is_not_a_speed_tables_is_refused(name: str) -> None:
    with pytest.raises(SourceTableError, match="not named as timm names") as caught:
        describe(name)
    assert name in caught.value.message


# What a line becomes


def test_a_line_becomes_a_published_measurement_with_its_source() -> None:
    found = published(ROW, DEPLOYED)
    assert found is not None
    assert found.workload == DEPLOYED.workload
    assert (found.target.id, found.environment) == ("rtx-3090", Environment("torch 2.4.0", "CUDA 12.4"))
    assert (found.provenance, found.status) == (Provenance.PUBLISHED, Status.OK)
    assert (found.protocol, found.source) == (PROTOCOL, f"timm results/{GPU.name} @ git blob {GPU.blob}")
    assert found.measured_at == datetime(2024, 7, 24, tzinfo=UTC)
    assert (found.artefact, success_of(found).samples) == (None, ())
    configuration = found.configuration
    assert (configuration.runtime, configuration.device) == (RuntimeName.PYTORCH, Device.CUDA)
    assert (configuration.precision, configuration.layout) == (Precision.AMP_FP16, Layout.NCHW)
    assert (configuration.batch_size, configuration.compiled, configuration.arena) == (256, False, None)


@pytest.mark.parametrize("source", [GPU, CPU, TRAIN], ids=lambda source: source.name)
def test_every_published_number_is_doubted(source: SourceFile) -> None:
    found = published(replace(ROW, batch_size=1), DEPLOYED, source=source)
    assert found is not None
    assert set(success_of(found).doubts) == {Doubt.NO_INTERVAL, Doubt.MEAN_OF_CALLS, Doubt.UNDATED}
    assert all(
        (value.low, value.high, value.level) == (None, None, None) for value in success_of(found).values
    )


def test_the_number_of_threads_is_not_made_up() -> None:
    for source in (GPU, CPU, TRAIN):
        found = published(ROW, DEPLOYED, source=source)
        assert found is not None
        assert found.configuration.threads is None


@pytest.mark.parametrize(
    ("source", "policy"),
    [
        (GPU, BatchPolicy.LARGEST_FITTING),
        (TRAIN, BatchPolicy.LARGEST_FITTING),
        (CPU, BatchPolicy.FIXED),
    ],
    ids=["inference on a GPU", "training on a GPU", "inference on a CPU"],
)
def test_a_batch_on_a_gpu_was_the_largest_that_fitted(source: SourceFile, policy: BatchPolicy) -> None:
    found = published(ROW, DEPLOYED, source=source)
    assert found is not None
    assert found.configuration.batch_policy is policy


@pytest.mark.parametrize("source", [GPU, CPU], ids=["GPU", "CPU"])
def test_the_time_of_a_batch_is_no_latency(source: SourceFile) -> None:
    for batch_size in (2, 256, 1024):
        row = replace(ROW, batch_size=batch_size)
        assert values(published(row, DEPLOYED, source=source)) == {Metric.THROUGHPUT_IPS: 3000.0}


def test_the_time_of_a_single_image_is_a_latency() -> None:
    row = replace(ROW, batch_size=1, images_per_s=80.0, step_ms=12.5)
    found = values(published(row, DEPLOYED, source=CPU))
    assert found == {Metric.LATENCY_MS: 12.5, Metric.THROUGHPUT_IPS: 80.0}


@pytest.mark.parametrize("batch_size", [1, 256])
def test_a_line_of_training_is_a_speed_of_training_alone(batch_size: int) -> None:
    found = published(replace(ROW, batch_size=batch_size), DEPLOYED, source=TRAIN)
    assert found is not None
    assert found.configuration.scenario is Scenario.TRAINING
    assert values(found) == {Metric.TRAIN_THROUGHPUT_IPS: 3000.0}


def test_a_line_of_inference_is_no_speed_of_training() -> None:
    found = published(ROW, DEPLOYED)
    assert found is not None
    assert found.configuration.scenario is Scenario.SINGLE_STREAM
    assert Metric.TRAIN_THROUGHPUT_IPS not in values(found)


def test_each_line_becomes_its_own_measurement() -> None:
    rows = [
        replace(ROW, model=name, input_size=size) for name in ("toynet", "othernet") for size in (224, 288)
    ]
    counted = [
        make_counted_workload(name, input_size=size) for name in ("toynet", "othernet") for size in (224, 288)
    ]
    found = measurements(GPU, rows, known(*counted))
    assert [(one.workload.architecture, one.workload.input_size) for one in found] == [
        (row.model, row.input_size) for row in rows
    ]
    assert len({one.id for one in found}) == 4


# Which workload a line is of


@pytest.mark.parametrize(
    ("params_m", "kept"),
    [
        (11.5, True),
        (11.495, True),
        (11.505, True),
        (11.51, False),
        (11.49, False),
        (12.25, False),
        (23.0, False),
    ],
)
def test_a_line_of_another_number_of_parameters_is_left_out(params_m: float, *, kept: bool) -> None:
    assert (published(replace(ROW, params_m=params_m), DEPLOYED) is not None) is kept


@pytest.mark.parametrize(
    "row",
    [replace(ROW, model="othernet"), replace(ROW, model="toynet_small"), replace(ROW, input_size=288)],
    ids=["another network", "a longer name", "another size"],
)
def test_a_line_of_a_workload_that_was_not_counted_is_left_out(row: SpeedRow) -> None:
    assert published(row, DEPLOYED) is None


def test_a_line_of_a_workload_that_could_not_be_counted_is_left_out() -> None:
    assert published(ROW, make_counted_workload(count_failure="no such operator")) is None


def test_a_line_may_name_a_checkpoint() -> None:
    found = published(replace(ROW, model="toynet.v1_in1k"), DEPLOYED)
    assert found is not None
    assert found.workload == DEPLOYED.workload


@pytest.mark.parametrize("new", ["toynet", "toynet.v1_in1k"], ids=["an architecture", "a checkpoint"])
def test_a_line_may_use_a_name_that_timm_gave_up(new: str) -> None:
    row = replace(ROW, model="tf_toynet")
    assert published(row, DEPLOYED) is None
    found = published(row, DEPLOYED, tf_toynet=new)
    assert found is not None
    assert found.workload == DEPLOYED.workload


def test_a_name_that_was_given_up_does_not_excuse_other_parameters() -> None:
    assert published(replace(ROW, model="tf_toynet", params_m=12.0), DEPLOYED, tf_toynet="toynet") is None


@pytest.mark.parametrize("source", [GPU, TRAIN], ids=["inference", "training"])
@pytest.mark.parametrize("counted", [DEPLOYED, TRAINING], ids=lambda one: one.workload.form)
def test_the_number_of_parameters_tells_which_form_was_timed(
    source: SourceFile, counted: CountedWorkload
) -> None:
    assert counted.counts is not None
    row = replace(ROW, params_m=counted.counts.params_m)
    found = published(row, DEPLOYED, TRAINING, source=source)
    assert found is not None
    assert found.workload == counted.workload


@pytest.mark.parametrize(
    ("source", "form"), [(GPU, Form.DEPLOYED), (CPU, Form.DEPLOYED), (TRAIN, Form.TRAINING)]
)
@pytest.mark.parametrize("step", [1, -1])
def test_forms_of_as_many_parameters_are_told_apart_by_what_was_done(
    source: SourceFile, form: Form, step: int
) -> None:
    forms: Sequence[CountedWorkload] = (DEPLOYED, make_counted_workload(form=Form.TRAINING))[::step]
    found = published(ROW, *forms, source=source)
    assert found is not None
    assert found.workload.form is form


def test_training_of_a_network_with_one_form_is_of_that_form() -> None:
    found = published(ROW, DEPLOYED, source=TRAIN)
    assert found is not None
    assert found.workload == DEPLOYED.workload


def test_the_number_of_parameters_tells_how_many_classes_were_timed() -> None:
    large = make_counted_workload(num_classes=21841, params_m=32.5)
    for counted, params_m in ((DEPLOYED, 11.5), (large, 32.5)):
        found = published(replace(ROW, params_m=params_m), large, DEPLOYED)
        assert found is not None
        assert found.workload == counted.workload


@pytest.mark.parametrize("step", [1, -1])
def test_a_thousand_classes_are_preferred_where_parameters_do_not_tell(step: int) -> None:
    nearly = make_counted_workload(num_classes=1001, params_m=11.502)
    found = published(ROW, *(nearly, DEPLOYED)[::step])
    assert found is not None
    assert found.workload.num_classes == 1000
