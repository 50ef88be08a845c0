"""Which architectures the filters and bounds list, against a search over the cards."""

from collections.abc import Callable
from functools import partial
from itertools import product
from math import inf
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.opening import open_catalog
from catalog.reference.facts.training_data import DATA
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures, save_checkpoints
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Dataset
from tests.app.api.routes.conftest import listed
from tests.app.conftest import client_of
from tests.app.seeds import OTHER, local
from tests.builders import make_architecture, make_checkpoint

Document = dict[str, Any]
Holds = Callable[[Document], bool]


@pytest.fixture(scope="module")
def cards(client: TestClient) -> list[Document]:
    """Every card, each with its `item` of the list."""
    return [
        {**client.get(f"/v1/architectures/{one['name']}").json(), "item": one}
        for one in listed(client, "limit=200")
    ]


def names(found: list[Document]) -> list[str]:
    return [one["name"] for one in found]


def any_of(part: str, *tests: Holds) -> Holds:
    """Whether one of the card's checkpoints, or of its measurements, holds all the tests."""
    return lambda card: any(all(test(one) for test in tests) for one in card[part])


def licensed(license_: str) -> Holds:
    return lambda checkpoint: checkpoint.get("license", "").lower() == license_


def usable(checkpoint: Document, *, use: bool) -> bool:
    return checkpoint.get("commercial_use") is use


def trained_without(*data: str) -> Holds:
    return lambda one: bool(one["training_data"]) and not set(data) & set(one["training_data"])


def trained_by(*methods: str) -> Holds:
    return lambda one: bool(set(methods) & set(one["training_methods"]))


def not_trained_by(*methods: str) -> Holds:
    return lambda one: bool(one["training_methods"]) and not set(methods) & set(one["training_methods"])


def reaches(low: float) -> Holds:
    return lambda checkpoint: any(
        one["dataset"] == "imagenet-val" and one["top1"] >= low for one in checkpoint["accuracies"]
    )


def on(target: str) -> Holds:
    return lambda measurement: measurement["target"] == target


def takes_at_most(milliseconds: float) -> Holds:
    return lambda one: one["metrics"].get("latency_ms", {"value": inf})["value"] <= milliseconds


FILTERS: dict[str, Holds] = {
    "family=resnet": lambda card: card.get("family") == "resnet",
    "family=ResNet": lambda card: card.get("family") == "resnet",
    "family=gc-vit": lambda card: card.get("family") == "gcvit",
    "q=mobile": lambda card: "mobile" in " ".join([card["name"], card.get("family", ""), *card["tags"]]),
    "q=REPARAM": lambda card: "reparameterised" in card["tags"],
    "tag=feature-pyramid": lambda card: "feature-pyramid" in card["tags"],
    "tag=feature-pyramid&tag=reparameterised": lambda card: (
        {"feature-pyramid", "reparameterised"} <= set(card["tags"])
    ),
    "tag=Feature-Pyramid": lambda card: "feature-pyramid" in card["tags"],
    "license=mit": any_of("checkpoints", licensed("mit")),
    "license=MIT": any_of("checkpoints", licensed("mit")),
    "license=fastvit-license": any_of("checkpoints", licensed("apple-ascl")),
    "license=apple-ascl&commercial_use=true": lambda card: False,
    "commercial_use=true": any_of("checkpoints", partial(usable, use=True)),
    "commercial_use=false": any_of("checkpoints", partial(usable, use=False)),
    "license=apache-2.0&commercial_use=true": any_of(
        "checkpoints", licensed("apache-2.0"), partial(usable, use=True)
    ),
    "license=apache-2.0&commercial_use=false": lambda card: False,
    "commercial_use=false&min_top1=72.5": any_of("checkpoints", partial(usable, use=False), reaches(72.5)),
    "exclude_training_data=imagenet-1k": any_of("checkpoints", trained_without("imagenet-1k")),
    "exclude_training_data=webli": any_of("checkpoints", trained_without("webli")),
    "exclude_training_data=imagenet-12k&exclude_training_data=imagenet-21k": any_of(
        "checkpoints",
        trained_without(*(one for one in DATA if one.startswith(("imagenet-12k", "imagenet-21k")))),
    ),
    "exclude_training_data=imagenet": any_of(
        "checkpoints", trained_without(*(one for one in DATA if one.startswith("imagenet-")))
    ),
    "exclude_training_data=imagenet-21k&commercial_use=true&min_top1=80": any_of(
        "checkpoints",
        trained_without(*(one for one in DATA if one.startswith("imagenet-21k"))),
        partial(usable, use=True),
        reaches(80),
    ),
    "training_methods=supervised": any_of("checkpoints", trained_by("supervised")),
    "training_methods=Fine-Tuned&training_methods=self-supervised": any_of(
        "checkpoints", trained_by("fine-tuned", "self-supervised")
    ),
    "exclude_training_methods=fine-tuned&exclude_training_methods=distillation": any_of(
        "checkpoints", not_trained_by("fine-tuned", "distillation")
    ),
    "training_methods=fine-tuned&commercial_use=true&min_top1=84.3": any_of(
        "checkpoints", trained_by("fine-tuned"), partial(usable, use=True), reaches(84.3)
    ),
    f"target={OTHER.id}": any_of("measurements", on(OTHER.id)),
    "target=local": any_of("measurements", on(local().id)),
    "target=i9-10940x": any_of("measurements", on("i9-10940x")),
    "target=local&max_latency_ms=10": any_of("measurements", on(local().id), takes_at_most(10)),
    f"target={OTHER.id}&max_latency_ms=10": any_of("measurements", on(OTHER.id), takes_at_most(10)),
    "max_latency_ms=10": any_of("measurements", takes_at_most(10)),
    "target=local&max_latency_ms=20&min_top1=75&max_gmacs=2&family=levit": lambda card: (
        card["name"] == "levit_128s"
    ),
}
NOBODY = {
    "license=apache-2.0&commercial_use=false",
    "license=apple-ascl&commercial_use=true",
}


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_lets_just_those_pass_whose_cards_hold_it(
    client: TestClient, cards: list[Document], query: str
) -> None:
    expected = names([card for card in cards if FILTERS[query](card)])
    assert names(listed(client, query)) == expected
    assert len(expected) < len(cards)
    assert bool(expected) is (query not in NOBODY)


