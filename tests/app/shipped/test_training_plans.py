"""Training plans over the shipped tables: memory, batch and time are those of the target."""

from typing import Any

import pytest

from app.training.batch_size import standardises_weights
from app.training.network import Network
from tests.app.shipped.cases import Ask
from tests.reference_tables import WHOLE

RTX_24_GIB_MB = 24 * 2**30 / 1e6


def plan_of(ask: Ask, checkpoint: str, target: str, **training: Any) -> dict[str, dict[str, Any]]:
    """The plan of one checkpoint, by topic."""
    body = {
        "target": target,
        "families": {"include": [FAMILIES[checkpoint]]},
        "collapse": "checkpoint",
        "limit": 200,
        "include": ["training_plan"],
        "training": training,
    }
    rows = {row.get("checkpoint"): row for row in ask(body)["recommendations"]}
    return {line["topic"]: line for line in rows[checkpoint]["training_plan"]}


FAMILIES = {
    "vit_base_patch16_224.augreg2_in21k_ft_in1k": "vision_transformer",
    "resnet50.tv_in1k": "resnet",
    "vit_large_patch14_dinov2.lvd142m": "dinov2",
}
VIT, RESNET, DINOV2 = FAMILIES


@pytest.mark.parametrize("target", ["rtx-3090", "rtx-4090"])
@pytest.mark.parametrize("checkpoint", [VIT, RESNET, DINOV2])
def test_memory_is_the_targets_own_where_nobody_gave_another(ask: Ask, checkpoint: str, target: str) -> None:
    batch = plan_of(ask, checkpoint, target, images=5_000)["batch_size"]
    assert batch["parameters"]["memory_mb"] <= RTX_24_GIB_MB
    assert "Give the memory" not in batch["text"]


def test_a_batch_that_a_card_held_is_believed_of_a_card_of_the_same_memory(ask: Ask) -> None:
    assert plan_of(ask, VIT, "rtx-4090", images=5_000)["batch_size"]["value"] == 192
    assert plan_of(ask, RESNET, "rtx-4090", images=5_000)["batch_size"]["value"] == 512


def test_a_large_network_is_accumulated_and_follows_the_pretraining_of_its_weights(ask: Ask) -> None:
    plan = plan_of(ask, DINOV2, "rtx-4090", images=5_000)
    assert plan["batch_size"]["value"] < 32
    assert plan["batch_size"]["parameters"]["effective_batch_size"] == 32
    assert plan["optimizer"]["value"] == "adamw"
    assert plan["learning_rate"]["value"] == 2e-5
    assert "no recipe after its own pretraining is known" in plan["optimizer"]["text"]


def test_the_hours_are_given_where_the_speed_on_the_target_is_known(ask: Ask) -> None:
    plan = plan_of(ask, RESNET, "rtx-3090", images=1_000_000)
    time, epochs = plan["training_time"], plan["schedule"]["parameters"]["epochs"]
    # 1,219.4 images per second is the faster of the two layouts in timm's table of training on this card.
    assert time["value"] == pytest.approx(epochs * 800_000 / time["parameters"]["images_per_second"] / 3600)
    assert time["parameters"]["images_per_second"] == pytest.approx(1_219, abs=1)
    assert "value" not in plan_of(ask, RESNET, "rtx-4090", images=5_000)["training_time"]


def test_what_is_counted_alike_at_every_input_size_is_known_to_standardise_weights() -> None:
    """Normalising images takes more operations for larger images, and standardising weights does not."""
    counted: dict[str, dict[int, float]] = {}
    for one in WHOLE.workloads():
        if one.counts is not None and "batch_norm" in one.counts.operators:
            sizes = counted.setdefault(one.workload.architecture, {})
            sizes[one.workload.input_size] = one.counts.operators["batch_norm"]
    modules = {one.name: one.family for one in WHOLE.architectures()}
    several = {name: sizes for name, sizes in counted.items() if len(sizes) > 1}
    assert len(several) > 200
    for name, sizes in several.items():
        assert standardises_weights(Network(name, modules[name], 224)) is (len(set(sizes.values())) == 1), (
            name
        )
