"""The closed sets of words that rows are made of. The glossary (docs/glossary.md) defines each."""

from enum import StrEnum


class Provenance(StrEnum):
    """Origin of a number."""

    COUNTED = "counted"
    MEASURED = "measured"
    ESTIMATED = "estimated"
    PUBLISHED = "published"


class Evidence(StrEnum):
    """Origin of a number that depends on the target."""

    MEASURED = Provenance.MEASURED
    ESTIMATED = Provenance.ESTIMATED
    PUBLISHED = Provenance.PUBLISHED


class Dataset(StrEnum):
    """Data set that an accuracy was measured on: ImageNet's validation images or a related test set.

    `images` is the number of images that an accuracy is a share of. For ReaL, only images with a label count.
    """

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
    """Form of a network. In the deployed form, re-parameterisable branches are folded."""

    DEPLOYED = "deployed"
    TRAINING = "training"


class RuntimeName(StrEnum):
    """Runtime that executes a network."""

    PYTORCH = "pytorch"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Device(StrEnum):
    """Kind of processor that executes a network."""

    CPU = "cpu"
    CUDA = "cuda"


class Precision(StrEnum):
    """Arithmetic of a network's matrix products. With AMP, weights stay fp32 and operators cast."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    AMP_BF16 = "amp_bf16"
    AMP_FP16 = "amp_fp16"
    INT8 = "int8"


class Layout(StrEnum):
    """Order of the image tensor's dimensions in memory."""

    NCHW = "nchw"
    NHWC = "nhwc"


class Scenario(StrEnum):
    """What a measurement repeats.

    `single_stream` repeats inference calls one after another, as MLPerf Inference defines. `concurrent` has
    several clients, and each calls again as soon as its call has ended. `training` repeats training steps.
    """

    SINGLE_STREAM = "single_stream"
    CONCURRENT = "concurrent"
    TRAINING = "training"


class BatchPolicy(StrEnum):
    """Way to choose the batch size.

    `fixed` takes the requested size. `largest_fitting` shrinks the batch until it fits the device's memory.
    Large networks then have small batches.
    """

    FIXED = "fixed"
    LARGEST_FITTING = "largest_fitting"


class Status(StrEnum):
    """How a case ended. A case that is `ok` has numbers."""

    OK = "ok"
    FAILED = "failed"


class Scope(StrEnum):
    """What a key of the API opens. A scope includes those before it.

    `read` asks. `ingest` also stores measurements. `admin` also takes the place of other uploaders'
    measurements, and reads the metrics where reads need a key.
    """

    READ = "read"
    INGEST = "ingest"
    ADMIN = "admin"