def counted_values(card: Document, metric: Metric) -> list[float]:
    return [card["item"]["metrics"][metric]["value"]] if metric in card["item"]["metrics"] else []


def measured_values(card: Document, metric: Metric) -> list[float]:
    return [one["metrics"][metric]["value"] for one in card["measurements"] if metric in one["metrics"]]


DATASETS = {
    Metric.TOP1: Dataset.IMAGENET_VAL,
    Metric.TOP5: Dataset.IMAGENET_VAL,
    Metric.TOP1_REAL: Dataset.IMAGENET_REAL,
    Metric.TOP1_V2: Dataset.IMAGENET_V2,
    Metric.TOP1_SKETCH: Dataset.IMAGENET_SKETCH,
    Metric.TOP1_A: Dataset.IMAGENET_A,
    Metric.TOP1_R: Dataset.IMAGENET_R,
}
RATIOS = {Metric.TOP1_PER_GMAC: "gmacs", Metric.TOP1_PER_MPARAM: "params_m"}


def accuracy_values(card: Document, metric: Metric) -> list[float]:
    found = []
    for checkpoint in card["checkpoints"]:
        for one in checkpoint["accuracies"]:
            if metric in DATASETS and one["dataset"] == DATASETS[metric]:
                found.append(one["top5" if metric is Metric.TOP5 else "top1"])
            if metric in RATIOS and one["dataset"] == Dataset.IMAGENET_VAL:
                found += [
                    one["top1"] / each["metrics"][RATIOS[metric]]["value"]
                    for each in card["workloads"]
                    if each["form"] == "deployed"
                    and each["num_classes"] == checkpoint.get("num_classes")
                    and each["input_size"] == one["input_size"]
                    and each["metrics"]
                ]
    return found


