"""How to load a network and write it as a file, as code that can be run."""

import json


def timm_code(checkpoint: str | None, architecture: str) -> str:
    """The call of timm that builds the network, with its weights where a checkpoint is known."""
    if checkpoint is None:
        return f"timm.create_model({json.dumps(architecture)})"
    return f"timm.create_model({json.dumps(checkpoint)}, pretrained=True)"


def onnx_code(load: str, input_size: int) -> str:
    """The program that writes the network that `load` builds as an ONNX file, for batches of any size."""
    return f"""import timm, torch

model = {load}.eval()
image = torch.randn(2, 3, {input_size}, {input_size})
batch = torch.export.Dim("batch", min=1, max=1024)
torch.onnx.export(
    model, (image,), "model.onnx", input_names=["image"], output_names=["logits"],
    dynamic_shapes=({{0: batch}},), dynamo=True,
)"""
