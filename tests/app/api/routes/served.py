"""What the API itself serves of a target: all its measurements, and the cards of what was measured."""

from collections.abc import Iterator
from typing import Any

from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from catalog.entities.measurements import Measurement
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, CountedWorkload, Counts, Workload
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Status
from tests.oracle.world import World

Document = dict[str, Any]

_MEASUREMENT = TypeAdapter(Measurement)
_WORKLOAD = TypeAdapter(Workload)
_ACCURACY = TypeAdapter(Accuracy)
_CHECKPOINT = TypeAdapter(Checkpoint)
_CHECKPOINT_FIELDS = ("name", "num_classes", "license", "commercial_use", "training_data")


def served_world(client: TestClient, target: str) -> World:
    """The measurements of `target`, and what they need of the cards."""
    items = list(walk(client, f"/v1/measurements?target={target}&limit=200"))
    measurements = [_measurement(item) for item in reversed(items)]  # in the order of their arrival
    names = sorted({measurement.workload.architecture for measurement in measurements})
    cards = [client.get(f"/v1/architectures/{name}").json() for name in names]
    return World(
        architectures=tuple(
            Architecture(card["name"], card.get("family"), tags=tuple(card["tags"])) for card in cards
        ),
        checkpoints=tuple(_checkpoint(card, each) for card in cards for each in card["checkpoints"]),
        accuracies=tuple(
            _accuracy(each["name"], accuracy)
            for card in cards
            for each in card["checkpoints"]
            for accuracy in each["accuracies"]
        ),
        counted=tuple(_counted(card, each) for card in cards for each in card["workloads"]),
        measurements=tuple(measurements),
    )


def walk(client: TestClient, path: str) -> Iterator[Document]:
    """The items of every page."""
    following: str | None = path
    while following:
        response = client.get(following)
        assert response.status_code == 200
        yield from response.json()["items"]
        following = response.links.get("next", {}).get("url")


def _measurement(item: Document) -> Measurement:
    workload = {name: item[name] for name in ("architecture", "num_classes", "input_size", "form")}
    configuration = {"threads": None} | item["configuration"]
    shared = ("environment", "provenance", "protocol", "measured_at", "source")
    return _MEASUREMENT.validate_python(
        {
            **{name: item[name] for name in shared},
            "workload": workload,
            "configuration": configuration,
            "target": {"id": item["target"], "kind": configuration["device"], "label": "", "identity": {}},
            "artefact": item["artefact"] | {"workload": workload} if "artefact" in item else None,
            "outcome": _outcome(item),
        }
    )


def _outcome(item: Document) -> Document:
    if item["status"] == Status.FAILED:
        return {"reason": item["reason"], "detail": item.get("detail")}
    return {
        "values": [
            {"metric": metric} | {name: number.get(name) for name in ("value", "low", "high", "level")}
            for metric, number in item["metrics"].items()
            if Metric(metric).subject is Subject.CASE
        ]
    }


def _checkpoint(card: Document, checkpoint: Document) -> Checkpoint:
    fields = {name: value for name, value in checkpoint.items() if name in _CHECKPOINT_FIELDS}
    return _CHECKPOINT.validate_python(fields | {"architecture": card["name"]})


def _accuracy(checkpoint: str, accuracy: Document) -> Accuracy:
    fields = {name: value for name, value in accuracy.items() if name != "provenance"}
    return _ACCURACY.validate_python(fields | {"checkpoint": checkpoint})


def _counted(card: Document, workload: Document) -> CountedWorkload:
    numbers = {name: metric["value"] for name, metric in workload["metrics"].items()}
    described = {name: workload[name] for name in ("form", "num_classes", "input_size")}
    counts = None
    if "gmacs" in numbers:
        size = round(numbers["size_mb"] * 1e6) if "size_mb" in numbers else None
        counts = Counts(numbers["params_m"], numbers["gmacs"], numbers["activations_m"], {}, {}, size)
    return CountedWorkload(_WORKLOAD.validate_python(described | {"architecture": card["name"]}), counts)
