"""What a configuration is called in sentences, tables, commands and ids."""

from dataclasses import fields, replace
from typing import Any

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.naming import in_words, label_of, options_of
from catalog.words.vocabulary import BatchPolicy, Device, Layout, Precision, RuntimeName, Scenario

PLAIN = Configuration(RuntimeName.PYTORCH)
FITTING: dict[str, Any] = {"batch_size": 256, "batch_policy": BatchPolicy.LARGEST_FITTING, "threads": None}


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"threads": 2}, "pytorch fp32, 2 threads"),
        ({"threads": None, "compiled": True, "batch_size": 256}, "pytorch compiled fp32, batch 256"),
        (
            {"device": Device.CUDA, "precision": Precision.AMP_FP16, "layout": Layout.NHWC, **FITTING},
            "pytorch cuda amp_fp16, layout nhwc, batch 256 (the largest that fits)",
        ),
        ({"arena": False}, "pytorch fp32, 1 thread, no arena"),
        ({"scenario": Scenario.TRAINING}, "pytorch fp32, 1 thread, training"),
        (
            {"scenario": Scenario.CONCURRENT, "clients": 4},
            "pytorch fp32, 1 thread, 4 clients at once",
        ),
    ],
)
def test_in_words(changes: dict[str, Any], shown: str) -> None:
    assert in_words(replace(PLAIN, **changes)) == shown


def test_a_field_may_be_left_out_of_the_words() -> None:
    assert in_words(PLAIN, without=["batch_size"]) == "pytorch fp32, 1 thread"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"runtime": RuntimeName.ONNXRUNTIME, "threads": 2}, "onnxrt t2"),
        ({"precision": Precision.INT8, "batch_size": 8}, "pytorch int8 b8 t1"),
        ({"device": Device.CUDA, "precision": Precision.AMP_FP16, **FITTING}, "pytorch amp_fp16 b256"),
        ({"compiled": True, "arena": False, "clients": 2}, "pytorch compiled t1 no arena c2"),
        ({"scenario": Scenario.TRAINING, "layout": Layout.NHWC}, "pytorch nhwc t1 train"),
    ],
)
def test_a_label_is_short(changes: dict[str, Any], shown: str) -> None:
    assert label_of(replace(PLAIN, **changes)) == shown


def test_options_of_a_plain_configuration() -> None:
    assert options_of(PLAIN) == " --runtime pytorch --precision fp32 --batch-size 1 --threads 1"


def test_options_of_a_special_configuration() -> None:
    special = replace(
        PLAIN,
        compiled=True,
        device=Device.CUDA,
        arena=False,
        scenario=Scenario.TRAINING,
        clients=3,
        threads=None,
    )
    assert options_of(special) == (
        " --runtime pytorch --compiled --device cuda --precision fp32 --batch-size 1"
        " --no-arena --train --clients 3"
    )


@pytest.mark.parametrize("field", fields(Configuration), ids=lambda field: field.name)
def test_every_field_has_a_meaning_for_the_api(field: Any) -> None:
    assert field.metadata["description"].endswith(".")


def test_fewer_than_one_thread_is_refused() -> None:
    with pytest.raises(ValueError, match="threads"):
        Configuration(RuntimeName.PYTORCH, threads=0)


def test_a_configuration_without_stated_threads_cannot_be_run() -> None:
    with pytest.raises(ValueError, match="does not state"):
        _ = Configuration(RuntimeName.PYTORCH, threads=None).stated_threads
