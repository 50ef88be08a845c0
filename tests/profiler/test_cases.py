from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.vocabulary import RuntimeName
from profiler.cases import Case


def test_a_case_is_named_in_plain_words() -> None:
    one = Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.OPENVINO, threads=1))
    assert str(one) == "resnet50 224 px, openvino fp32, 1 thread"
    many = Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.PYTORCH, threads=2, batch_size=8))
    assert str(many) == "resnet50 224 px, pytorch fp32, batch 8, 2 threads"
    bare = Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.ONNXRUNTIME, arena=False))
    assert str(bare) == "resnet50 224 px, onnxruntime fp32, 1 thread, no arena"
    ten = Case(Workload("resnet50", 10, 224), Configuration(RuntimeName.OPENVINO))
    assert str(ten) == "resnet50 224 px, 10 classes, openvino fp32, 1 thread"
