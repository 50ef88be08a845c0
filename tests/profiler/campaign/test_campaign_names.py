"""A campaign measures a network by any of its names, as the catalog names it."""

from dataclasses import replace

import pytest

from catalog.entities.networks import Workload
from tests.profiler.campaign.bench import Bench, request


@pytest.mark.parametrize(
    ("name", "workload"),
    [
        ("resnet50", Workload("resnet50", 1000, 224)),
        ("ResNet-50", Workload("resnet50", 1000, 224)),
        ("timm/resnet50.a1_in1k", Workload("resnet50", 1000, 224)),
        ("resnet50.a3_in1k", Workload("resnet50", 1000, 160)),
        ("mobilenet_v3_large", Workload("mobilenetv3_large_100", 1000, 224)),
        ("vit_tiny_patch16_224_in21k", Workload("vit_tiny_patch16_224", 21843, 224)),
    ],
)
def test_a_network_is_measured_by_any_of_its_names(bench: Bench, name: str, workload: Workload) -> None:
    outcome = bench.campaign.run(request(name))
    assert outcome.measured == 2
    assert {
        measurement.workload for measurement in bench.stored() if measurement.target == bench.campaign.target
    } == {workload}
    assert bench.preparation.described == []


def test_two_names_of_one_workload_are_measured_once(bench: Bench) -> None:
    assert bench.campaign.run(request("resnet50", "ResNet-50", "resnet50.a3_in1k")).measured == 4


def test_a_name_that_only_timm_can_know_is_asked_of_it(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    assert bench.preparation.described == ["alpha"]


def test_stale_cases_are_found_by_any_name_too(bench: Bench) -> None:
    bench.campaign.run(request("resnet50"))
    again = bench.campaign.run(replace(request("timm/resnet50.a1_in1k", "alph*"), stale=True))
    assert (again.measured, again.already_measured) == (0, 2)