VALUES = {
    Subject.WORKLOAD: counted_values,
    Subject.ARTEFACT: counted_values,
    Subject.CASE: measured_values,
    Subject.CHECKPOINT: accuracy_values,
}
NOBODY_HAS = {
    Metric.LATENCY_P90_MS, Metric.LATENCY_P95_MS, Metric.LATENCY_P99_MS, Metric.DEVICE_MEMORY_MB,
    Metric.TRAIN_MEMORY_MB,
}  # fmt: skip


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_is_bounded_from_below_from_above_and_from_both(
    client: TestClient, cards: list[Document], metric: Metric
) -> None:
    """Bounds are closed and of one checkpoint or one measurement; what has no number never passes."""
    values = {card["name"]: VALUES[metric.subject](card, metric) for card in cards}
    everything = sorted({value for found in values.values() for value in found})
    if metric in NOBODY_HAS:
        assert not everything
        assert listed(client, f"min_{metric}=0") == []
        assert listed(client, f"max_{metric}=1e300") == []
        return
    middle, low, high = (everything[round(share * (len(everything) - 1))] for share in (0.5, 0.3, 0.6))
    nudge = 1 + 1e-9  # the quotients of databases and of Python may part in the last digit
    for query, least, most in (
        (f"min_{metric}=0", 0.0, inf),
        (f"min_{metric}={middle / nudge!r}", middle / nudge, inf),
        (f"max_{metric}={middle * nudge!r}", 0.0, middle * nudge),
        (f"min_{metric}={low / nudge!r}&max_{metric}={high * nudge!r}", low / nudge, high * nudge),
        (f"min_{metric}={everything[-1] * 1.01!r}", everything[-1] * 1.01, inf),
    ):
        expected = [name for name, found in values.items() if any(least <= one <= most for one in found)]
        assert names(listed(client, query)) == expected, query


def test_bounds_on_two_accuracies_are_of_one_checkpoint(client: TestClient, cards: list[Document]) -> None:
    def best(checkpoint: Document, dataset: str) -> float:
        return max((one["top1"] for one in checkpoint["accuracies"] if one["dataset"] == dataset), default=0)

    (card,) = [card for card in cards if card["name"] == "resnet18"]
    sides = [(best(one, "imagenet-val"), best(one, "imagenet-r")) for one in card["checkpoints"]]
    split = [
        (top1, top1_r)
        for (top1, _), (_, top1_r) in product(sides, sides)
        if top1 and top1_r and not any(one >= top1 and other >= top1_r for one, other in sides)
    ]
    assert split or max(sides) == (max(one for one, _ in sides), max(other for _, other in sides))
    for top1, top1_r in split:
        query = f"min_top1={top1}&min_top1_r={top1_r}"
        assert "resnet18" in names(listed(client, f"min_top1={top1}"))
        assert "resnet18" in names(listed(client, f"min_top1_r={top1_r}"))
        assert "resnet18" not in names(listed(client, query))


def test_what_is_unknown_never_passes(client: TestClient) -> None:
    """toynet's licence and training data are known; unpublished_net has neither checkpoint nor counts; the
    licence of gcvit_tiny's only checkpoint is disputed."""
    for query in ("commercial_use=true", "commercial_use=false", "exclude_training_data=webli"):
        found = names(listed(client, query))
        assert "unpublished_net" not in found
        assert ("toynet" in found) is (query != "commercial_use=false")
        assert ("gcvit_tiny" in found) is (query == "exclude_training_data=webli")
    assert "gcvit_tiny" in names(listed(client, "license=apache-2.0"))
    assert {"gcvit_tiny", "unpublished_net"} <= set(names(listed(client, "")))
    for query in ("max_gmacs=1e9", "max_params_m=1e9", "max_size_mb=1e9", "max_top1=100"):
        assert "unpublished_net" not in names(listed(client, query))


