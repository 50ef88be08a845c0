"""Counting, against fvcore, against hand-made sums and against files really written."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis
from safetensors.torch import save_model
from torch import nn
from torch.nn import functional

from catalog.entities.networks import Workload
from catalog.words.vocabulary import Form
from profiler.networks import building, complexity

# Small networks of different kinds, with the input size of their default checkpoints.
NETWORKS = [
    Workload("test_resnet", 1000, 160),
    Workload("test_vit", 1000, 160),
    Workload("test_byobnet", 1000, 160),
    Workload("test_byobnet", 1000, 160, Form.TRAINING),
    Workload("test_convnext", 1000, 160),
    Workload("test_efficientnet", 10, 160),
    Workload("test_efficientnet", 0, 96),
    Workload("nf_regnet_b0", 1000, 192),  # weights are standardised by a batch normalisation in training mode
]
SIZE = 32


def fvcore(network: nn.Module, size: int) -> tuple[int, int]:
    """MACs and activations as fvcore counts them, in one forward pass with numbers."""
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    network.requires_grad_(requires_grad=False)
    totals = []
    for analysis in (FlopCountAnalysis, ActivationCountAnalysis):
        quiet = analysis(network, torch.zeros(1, 3, size, size)).tracer_warnings("none")
        totals.append(int(quiet.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()))
    return totals[0], totals[1]


def ours(network: nn.Module, size: int) -> tuple[int, int]:
    counts = complexity.count(network, size)
    assert sum(counts.operators.values()) == pytest.approx(counts.gmacs)
    return round(counts.gmacs * 1e9), round(counts.activations_m * 1e6)


@pytest.mark.parametrize("workload", NETWORKS, ids=lambda workload: workload.id)
def test_counts_of_the_outline_are_fvcore_s_of_the_network(workload: Workload) -> None:
    network = building.build(workload)
    outline = building.outline(workload)
    assert all(weights.is_meta for weights in outline.parameters())
    assert ours(outline, workload.input_size) == fvcore(network, workload.input_size)


@pytest.mark.parametrize("workload", NETWORKS, ids=lambda workload: workload.id)
def test_the_outline_and_the_network_give_the_same_counts_and_the_file_their_size(
    workload: Workload, tmp_path: Path
) -> None:
    network = building.build(workload)
    counts = complexity.count(building.outline(workload), workload.input_size)
    assert counts == complexity.count(network, workload.input_size)
    assert counts.params_m == sum(weights.numel() for weights in network.parameters()) / 1e6
    save_model(network, str(tmp_path / "model.safetensors"))
    assert counts.weights_bytes == (tmp_path / "model.safetensors").stat().st_size


class Calling(nn.Module):
    """A function of the image as a network; it has a parameter, by whose device an image is made."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.function(image)


def behind(*modules: nn.Module) -> nn.Module:
    """The modules behind a convolution to 8 channels of 30 x 30."""
    return nn.Sequential(nn.Conv2d(3, 8, 3), *modules).eval()


def in_training(normalisation: nn.Module) -> nn.Module:
    network = behind(normalisation)
    normalisation.train()
    return network


MODULES: dict[str, Callable[[], nn.Module]] = {
    "grouped convolution": lambda: nn.Conv2d(3, 12, 3, groups=3, stride=2, padding=1, bias=False),
    "dilated depthwise convolution": lambda: behind(nn.Conv2d(8, 8, 5, groups=8, dilation=2, padding=4)),
    "convolution over one dimension": lambda: Calling(
        lambda image: functional.conv1d(image[0], torch.zeros(4, SIZE, 3, device=image.device))
    ),
    "transposed convolution": lambda: behind(nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1)),
    "grouped transposed convolution": lambda: behind(nn.ConvTranspose2d(8, 4, 3, stride=3, groups=4)),
    "batch norm": lambda: behind(nn.BatchNorm2d(8)),
    "batch norm, not affine": lambda: behind(nn.BatchNorm2d(8, affine=False)),
    "batch norm in training": lambda: in_training(nn.BatchNorm2d(8)),
    "batch norm in training, not affine": lambda: in_training(nn.BatchNorm2d(8, affine=False)),
    "group norm": lambda: behind(nn.GroupNorm(2, 8)),
    "group norm, not affine": lambda: behind(nn.GroupNorm(2, 8, affine=False)),
    "instance norm": lambda: behind(nn.InstanceNorm2d(8, affine=True)),
    "instance norm, not affine": lambda: behind(nn.InstanceNorm2d(8)),
    "layer norm": lambda: behind(nn.LayerNorm(30)),
    "layer norm without bias": lambda: behind(nn.LayerNorm(30, bias=False)),
    "layer norm, not affine": lambda: behind(nn.LayerNorm(30, elementwise_affine=False)),
    "RMS norm": lambda: behind(nn.RMSNorm(30)),
    "nearest interpolation": lambda: behind(nn.Upsample(scale_factor=2)),
    "bilinear interpolation": lambda: behind(nn.Upsample(size=(17, 50), mode="bilinear")),
    "bicubic interpolation": lambda: behind(nn.Upsample(scale_factor=2, mode="bicubic")),
    "grid sampling": lambda: Calling(
        lambda image: functional.grid_sample(
            image, torch.zeros(1, 7, 9, 2, device=image.device), align_corners=False
        )
    ),
    "adaptive pooling to one": lambda: behind(nn.AdaptiveAvgPool2d(1)),
    "adaptive pooling": lambda: behind(nn.AdaptiveAvgPool2d(3)),
    "adaptive maximum pooling": lambda: behind(nn.AdaptiveMaxPool2d(3)),
    "other pooling": lambda: behind(nn.AvgPool2d(3), nn.MaxPool2d(2)),
    "arithmetic": lambda: behind(nn.GELU(), nn.Softmax(-1), nn.Hardswish()),
    "linear": lambda: nn.Linear(SIZE, 5),
    "linear without bias": lambda: nn.Linear(SIZE, 5, bias=False),
    "linear on rows": lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 5)),
    "matmul": lambda: Calling(lambda image: image @ image.transpose(-1, -2)),
    "bmm": lambda: Calling(lambda image: torch.bmm(image[0], image[0])),
    "addmm": lambda: Calling(lambda image: torch.addmm(image[0, 2], image[0, 0], image[0, 1])),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("name", MODULES)
