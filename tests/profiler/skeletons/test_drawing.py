"""What is drawn is the same on every machine, lies where the skeleton says, and is a file that runs."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from profiler.skeletons import calibration, drawing
from profiler.skeletons.drawing import Spread
from tests.profiler.skeletons.models import SIZE, data, make_network


def tensor(*shape: int, name: str = "weight") -> TensorProto:
    return TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT)


def test_the_numbers_are_those_of_every_machine_and_version() -> None:
    drawn = drawing.values(tensor(100, 100), Spread(0, -3))
    digest = hashlib.sha256(drawn.astype("<f4").tobytes()).hexdigest()
    assert digest.startswith("1ce9b07960db5e26")


@pytest.mark.parametrize(
    "spread", [Spread(0, 0), Spread(0, -5), Spread(1, -4), Spread(1, -4, -6), Spread(0, 2, 3)]
)
def test_numbers_lie_around_the_mean_as_far_as_the_spread_says(spread: Spread) -> None:
    drawn = drawing.values(tensor(300, 300), spread).astype(np.float64)
    unit = 2.0**spread.scale
    deviation = 2.0**spread.exponent * unit
    assert drawn.mean() == pytest.approx(spread.mean * unit, abs=0.02 * deviation)
    assert drawn.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(drawn - spread.mean * unit).max() < 3.5 * deviation


def test_tensors_of_other_names_hold_other_numbers() -> None:
    one, other = (drawing.values(tensor(64, name=name), Spread(0, 0)) for name in ("a", "b"))
    assert not np.array_equal(one, other)


def test_large_tensors_repeat_the_table_but_not_their_rows() -> None:
    drawn = drawing.values(tensor(2048, 1024), Spread(0, 0))
    assert drawn.shape == (2048, 1024)
    assert np.unique(drawn[:, :2], axis=0).shape[0] > 2000


def test_a_spread_is_read_from_its_text() -> None:
    assert Spread.parse(str(Spread(1, -4, 7))) == Spread(1, -4, 7)
    assert Spread.parse("0 -5") == Spread(0, -5)


@pytest.mark.parametrize("limit", [1e9, 1.0], ids=["one file", "weights in a file beside"])
def test_a_drawn_file_runs_and_is_the_same_each_time(
    limit: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "PROTOBUF_BYTES", limit)
    skeleton = make_network()
    calibration.calibrate(skeleton)
    written = []
    for name in ("one.onnx", "two.onnx"):
        copy = onnx.ModelProto()
        copy.CopyFrom(skeleton)
        drawing.write(copy, tmp_path / name)
        onnx.checker.check_model(str(tmp_path / name), full_check=True)
        session = onnxruntime.InferenceSession(str(tmp_path / name), providers=["CPUExecutionProvider"])
        (logits,) = session.run(None, {"image": np.ones((1, 3, SIZE, SIZE), np.float32)})
        assert np.isfinite(logits).all()
        written.append((data(onnx.load(str(tmp_path / name))), logits))
    assert (tmp_path / "one.onnx.data").exists() is (limit == 1.0)
    (first, first_logits), (second, second_logits) = written
    assert np.array_equal(first_logits, second_logits)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not any(stored.doc_string for stored in onnx.load(str(tmp_path / "one.onnx")).graph.initializer)


def test_both_ways_to_store_weights_hold_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skeleton = make_network()
    calibration.calibrate(skeleton)
    found = []
    for name, limit in (("within.onnx", 1e9), ("beside.onnx", 1.0)):
        monkeypatch.setattr(drawing, "PROTOBUF_BYTES", limit)
        copy = onnx.ModelProto()
        copy.CopyFrom(skeleton)
        drawing.write(copy, tmp_path / name)
        found.append(data(onnx.load(str(tmp_path / name))))
    within, beside = found
    assert within.keys() == beside.keys()
    assert all(np.array_equal(within[name], beside[name]) for name in within)