def test_a_checkpoint_of_unknown_training_data_is_not_taken_for_a_clean_one(
    own_client: TestClient, seeded_url: str
) -> None:
    catalog = open_catalog(seeded_url)
    with catalog.write() as session:
        save_architectures(session, [make_architecture("riddle"), make_architecture("knownnet")])
        save_checkpoints(
            session,
            [
                make_checkpoint("riddle.v1", training_data=(), commercial_use=None, license=None),
                make_checkpoint("knownnet.v1", training_data=("imagenet-12k",)),
                make_checkpoint("knownnet.v2", training_data=("laion-2b", "imagenet-1k")),
            ],
        )
    catalog.close()
    assert names(listed(own_client, "q=riddle")) == ["riddle"]
    assert listed(own_client, "q=riddle&exclude_training_data=laion") == []
    assert listed(own_client, "q=riddle&commercial_use=true") == []
    assert names(listed(own_client, "q=knownnet&exclude_training_data=laion")) == ["knownnet"]
    assert listed(own_client, "q=knownnet&exclude_training_data=laion&exclude_training_data=imagenet") == []
    # `imagenet-1k` names one data set, and is no beginning of imagenet-12k.
    assert names(listed(own_client, "q=knownnet&exclude_training_data=imagenet-1k")) == ["knownnet"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min_speed=1", "min_speed"),
        ("gmacs=1", "gmacs"),
        ("tags=reparameterised", "tags"),
        ("Family=resnet", "Family"),
        ("q=resnet&bogus=", "bogus"),
    ],
)
def test_an_unknown_parameter_is_refused_by_name(client: TestClient, query: str, field: str) -> None:
    response = client.get(f"/v1/architectures?{query}")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert field in response.json()["detail"]
    assert {"q", "family", "tag", "min_top1", "max_latency_ms", "cursor"} <= set(error["allowed"])


@pytest.mark.parametrize(
    ("query", "field", "known"),
    [
        ("target=bogus", "target", [OTHER.id, "local", "rtx-4090"]),
        ("exclude_training_data=bogus", "exclude_training_data", ["laion-2b"]),
        ("family=resne", "family", ["resnet", "levit"]),
        ("family=yolo", "family", ["resnet", "levit"]),
        ("tag=feature", "tag", ["feature-pyramid", "reparameterised"]),
        ("license=bogus", "license", ["Apache-2.0", "MIT"]),
        ("exclude_training_data=webli&exclude_training_data=", "exclude_training_data", ["webli"]),
        ("exclude_training_data=lai", "exclude_training_data", ["laion-2b"]),
        ("training_methods=distilation", "training_methods", ["distillation", "supervised"]),
        ("exclude_training_methods=bogus", "exclude_training_methods", ["distillation", "supervised"]),
        ("min_top1=-1", "min_top1", [">= 0.0"]),
        ("max_gmacs=nan", "max_gmacs", None),
        ("max_gmacs=inf", "max_gmacs", None),
        ("max_gmacs=", "max_gmacs", None),
        ("max_gmacs=few", "max_gmacs", None),
        ("commercial_use=perhaps", "commercial_use", None),
        ("&".join(["tag=x"] * 21), "tag", None),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(
    client: TestClient, query: str, field: str, known: list[str] | None
) -> None:
    response = client.get(f"/v1/architectures?{query}")
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert known is None or set(known) <= set(error["allowed"])


def test_an_item_says_how_its_checkpoints_were_trained(cards: list[Document]) -> None:
    for card in cards:
        methods = {method for one in card["checkpoints"] for method in one["training_methods"]}
        assert card["item"]["training_methods"] == sorted(methods)
    assert any(len(card["item"]["training_methods"]) > 1 for card in cards)


def test_an_empty_answer_is_no_error(client: TestClient) -> None:
    assert listed(client, "min_top1=101") == []
    assert listed(client, "min_gmacs=5&max_gmacs=5.0001") == []


def test_filters_hold_on_every_database(catalog_url: str, catalog: Catalog) -> None:
    """What differs between databases: JSON lists, the case of letters, division, booleans."""
    with client_of(catalog_url) as client:
        check_filters(client)


def check_filters(client: TestClient) -> None:
    everything = set(names(listed(client, "q=net")))
    assert len(everything) == 5
    for query, expected in {
        "tag=reparameterised": {"repvgg_a0"},
        "q=REPVGG_A": {"repvgg_a0"},
        "license=MIT": {"repvgg_a0"},
        "commercial_use=false": {"resnet18", "resnet50"},
        "exclude_training_data=imagenet&commercial_use=false": set(),
        "q=net&exclude_training_data=imagenet-1k": {"mobilenetv3_large_100", "resnet50"},
        "max_gflops=0.5&max_size_mb=22.1": {"mobilenetv3_large_100"},
        "min_top1_per_gmac=300": {"mobilenetv3_large_100"},
        "target=i9-10940x&min_throughput_ips=1e9": set(),
        "q=net&min_throughput_ips=0&target=rtx-4090": everything,
        "target=rtx-3090&min_train_throughput_ips=0&family=resnet": {"resnet18", "resnet50"},
    }.items():
        assert set(names(listed(client, query))) == expected, query
