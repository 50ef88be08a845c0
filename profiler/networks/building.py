"""Building timm's networks: with seeded weights, or as an outline without weights."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import timm
import torch
from timm.layers.config import set_fused_attn
from timm.models import get_pretrained_cfg, model_entrypoint
from timm.utils.model import reparameterize_model
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from catalog.entities.networks import IMAGE_CHANNELS, Stage, Workload
from catalog.reference.facts.timm_facts import TimmArchitecture
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Form
from profiler.failures import CaseFailed, first_line
from profiler.faults import raise_unless_of_network
from profiler.networks import registry

SEED = 2026
# The least batch whose statistics say something of its spread. Larger ones cost a forward pass an image.
_CALIBRATION_BATCH = 4
# A tensor without a larger weight adds next to nothing. timm starts layer scales at 1e-4 and below, and
# biases, tokens and last normalisations at 0 or about 1e-6. Its other weights start with a deviation of 0.01
# and more.
_NEGLIGIBLE = 1e-3
# Large enough that a branch shows in the output, small enough that a sum of branches stays near one.
_REPLACEMENT_STD = 0.2
# A single number is added to every activation. Where a channel is dead, a normalisation behind it multiplies
# what was added by up to 300.
_REPLACEMENT_STD_OF_ONE = 0.02
# Of networks whose weights only have to differ: see `sketch`.
_SKETCHED_STD = 0.1
_AROUND_ONE = (0.7, 1.3)
# The optimiser of onnxscript keeps equal constants of up to so many numbers once.
_DEDUPLICATED_NUMBERS = 1024
# Comparing one of this size with its export was seen to take 16 GB.
SKETCHED_PARAMETERS = 380_000_000
_INITIALISERS = {
    torch.Tensor.add_,
    torch.Tensor.clamp_,
    torch.Tensor.div_,
    torch.Tensor.erfinv_,
    torch.Tensor.fill_,
    torch.Tensor.mul_,
    torch.Tensor.normal_,
    torch.Tensor.uniform_,
    torch.Tensor.zero_,
}


def build(workload: Workload, *, calibrated: bool = False, fused_attention: bool = False) -> nn.Module:
    """The network of `workload` in evaluation mode with seeded random weights.

    Unfused attention keeps every multiplication visible to the MAC counter and exportable to ONNX. Fused
    attention is what users of PyTorch run. The deployed form is re-parameterised where the family does so.

    With `calibrated`, activations are kept near one, as training would leave them. A freshly initialised
    network multiplies its activations from block to block until they overflow or turn denormal. timm starts
    some branches near zero (last normalisation of a block, layer scale), which would hide the errors of an
    export in them.

    Raises:
        CaseFailed: the architecture does not accept the workload's input size, or its channels.
    """
    set_fused_attn(fused_attention)
    torch.manual_seed(SEED)
    network = _create(workload).eval()
    if calibrated:
        weights = _calibrated(network, workload.image_shape)
        # What a network remembers of a call, as attention biases in LeViT, would be exported as constants.
        with _WithoutInitialisation():
            network = _create(workload).eval()
        network.load_state_dict(weights)
    if workload.form is Form.DEPLOYED:
        network = reparameterize_model(network)
    return network.eval()


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """Within the context, this thread takes denormal numbers for zero. A network with random weights may
    compute so many that a call takes minutes. What is timed computes with them, as it does for its users."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def sketch(workload: Workload) -> nn.Module:
    """The network of `workload` as `build` makes it, with other weights that are cheap to draw.

    No two vectors of weights are equal, because exporters keep equal ones once. Weights of more than
    `_DEDUPLICATED_NUMBERS` numbers are not set where the network has more than `SKETCHED_PARAMETERS`: such a
    network is looked at, and not run.

    Raises:
        CaseFailed: the architecture does not accept the workload's input size.
    """
    set_fused_attn(False)
    torch.manual_seed(SEED)
    with _WithoutInitialisation():
        network = _create(workload).eval()
    if workload.form is Form.DEPLOYED:
        network = reparameterize_model(network, inplace=True).eval()
    large = parameters(network) > SKETCHED_PARAMETERS
    with torch.no_grad():
        for module in network.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if not large or parameter.numel() <= _DEDUPLICATED_NUMBERS:
                    _sketch(parameter, around_zero=name != "weight")
            if isinstance(module, _BatchNorm):
                if module.running_mean is not None:
                    module.running_mean.normal_(0.0, _SKETCHED_STD)
                if module.running_var is not None:
                    module.running_var.uniform_(*_AROUND_ONE)
    return network


