"""Each name of torchvision leads to a network of timm that has as many parameters."""

import pytest
from torchvision.models import get_model_weights

from catalog.reference.names.network_names import TORCHVISION
from catalog.words.vocabulary import Form
from tests.reference_tables import WHOLE

PARAMS = {
    counted.workload.architecture: counted.counts.params_m
    for counted in WHOLE.workloads()
    if counted.counts is not None
    and counted.workload.num_classes == 1000
    and counted.workload.form is Form.DEPLOYED
}
# timm keeps some tables of positions as parameters, or leaves out a bias that is always zero.
_WITHIN = 0.002


@pytest.mark.parametrize("name", [name for name, meant in TORCHVISION.items() if meant in PARAMS])
def test_the_networks_have_as_many_parameters(name: str) -> None:
    weights = next(weights for weights in get_model_weights(name) if weights.name.startswith("IMAGENET1K"))
    params_m = weights.meta["num_params"] / 1e6
    assert PARAMS[TORCHVISION[name]] == pytest.approx(params_m, rel=_WITHIN)


def test_nearly_all_are_compared() -> None:
    assert {name for name, meant in TORCHVISION.items() if meant not in PARAMS} == set()
