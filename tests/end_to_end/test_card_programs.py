"""The program of a profile card writes an ONNX file that runs batches of any size."""

from pathlib import Path

import numpy as np
import pytest

from app.presentation.commands.loading import onnx_code, timm_code

pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.mark.filterwarnings("ignore")
def test_the_program_writes_a_file_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = timm_code("test_resnet.r160_in1k", "test_resnet").replace("pretrained=True", "pretrained=False")
    monkeypatch.chdir(tmp_path)
    exec(onnx_code(load, 160), {})
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    for batch in (1, 3):
        (logits,) = session.run(None, {"image": np.zeros((batch, 3, 160, 160), np.float32)})
        assert logits.shape == (batch, 1000)