def parameters(network: nn.Module) -> int:
    """The number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def classifier(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """The weights that have the number of classes as their first dimension, with their shapes."""
    get_classifier: Any = getattr(network, "get_classifier", tuple)
    try:
        found = get_classifier()
    except AttributeError:  # re-parameterising replaced what it looks for, as in LeViT
        found = ()
    heads = found if isinstance(found, tuple | list) else (found,)
    own = {id(weight) for head in heads if isinstance(head, nn.Module) for weight in head.parameters()}
    classes = getattr(network, "num_classes", 0)
    return {
        name: tuple(weight.shape)
        for name, weight in network.named_parameters()
        if id(weight) in own and classes and weight.shape[0] == classes
    }


def has_size_argument(architecture: str) -> bool:
    """Whether timm builds the architecture for an input size, rather than for any."""
    size = registry.native_size(architecture)
    try:
        with torch.device("meta"), _WithoutInitialisation():
            timm.create_model(architecture, pretrained=False, img_size=size)
    except TypeError as error:
        if "img_size" in str(error):
            return False
        raise
    return True


def _sketch(parameter: torch.Tensor, *, around_zero: bool) -> None:
    if parameter.numel() == 1:
        _spread_one(parameter)
    elif around_zero:
        parameter.normal_(0.0, _SKETCHED_STD)
    elif parameter.ndim > 1:
        parameter.normal_(0.0, parameter[0].numel() ** -0.5)
    else:
        parameter.uniform_(*_AROUND_ONE)


def _spread_one(parameter: torch.Tensor) -> None:
    """A single number other than timm's, which is 0 or 1 in most networks: runtimes leave out what adds 0 or
    multiplies by 1, and training leaves neither."""
    if _NEGLIGIBLE <= parameter.abs() <= 1 / _NEGLIGIBLE:
        parameter.mul_(torch.empty_like(parameter).uniform_(*_AROUND_ONE))
    else:
        parameter.normal_(0.0, _REPLACEMENT_STD_OF_ONE)


def outline(workload: Workload) -> nn.Module:
    """The network of `workload` as `build` makes it, but on the meta device, without weights. It takes a
    second.

    Raises:
        CaseFailed: the architecture does not accept the workload's input size.
        RuntimeError: the network computes with numbers while it is built. The meta device has none.
    """
    set_fused_attn(False)
    with torch.device("meta"), _WithoutInitialisation():
        network = _create(workload).eval()
    return _deployed(network) if workload.form is Form.DEPLOYED else network


def structure(described: TimmArchitecture) -> TimmArchitecture:
    """`described` with what the network itself shows when it is built without weights.

    Another input size is accepted where the weights of the native size fit a network for twice that size:
    each patch, window and stride that divides the native size divides the double.

    Raises:
        CaseFailed: the architecture does not accept its native size.
        RuntimeError: the network computes with numbers while it is built.
    """
    name, classes, size = described.name, described.num_classes, described.native_size
    training = outline(Workload(name, classes, size, Form.TRAINING))
    deployed = _deployed(training)
    features = getattr(training, "feature_info", None) or ()
    return replace(
        described,
        fixed_input=not _weights_fit(training, Workload(name, classes, 2 * size, Form.TRAINING)),
        reparameterised=training.state_dict().keys() != deployed.state_dict().keys(),
        # The blocks of a plain transformer all have the same map.
        stages=tuple(dict.fromkeys(Stage(int(map_["reduction"]), int(map_["num_chs"])) for map_ in features)),
    )


def _weights_fit(network: nn.Module, other: Workload) -> bool:
    """Whether timm can load the weights of `network` into `other`, judged by their shapes. timm's families
    have filters for that, which resample position embeddings."""
    try:
        resized = outline(other)
    except CaseFailed:
        return False
    weights: Mapping[str, torch.Tensor] = dict(network.state_dict())
    module = sys.modules[model_entrypoint(other.architecture).__module__]
    resample = getattr(module, "checkpoint_filter_fn", None)
    if resample is not None:
        with contextlib.suppress(Exception):  # weights that it fails on stay as they are, and may still fit
            weights = resample(dict(weights), resized)
    return all(
        name in weights and weights[name].shape == parameter.shape
        for name, parameter in resized.named_parameters()
    )


def _deployed(outline: nn.Module) -> nn.Module:
    with torch.device("meta"):
        return reparameterize_model(outline).eval()


class _WithoutInitialisation(TorchFunctionMode):
    """Skips arithmetic in place on parameters and on meta tensors: half of the time of building networks."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        keywords = kwargs or {}
        if func in _INITIALISERS or getattr(func, "__module__", None) == nn.init.__name__:
            tensor = args[0] if args else keywords["tensor"]
            if tensor.is_meta or isinstance(tensor, nn.Parameter):
                return tensor
        return func(*args, **keywords)


