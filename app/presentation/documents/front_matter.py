"""The metadata at the head of a model card, as the Hugging Face Hub reads it: YAML between lines of dashes.

https://huggingface.co/docs/hub/model-cards names the fields. Each value is written as JSON, which is YAML.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.contract.networks.cards import CardView
from app.contract.networks.checkpoints import CheckpointView
from catalog.words.texts import visible
from catalog.words.vocabulary import Dataset

# What the Hub has an identifier for, among the licences of timm's checkpoints.
_HUB_LICENSES = frozenset(
    ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc0-1.0",
     "gpl-3.0", "agpl-3.0", "openrail", "apple-ascl", "apple-amlr")
)  # fmt: skip
_TASK = "image-classification"


def front_matter(card: CardView) -> str:
    """The metadata of the card's first checkpoint, or of an architecture without one."""
    first = card.checkpoints[0] if card.checkpoints else None
    fields: dict[str, Any] = {
        **_license(card, first),
        "library_name": "timm",
        "pipeline_tag": _TASK,
        "tags": [_TASK, "timm", *card.tags],
        "datasets": list(first.training_data) if first else [],
        "metrics": ["accuracy"],
        "model-index": [_results(first)] if first and first.accuracies else [],
    }
    lines = [line for name, value in fields.items() if value for line in _lines(name, value)]
    return "\n".join(["---", *lines, "---", ""])


def _license(card: CardView, first: CheckpointView | None) -> dict[str, Any]:
    """The Hub's identifier of the licence, or `other` with the name and the address of its text."""
    if first is None or first.license is None:
        return {"license": "unknown"}
    if first.license.lower() in _HUB_LICENSES:
        return {"license": first.license.lower()}
    urls = (one.url for one in card.licenses if one.id == first.license)
    return {"license": "other", "license_name": first.license, "license_link": next(urls, None)}


def _results(checkpoint: CheckpointView) -> dict[str, Any]:
    return {
        "name": checkpoint.name,
        "results": [
            {
                "task": {"type": _TASK},
                "dataset": {"name": f"ImageNet-1k validation, {row.input_size} px", "type": "imagenet-1k"},
                "metrics": [
                    {"type": "accuracy", "value": row.top1, "name": "top-1"},
                    {"type": "accuracy", "value": row.top5, "name": "top-5"},
                ],
                "source": {"name": row.source, "url": _SOURCE},
            }
            for row in checkpoint.accuracies
            if row.dataset == Dataset.IMAGENET_VAL
        ],
    }


_SOURCE = "https://github.com/huggingface/pytorch-image-models/tree/main/results"


def _lines(name: str, value: Any) -> Iterable[str]:
    if not isinstance(value, list):
        return [f"{name}: {_scalar(value)}"]
    return [f"{name}:", *(f"- {_scalar(member)}" for member in value)]


def _scalar(value: Any) -> str:
    """A value as JSON on one line, in which nothing is hidden."""
    if isinstance(value, str):
        return json.dumps(visible(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {_scalar(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    return json.dumps(value)
