"""Budgets that many people begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from catalog.words.metrics import Metric


@dataclass(frozen=True)
class Preset:
    """A link that fills the form. `is_chosen` says that the form holds its fields already."""

    title: str
    address: str
    is_chosen: bool


# Field by field. A field of speed is taken where the hardware has its numbers.
_VIDEO = {
    Metric.LATENCY_MS: "33",  # 30 images a second, one after another
    Metric.THROUGHPUT_IPS: "30",
}
# A file of some megabytes that answers while a finger is lifted (0.1 s feels immediate: Nielsen, 1993).
_PHONE = {Metric.SIZE_MB: "25", Metric.LATENCY_MS: "100"}
# A million images in eight hours.
_BATCH = {Metric.THROUGHPUT_IPS: "35"}


def presets(chosen: Mapping[str, Sequence[str]], measured: Sequence[Metric]) -> list[Preset]:
    """The presets for hardware on which the metrics `measured` are known."""
    target = {"target": chosen["target"][-1]} if "target" in chosen else {}
    speed = next(
        (metric for metric in (Metric.LATENCY_MS, Metric.THROUGHPUT_IPS) if metric in measured), None
    )
    video = {speed.value: _VIDEO[speed]} if speed is not None else {}
    phone = {metric.value: bound for metric, bound in _PHONE.items() if metric in measured}
    batch = {metric.value: bound for metric, bound in _BATCH.items() if metric in measured}
    offered = [
        ("Live video, 30 images/s", video),
        ("Phone-sized", phone),
        ("Overnight batch, a million images", batch),
        ("Commercial product", {"license": "commercial"}),
    ]
    return [
        Preset(title, f"/?{urlencode({**target, **fields})}", _holds(chosen, fields))
        for title, fields in offered
        if fields
    ]


def _holds(chosen: Mapping[str, Sequence[str]], fields: Mapping[str, str]) -> bool:
    return all(chosen.get(name) == [text] for name, text in fields.items())