def _calibrated(network: nn.Module, image_shape: tuple[int, int, int]) -> dict[str, torch.Tensor]:
    """The weights of `network`, with random values for negligible ones, and with batch statistics of one
    random batch of images.

    Weights that are one number throughout, or equal earlier weights, are spread around what they are.
    Training leaves none, and exporters keep equal ones once.
    """
    known = set[object]()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.numel() == 1:
                _spread_one(parameter)
            elif parameter.abs().max() < _NEGLIGIBLE:
                parameter.normal_(0.0, _REPLACEMENT_STD)
            elif parameter.min() == parameter.max() or _content(parameter) in known:
                parameter.mul_(torch.empty_like(parameter).uniform_(*_AROUND_ONE))
            known.add(_content(parameter))
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.momentum = 1.0
                module.train()
        with denormals_flushed():
            network(torch.randn(_CALIBRATION_BATCH, *image_shape))
    return network.state_dict()


def _content(parameter: torch.Tensor) -> object:
    """What is equal for equal parameters that an exporter keeps once. It keeps every large one."""
    small = parameter.numel() <= _DEDUPLICATED_NUMBERS
    return (parameter.shape, parameter.numpy().tobytes()) if small else id(parameter)


def _create(workload: Workload) -> nn.Module:
    arguments: dict[str, Any] = {"pretrained": False, "num_classes": workload.num_classes}
    if workload.in_chans == IMAGE_CHANNELS:
        return _create_at_size(workload, arguments)
    try:
        network = _create_at_size(workload, {**arguments, "in_chans": workload.in_chans})
        _forward(network, workload)
    except Exception as error:  # timm's networks fail in many ways
        raise_unless_of_network(error)
        raise CaseFailed(
            FailureReason.UNSUPPORTED_CHANNELS,
            f"{workload.architecture} does not accept {workload.in_chans} channels: {first_line(error)}.",
        ) from error
    return network


def _create_at_size(workload: Workload, arguments: Mapping[str, Any]) -> nn.Module:
    name, size = workload.architecture, workload.input_size
    default, native = get_pretrained_cfg(name), registry.native_size(name)
    if size == native:
        return timm.create_model(name, **arguments)
    try:
        network = timm.create_model(name, img_size=size, **arguments)
    except TypeError as error:
        if "img_size" not in str(error):
            raise
        if default is not None and default.fixed_input_size:
            raise _unsupported(workload, native, "its input size is fixed") from error
        network = timm.create_model(name, **arguments)
    except (AssertionError, RuntimeError, ValueError) as error:
        raise_unless_of_network(error)
        raise _unsupported(workload, native, str(error)) from error
    _try_forward(network, workload, native)
    return network


def _try_forward(network: nn.Module, workload: Workload, native: int) -> None:
    """Call the network, because many architectures refuse an input size only then."""
    try:
        _forward(network, workload)
    except (AssertionError, RuntimeError, ValueError, IndexError) as error:
        raise_unless_of_network(error)
        raise _unsupported(workload, native, str(error)) from error


def _forward(network: nn.Module, workload: Workload) -> None:
    with torch.inference_mode():
        device = next(network.parameters()).device
        network.eval()(torch.zeros(1, *workload.image_shape, device=device))
    network.train()  # makes it forget the attention biases that it keeps for its next call


def _unsupported(workload: Workload, native: int, cause: str) -> CaseFailed:
    why = cause.strip().rstrip(".")
    return CaseFailed(
        FailureReason.UNSUPPORTED_INPUT_SIZE,
        f"{workload.architecture} (native {native} px) does not accept {workload.input_size} px: {why}.",
    )
