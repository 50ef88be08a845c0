import json
from dataclasses import asdict

from catalog.entities import Architecture, Backbone, Configuration, Workload
from catalog.vocabulary import Form, Precision, RuntimeName
from profiler.cases import Case, ProfileRequest, configuration_from_json, unfold, workload_from_json

RESNET = Backbone(Architecture("resnet50"), (), 1000, 224)
CLIP = Backbone(Architecture("vit_clip"), (), 512, 384)
RUNTIMES = (RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO)


def test_a_request_unfolds_to_the_product_of_its_choices() -> None:
    request = ProfileRequest(("resnet50",), RUNTIMES, threads=(1, 2), batch_sizes=(1, 8))
    cases = unfold(request, [RESNET])
    assert len(cases) == len({case.key for case in cases}) == 8


def test_each_architecture_takes_its_native_size_and_classes() -> None:
    request = ProfileRequest(("*",), RUNTIMES[:1], threads=(1,))
    workloads = [case.workload for case in unfold(request, [RESNET, CLIP])]
    assert workloads == [Workload("resnet50", 1000, 224), Workload("vit_clip", 512, 384)]


def test_input_sizes_asked_for_replace_the_native_one() -> None:
    request = ProfileRequest(("*",), RUNTIMES[:1], threads=(1,), input_sizes=(192, 256))
    assert [case.workload.input_size for case in unfold(request, [RESNET])] == [192, 256]


def test_workloads_and_configurations_survive_json() -> None:
    workload = Workload("resnet50", 1000, 224, Form.TRAINING)
    configuration = Configuration(RuntimeName.OPENVINO, Precision.BF16, 8, 2)
    assert workload_from_json(json.loads(json.dumps(asdict(workload)))) == workload
    again = configuration_from_json(json.loads(json.dumps(asdict(configuration))))
    assert again == configuration
    assert again.precision is Precision.BF16


def test_a_case_is_named_in_plain_words() -> None:
    one = Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.OPENVINO, threads=1))
    assert str(one) == "resnet50 224 px, openvino fp32, 1 thread"
    many = Case(Workload("resnet50", 1000, 224), Configuration(RuntimeName.PYTORCH, threads=2, batch_size=8))
    assert str(many) == "resnet50 224 px, pytorch fp32, 2 threads, batch 8"
