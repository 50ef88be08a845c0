"""Legal requests of every route, drawn at random with a leaning to what takes long."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Precision, RuntimeName, Scenario

Document = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """The names that requests may hold, and numbers that bounds are drawn from, by metric."""

    targets: Sequence[str]
    architectures: Sequence[str]
    checkpoints: Sequence[str]
    families: Sequence[str]
    tags: Sequence[str]
    licenses: Sequence[str]
    training_data: Sequence[str]
    training_methods: Sequence[str]
    numbers: Mapping[Metric, Sequence[float]]


@dataclass(frozen=True)
class Request:
    """A request of the route `path` of the OpenAPI document, with its whole address."""

    method: str
    path: str
    address: str
    body: Document | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.address}{f' {self.body}' if self.body else ''}"


def requests(document: Document, names: Names, count: int, seed: int) -> Iterator[Request]:
    """`count` requests of every operation of the OpenAPI `document`. The same in every run.

    What needs a key is left out: it writes.
    """
    random = Random(seed)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "security" in operation:
                continue
            draw = _BODIES[path] if method == "post" else None
            parameters = operation.get("parameters", ())
            for _ in range(count if parameters or draw else 1):
                body = None if draw is None else draw(random, names)
                yield Request(method.upper(), path, _address(random, names, path, parameters), body)


# Addresses


def _address(random: Random, names: Names, path: str, parameters: Sequence[Document]) -> str:
    share = random.choice((0.1, 0.3, 1.0))  # a few fields, several, all of them
    fields: list[tuple[str, str]] = []
    target = random.choice(names.targets)
    for parameter in parameters:
        name = parameter["name"]
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", quote(_value(random, names, parameter)))
        elif parameter["in"] == "query" and (parameter.get("required") or random.random() < share):
            repeated = _least(parameter) if name == "candidate" else random.choice((1, 1, 3))
            many = _schema(parameter).get("type") == "array"
            for _ in range(repeated if many else 1):
                value = target if name == "target" else _value(random, names, parameter)
                fields.append((name, value))
    fields = _legal(parameters, fields)
    return f"{path}?{urlencode(fields)}" if fields else path


def _legal(parameters: Sequence[Document], fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields without what would be refused: two equal metrics of a frontier, whether asked for or not, a
    maximum below its minimum, and a cursor."""
    values = {one["name"]: one["schema"].get("default") for one in parameters} | dict(fields)
    refused = {"cursor"} | ({"x", "y"} if values.get("x") == values.get("y") else set())
    for name, value in values.items():
        least = values.get(name.replace("max_", "min_", 1)) if name.startswith("max_") else None
        if value is not None and least is not None and float(value) < float(least):
            refused.add(name)
    return [(name, value) for name, value in fields if name not in refused]


def _value(random: Random, names: Names, parameter: Document) -> str:
    name, schema = parameter["name"], _schema(parameter)
    pools: Mapping[str, Sequence[str]] = {
        "name": names.architectures,
        "id": names.targets,
        "architecture": names.architectures,
        "candidate": [*names.architectures, *names.checkpoints],
        "family": names.families,
        "tag": names.tags,
        "license": names.licenses,
        "exclude_training_data": names.training_data,
        "training_methods": names.training_methods,
        "exclude_training_methods": names.training_methods,
        "q": ("e", "net", "resnet", "_", "%", "224", "transformer"),
        "x": [metric.value for metric in names.numbers],
        "y": [metric.value for metric in names.numbers],
        "limit": ("200",),
        "input_size": ("224", "256", "384"),
    }
    if name in pools:
        return random.choice(pools[name])
    side, _, metric = name.partition("_")
    if side in ("min", "max"):
        return f"{_limit(random, names, Metric(metric), side, kept=random.choice((0.5, 0.99, 1.0)))}"
    schema = schema.get("items", schema)
    if schema.get("type") == "boolean":
        return random.choice(("true", "false"))
    return str(random.choice(_members(schema) or ("1",)))


def _members(schema: Document) -> Sequence[str]:
    members: Sequence[str] = schema.get("enum", ())
    if "$ref" in schema:
        return _ENUMS[schema["$ref"].rpartition("/")[2]]
    return members