def test_counts_of_a_module_are_fvcore_s(name: str, device: str) -> None:
    with torch.device(device):
        network = MODULES[name]()
    assert ours(network, SIZE) == fvcore(MODULES[name](), SIZE)


class Recurrent(nn.Module):
    """Reads the rows of an image's first channel in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LSTM(SIZE, 16, batch_first=True, bidirectional=True)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.layer(image[:, 0])[0]
        return output


# Two directions, 32 rows, four gates of 16 numbers, each of the row (32) and of the state (16).
LSTM_MACS = 2 * 32 * 4 * 16 * (32 + 16)


def test_an_lstm_is_counted_where_fvcore_leaves_it_out() -> None:
    with torch.device("meta"):
        network = Recurrent()
    assert ours(network, SIZE)[0] == LSTM_MACS
    assert fvcore(Recurrent(), SIZE) == (0, 0)


def test_an_lstm_on_the_cpu_is_counted_or_refused_never_left_out() -> None:
    try:
        macs, _ = ours(Recurrent(), SIZE)
    except complexity.Uncountable:
        return
    assert macs == LSTM_MACS


@pytest.mark.parametrize(
    ("function", "macs"),
    [
        (lambda image: torch.einsum("bchw,bcwk->bchk", image, image), 3 * 32**3),
        (lambda image: torch.einsum("bchw,bdhw->bcd", image, image), 3 * 3 * 32**2),
        (lambda image: torch.mm(image[0, 0], image[0, 1]), 32**3),
        (lambda image: torch.baddbmm(image[0], image[0], image[0]), 3 * 32**3),
        (lambda image: image[0, 0] @ image[0, 0, 0], 32**2),
    ],
    ids=["einsum", "einsum to a sum", "mm", "baddbmm", "matrix and vector"],
)  # fmt: skip
def test_products_that_fvcore_rounds_or_leaves_out_are_counted_in_full(
    function: Callable[[torch.Tensor], torch.Tensor], macs: int
) -> None:
    assert ours(Calling(function), SIZE)[0] == macs


def attention(image: torch.Tensor) -> torch.Tensor:
    tokens = image.flatten(2).transpose(1, 2)
    return functional.scaled_dot_product_attention(tokens, tokens, tokens)


def test_fused_attention_is_taken_apart_into_its_two_products() -> None:
    counts = complexity.count(Calling(attention), SIZE)
    assert counts.gmacs == 2 * 1024**2 * 3 / 1e9
    assert counts.operators.keys() == {"matmul"}
    assert counts.operator_calls["matmul"] == 2


def silent_product(image: torch.Tensor) -> torch.Tensor:
    """A product under a name that fvcore ignores and that torch does not take apart."""
    zeros = torch.zeros(32, 32, device=image.device)
    fused: torch.Tensor = torch._addmm_activation(zeros[0], image[0, 0], image[0, 1])
    return torch.addmm(zeros, image[0, 0], image[0, 1]) + fused


@pytest.mark.parametrize(
    ("function", "operator"),
    [
        (silent_product, "_addmm_activation"),
        (lambda image: torch.fft.rfft2(image), "_fft_r2c"),  # noqa: PLW0108 - the operator is chosen by dtype
        (
            lambda image: torch.conv_tbc(
                image[0], torch.zeros(3, 32, 4, device=image.device), torch.zeros(4, device=image.device)
            ),
            "conv_tbc",
        ),
    ],
    ids=["addmm with activation", "Fourier transform", "another convolution"],
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_an_operator_that_would_be_left_out_is_an_error_never_a_number(
    function: Callable[[torch.Tensor], torch.Tensor], operator: str, device: str
) -> None:
    with torch.device(device):
        network = Calling(function)
    with pytest.raises(complexity.Uncountable, match=f"no formula for {operator}"):
        complexity.count(network, SIZE)


def test_every_operator_without_a_formula_is_named() -> None:
    def both(image: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.fft.rfft2(silent_product(image))
        return result

    with pytest.raises(complexity.Uncountable, match="no formula for _addmm_activation, _fft_r2c"):
        complexity.count(Calling(both), SIZE)


def test_a_count_below_torch_s_own_is_an_error_never_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    halved = {**complexity._FORMULAS, torch.ops.aten.linear: lambda args, _: args[0].numel()}
    monkeypatch.setattr(complexity, "_FORMULAS", halved)
    with pytest.raises(complexity.Uncountable, match=r"torch's counter 1\.536e-05"):
        complexity.count(nn.Linear(SIZE, 5), SIZE)


def test_counting_changes_no_weight_and_leaves_no_gradient() -> None:
    network = building.build(Workload("test_resnet", 10, 64))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    complexity.count(network, 64)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(weights.grad is None for weights in network.parameters())


def test_calls_count_every_operator_also_those_without_macs() -> None:
    counts = complexity.count(behind(nn.ReLU(), nn.Conv2d(8, 8, 1), nn.ReLU(), nn.MaxPool2d(2)), SIZE)
    assert counts.operators.keys() == {"conv"}
    assert counts.operator_calls == {"conv": 2, "max_pool2d_with_indices": 1, "relu": 2}


# The size of the weights as a file


class Tied(nn.Module):
    """Two pairs of modules share their weights; one of them is twice in the state."""

    def __init__(self) -> None:
        super().__init__()
        self.zeroth = nn.Linear(7, 5)
        self.first = nn.Linear(7, 5)
        self.first.weight = self.zeroth.weight
        self.again = nn.ModuleDict({"inner": self.zeroth, "alone": nn.Linear(3, 3)})
        self.table = nn.Embedding(11, 4)
        self.head = nn.Linear(4, 11, bias=False)
        self.head.weight = self.table.weight


def buffers(*tensors: torch.Tensor, **named: torch.Tensor) -> nn.Module:
    network = nn.Module()
    for position, tensor in enumerate(tensors):
        network.register_buffer(f"buffer{position}", tensor)
    for name, tensor in named.items():
        network.register_buffer(name, tensor)
    return network


def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(shape, dtype=dtype)


def one_buffer(name: str) -> nn.Module:
    return buffers(**{name: zeros(1)})


class Hidden(nn.Module):
    """A buffer that is not part of the state is in no file."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(9))
        self.register_buffer("mask", torch.zeros(1000), persistent=False)


