"""What metrics and runtimes are called where people read, and not programs."""

from collections.abc import Mapping

from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName

METRIC_TITLES: Mapping[Metric, str] = {
    Metric.LATENCY_MS: "Response time",
    Metric.LATENCY_MET_MS: "Response time as met",
    Metric.LATENCY_P90_MS: "Response time, 90 % of calls",
    Metric.LATENCY_P95_MS: "Response time, 95 % of calls",
    Metric.LATENCY_P99_MS: "Response time, 99 % of calls",
    Metric.THROUGHPUT_IPS: "Images per second",
    Metric.PEAK_MEMORY_MB: "Memory",
    Metric.DEVICE_MEMORY_MB: "GPU memory",
    Metric.SIZE_MB: "File size",
    Metric.PARAMS_M: "Parameters",
    Metric.GMACS: "Multiply-accumulates",
    Metric.GFLOPS: "Floating-point operations",
    Metric.ACTIVATIONS_M: "Activations",
    Metric.TRAIN_THROUGHPUT_IPS: "Training images per second",
    Metric.TRAIN_MEMORY_MB: "Memory in training",
    Metric.SLOWDOWN: "Slowdown of the machine",
    Metric.TOP1: "Accuracy",
    Metric.TOP5: "Accuracy of five guesses",
    Metric.TOP1_REAL: "Accuracy on ImageNet-ReaL",
    Metric.TOP1_V2: "Accuracy on ImageNet-V2",
    Metric.TOP1_SKETCH: "Accuracy on sketches",
    Metric.TOP1_A: "Accuracy on hard images",
    Metric.TOP1_R: "Accuracy on renditions",
    Metric.TOP1_PER_GMAC: "Accuracy per GMAC",
    Metric.TOP1_PER_MPARAM: "Accuracy per million parameters",
}
"""A title of each metric, in words that a person uses."""

RUNTIME_TITLES: Mapping[RuntimeName, str] = {
    RuntimeName.PYTORCH: "PyTorch",
    RuntimeName.ONNXRUNTIME: "ONNX Runtime",
    RuntimeName.OPENVINO: "OpenVINO",
}
"""The name of each runtime, as its makers write it."""
