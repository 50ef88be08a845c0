import pytest

from catalog.entities.networks import Architecture, Backbone, Workload
from catalog.words.vocabulary import Form, RuntimeName, Scenario
from profiler.campaign.request import ProfileRequest, unfold
from profiler.errors import UnsupportedByRuntime

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


def test_classes_asked_for_replace_those_of_the_default_checkpoint() -> None:
    request = ProfileRequest(("*",), RUNTIMES[:1], threads=(1,), num_classes=(10, 37), input_sizes=(224, 288))
    workloads = [case.workload for case in unfold(request, [RESNET])]
    assert workloads == [Workload("resnet50", classes, size) for classes in (10, 37) for size in (224, 288)]


def test_images_of_other_channels_make_cases_of_their_own() -> None:
    request = ProfileRequest(("*",), RUNTIMES[:1], threads=(1,), in_chans=(3, 4))
    colour, other = unfold(request, [RESNET])
    assert (colour.workload, other.workload) == (
        Workload("resnet50", 1000, 224),
        Workload("resnet50", 1000, 224, in_chans=4),
    )
    assert [case.workload.id for case in (colour, other)] == [
        "resnet50-deployed-1000-224",
        "resnet50-deployed-1000-224-4ch",
    ]
    assert "4 channels" in str(other)
    assert "channels" not in str(colour)


def test_training_takes_the_form_that_is_trained() -> None:
    pytorch = (RuntimeName.PYTORCH,)
    request = ProfileRequest(("resnet50",), pytorch, (1,), batch_sizes=(4, 8), scenario=Scenario.TRAINING)
    cases = unfold(request, [RESNET])
    assert {case.workload for case in cases} == {Workload("resnet50", 1000, 224, Form.TRAINING)}
    assert {case.configuration.scenario for case in cases} == {Scenario.TRAINING}
    assert str(cases[1]) == "resnet50 224 px, pytorch fp32, batch 8, 1 thread, training"


def test_several_clients_make_a_case_concurrent() -> None:
    request = ProfileRequest(("resnet50",), RUNTIMES[:1], threads=(1,), clients=(1, 4))
    alone, together = (case.configuration for case in unfold(request, [RESNET]))
    assert (alone.clients, alone.scenario) == (1, Scenario.SINGLE_STREAM)
    assert (together.clients, together.scenario) == (4, Scenario.CONCURRENT)


@pytest.mark.parametrize(
    ("runtimes", "asked", "message"),
    [
        ((RuntimeName.PYTORCH, RuntimeName.ONNXRUNTIME), {"compiled": True}, "onnxruntime is not compiled"),
        ((RuntimeName.PYTORCH, RuntimeName.OPENVINO), {"arena": False}, "Only ONNX Runtime has an arena"),
    ],
)
def test_a_variant_that_no_runtime_has_is_refused_with_a_way_out(
    runtimes: tuple[RuntimeName, ...], asked: dict[str, bool], message: str
) -> None:
    with pytest.raises(UnsupportedByRuntime, match=message) as caught:
        ProfileRequest(("resnet50",), runtimes, threads=(1,), **asked)  # type: ignore[arg-type]
    assert caught.value.remedy


def test_the_arena_is_told_of_the_one_runtime_that_has_one() -> None:
    request = ProfileRequest(("resnet50",), RUNTIMES, threads=(1,), arena=False)
    arenas = {case.configuration.runtime: case.configuration.arena for case in unfold(request, [RESNET])}
    assert arenas == {RuntimeName.ONNXRUNTIME: False, RuntimeName.OPENVINO: None}