_ENUMS: Mapping[str, Sequence[str]] = {
    "RuntimeName": list(RuntimeName),
    "Precision": list(Precision),
    "Status": ("ok", "failed"),
    "Collapse": ("architecture", "checkpoint", "configuration"),
}


def _schema(parameter: Document) -> Document:
    """The schema of a value that is given, without the possibility that it is absent."""
    schema: Document = parameter["schema"]
    given = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return given[0] if given else schema


def _least(parameter: Document) -> int:
    least: int = _schema(parameter).get("maxItems", 1)
    return least


def _limit(random: Random, names: Names, metric: Metric, side: str, kept: float) -> float:
    """A bound that about the share `kept` of the numbers keep."""
    numbers = names.numbers.get(metric) or (1.0,)
    share = 1 - kept if side == "min" else kept
    return numbers[round(share * (len(numbers) - 1))] * random.choice((1.0, 1.0, 0.9, 1.1))


# Bodies


def _recommendation(random: Random, names: Names) -> Document:
    metrics = random.sample(list(names.numbers), random.choice((0, 1, 2, 4, len(names.numbers))))
    weighed = random.sample(list(names.numbers), random.choice((2, 3, 6)))
    body: Document = {
        "target": random.choice(names.targets),
        "budget": {metric: _bound(random, names, metric) for metric in metrics},
        "objective": random.choice(
            [
                "top1",
                "balanced",
                "knee",
                random.choice(list(names.numbers)),
                {"weights": dict.fromkeys(weighed, 1)},
            ]
        ),
        "collapse": random.choice(("architecture", "checkpoint", "configuration", "configuration")),
        "limit": random.choice((1, 10, 200, 200)),
    }
    optional: Mapping[str, Callable[[], Any]] = {
        "confidence": lambda: random.choice((0.1, 0.5, 0.9, 0.99, 0.999)),
        "typical_image": lambda: {"width": 640, "height": random.choice((64, 224, 480))},
        "input_size": lambda: {"min": 160, "max": random.choice((224, 256, 384))},
        "license": lambda: {"commercial_use": True},
        "training_data": lambda: {"exclude": random.sample(list(names.training_data), 3)},
        "training_methods": lambda: {"exclude": [random.choice(names.training_methods)]},
        "families": lambda: {"exclude": random.sample(list(names.families), 5)},
        "tags": lambda: {"include": random.sample(list(names.tags), 5)},
        "configuration": lambda: {"scenario": random.sample(list(Scenario), 2)},
        "evidence": lambda: random.choice((["published"], ["measured", "published"])),
    }
    body |= {name: draw() for name, draw in optional.items() if random.random() < 0.2}
    if random.random() < 0.3:
        body |= {"include": ["training_plan"], "training": {"images": random.choice((200, 10_000))}}
    return body


def _placement(random: Random, names: Names) -> Document:
    metrics = random.sample(list(names.numbers), random.choice((0, 1, 2, len(names.numbers))))
    body: Document = {
        "checkpoint": random.choice([*names.architectures, *names.checkpoints]),
        "budget": {metric: _bound(random, names, metric) for metric in metrics},
        "limit": 200,
    }
    if random.random() < 0.3:
        body["confidence"] = random.choice((0.5, 0.99))
    if random.random() < 0.3:
        body["targets"] = random.sample(list(names.targets), 2)
    return body


def _bound(random: Random, names: Names, metric: Metric) -> dict[str, float]:
    """Bounds of which most are loose, so that much is left to rank, and some admit nothing."""
    kept = random.choice((0.0, 0.1, 0.5, 0.9, 0.99, 1.0))
    lower = metric.direction is Direction.LOWER
    bound = {"max" if lower else "min": _limit(random, names, metric, "max" if lower else "min", kept)}
    if random.random() < 0.2:
        bound = {"min": 0.0, "max": max(bound.values())}
    return bound


_BODIES: Mapping[str, Callable[[Random, Names], Document]] = {
    "/v1/recommendations": _recommendation,
    "/v1/placements": _placement,
}
