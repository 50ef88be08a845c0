"""The closed sets of words that rows are made of. The glossary (docs/glossary.md) defines each."""

from enum import StrEnum


class Provenance(StrEnum):
    """Where a number comes from."""

    COUNTED = "counted"
    MEASURED = "measured"
    ESTIMATED = "estimated"
    PUBLISHED = "published"


class Dataset(StrEnum):
    """What accuracies were measured on: ImageNet's validation images, or one of its robustness sets, with
    the number of `images` that an accuracy is a share of (of ReaL, those that have a label left)."""

    images: int

    def __new__(cls, name: str, images: int = 0) -> "Dataset":
        member = str.__new__(cls, name)
        member._value_ = name
        member.images = images
        return member

    IMAGENET_VAL = "imagenet-val", 50_000
    IMAGENET_REAL = "imagenet-real", 46_837
    IMAGENET_V2 = "imagenet-v2", 10_000
    IMAGENET_SKETCH = "imagenet-sketch", 50_889
    IMAGENET_A = "imagenet-a", 7_500
    IMAGENET_R = "imagenet-r", 30_000


class Form(StrEnum):
    """Whether re-parameterisable branches were folded."""

    DEPLOYED = "deployed"
    TRAINING = "training"


class RuntimeName(StrEnum):
    """What executes the network."""

    PYTORCH = "pytorch"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Device(StrEnum):
    """The kind of processor that executes the network."""

    CPU = "cpu"
    CUDA = "cuda"


class Precision(StrEnum):
    """The arithmetic of the network's matrix products. AMP keeps fp32 weights and casts within operators."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    AMP_BF16 = "amp_bf16"
    AMP_FP16 = "amp_fp16"
    INT8 = "int8"


class Layout(StrEnum):
    """The order of the image tensor's dimensions in memory."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Scenario(StrEnum):
    """What is repeated: inference calls, one after another (MLPerf Inference's name) or from several clients
    at once, each calling again as soon as it was answered; or training steps."""

    SINGLE_STREAM = "single_stream"
    CONCURRENT = "concurrent"
    TRAINING = "training"


class BatchPolicy(StrEnum):
    """Who chose the batch size: the request, or what fitted the device's memory. Batches of the second
    kind differ from network to network, so filtering on one of them drops the large networks."""

    FIXED = "fixed"
    LARGEST_FITTING = "largest_fitting"


class Status(StrEnum):
    """How a case ended."""

    OK = "ok"
    FAILED = "failed"