HELD: dict[str, Callable[[], nn.Module]] = {
    "no tensor": nn.Module,
    "a number": lambda: buffers(torch.tensor(1.0)),
    "an empty tensor": lambda: buffers(zeros(0, 4), zeros(3)),
    "batch norm's counter": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)),
    "indices and masks": lambda: buffers(
        zeros(49, 49, dtype=torch.int64), zeros(7, dtype=torch.bool), zeros(12, 3)
    ),
    "tensors of one dtype each size": lambda: buffers(
        zeros(3, dtype=torch.uint8), zeros(5, dtype=torch.int16), zeros(4), zeros(2, dtype=torch.float64)
    ),
    "half precision": lambda: nn.Linear(33, 17).half(),
    "shared weights": Tied,
    "a name of many bytes": lambda: buffers(**{"größe": zeros(3), "a" * 300: zeros(2)}),
    "what is not part of the state": Hidden,
    **{f"a name of {size} letters": partial(one_buffer, "x" * size) for size in range(1, 9)},
}


def written(network: nn.Module, folder: Path) -> int:
    save_model(network, str(folder / "model.safetensors"))
    return (folder / "model.safetensors").stat().st_size


@pytest.mark.parametrize("name", HELD)
def test_the_size_of_the_weights_is_that_of_the_file(name: str, tmp_path: Path) -> None:
    network = HELD[name]()
    assert complexity.weights_bytes(network) == written(network, tmp_path)


@pytest.mark.parametrize("name", [name for name in HELD if name not in ("no tensor", "half precision")])
def test_the_size_is_known_without_the_weights(name: str, tmp_path: Path) -> None:
    with torch.device("meta"):
        outline = HELD[name]()
    assert complexity.weights_bytes(outline) == written(HELD[name](), tmp_path)


def test_the_size_is_that_of_the_file_also_where_dtypes_of_one_size_mix(tmp_path: Path) -> None:
    network = buffers(weight148=zeros(3, dtype=torch.int64), a332=zeros(1, 9, 32, dtype=torch.float64))
    assert complexity.weights_bytes(network) == written(network, tmp_path)
