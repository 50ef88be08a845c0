"""Some hundred random questions to the whole reference catalog, through the API: a plain search over rows
read by SQL gives the same counts, order, slack and relaxations; and what follows from one answer holds in
others."""

import json
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, cached_property
from math import exp, inf, isclose, log, log2, prod, sqrt
from operator import attrgetter
from pathlib import Path
from statistics import NormalDist
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import ServerSettings
from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement, MetricValue
from catalog.opening import open_catalog
from catalog.reference import tables as reference
from catalog.storage.database import Catalog
from catalog.storage.measurements import add_measurements
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Direction, Metric, Subject
from catalog.words.vocabulary import Dataset, Provenance, RuntimeName, Status
from tests.builders import NOON, make_measurement, make_target

# Taken on import: later the fixture `small_reference` puts a part of the tables in their place.
SHIPPED = reference.DATA

Body = dict[str, Any]
Identity = tuple[Any, ...]

TWIN = "twin-cpu-2c-abcdef"
# How many questions to each target; those with intervals and failures are in the measured ones.
QUESTIONS = {"i9-10940x": 45, "rtx-3090": 12, "rtx-4090": 8, "rtx-pro-6000-max-q": 8, "local": 95}
# How many are shown, where all are asked for.
MANY = 40
TOP1S = {
    "imagenet-val": Metric.TOP1,
    "imagenet-real": Metric.TOP1_REAL,
    "imagenet-v2": Metric.TOP1_V2,
    "imagenet-sketch": Metric.TOP1_SKETCH,
    "imagenet-a": Metric.TOP1_A,
    "imagenet-r": Metric.TOP1_R,
}
IMAGES = {metric: Dataset(name).images for name, metric in TOP1S.items()}
IMAGES |= dict.fromkeys((Metric.TOP5, Metric.TOP1_PER_GMAC, Metric.TOP1_PER_MPARAM), IMAGES[Metric.TOP1])
RUN = ("runtime", "precision", "batch_size", "threads", "layout", "compiled", "scenario", "batch_policy")


# The catalog: the reference tables, and two machines with the same measurements


def measurements(target: Target, names: Sequence[str]) -> list[Measurement]:
    """Of some architectures, with and without intervals; some failed, some were measured twice."""
    rng = random.Random(7)
    found = []
    for place, name in enumerate(names):
        speed = exp(rng.gauss(3, 1))
        for size, runtime, threads in (
            (224, RuntimeName.ONNXRUNTIME, 1),
            (224, RuntimeName.OPENVINO, 2),
            (288, RuntimeName.ONNXRUNTIME, 1),
        ):
            latency = speed * (size / 224) ** 2 / threads**0.7 * exp(rng.gauss(0, 0.1))
            spread = exp(rng.choice([0.003, 0.02, 0.1, 0.4]))
            failed = rng.random() < 0.07
            memory = rng.uniform(80, 400)
            values = [
                MetricValue(Metric.THROUGHPUT_IPS, 1000 / latency, 1000 / latency / spread**0.8,
                            1000 / latency * spread**0.8, 0.9),
                MetricValue(Metric.PEAK_MEMORY_MB, memory, memory / 1.05, memory * 1.05, 0.95),
            ][: rng.choice([1, 2, 2])]  # fmt: skip
            found.append(
                make_measurement(
                    name,
                    latency,
                    latency / spread,
                    latency * spread,
                    peak_memory_mb=None,
                    size_bytes=rng.choice([None, 10**7 + 10**5 * place]),
                    input_size=size,
                    runtime=runtime,
                    threads=threads,
                    target=target,
                    measured_at=NOON + timedelta(minutes=place),
                    status=Status.FAILED if failed else Status.OK,
                    reason=FailureReason.OUT_OF_MEMORY,
                    values=() if failed else tuple(values),
                )
            )
        if rng.random() < 0.3:
            # The same case again, later, and of another provenance.
            found.append(
                make_measurement(
                    name,
                    speed * 0.5,
                    target=target,
                    measured_at=NOON + timedelta(days=1, minutes=place),
                    provenance=rng.choice([Provenance.MEASURED, Provenance.ESTIMATED]),
                )
            )
    return found


def seed(catalog: Catalog, *targets: Target) -> None:
    names = [one.name for one in reference.read_architectures()][::23]
    with catalog.write() as session:
        for target in targets:
            add_measurements(session, measurements(target, names))


@pytest.fixture(scope="module", autouse=True)
def shipped_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "DATA", SHIPPED)
        yield


@pytest.fixture(scope="module")
def path(shipped_tables: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog's file."""
    found = tmp_path_factory.mktemp("metamorphic") / "catalog.sqlite"
    with open_catalog(f"sqlite:///{found}") as catalog:
        seed(catalog, host.local_target(), make_target(TWIN))
    return found


@pytest.fixture(scope="module")
def client(path: Path) -> Iterator[TestClient]:
    """A client that sees what a user would see, also of an internal error."""
    with client_of(path) as client:  # one event loop for all requests
        yield client


def client_of(path: Path) -> TestClient:
    return TestClient(
        create_app(ServerSettings(catalog_url=f"sqlite:///{path}")), raise_server_exceptions=False
    )


# The same candidates, read by SQL alone


@dataclass(frozen=True)
class Row:
    """A candidate: its facts by name, its numbers, and the deviations of their logarithms."""

    facts: Mapping[str, Any]
    numbers: Mapping[str, float]
    deviations: Mapping[str, float]

    @cached_property
    def key(self) -> tuple[str, str, int, str]:
        one = self.facts
        return one["architecture"], one["checkpoint"] or "", one["input_size"], one["configuration"]

    @cached_property
    def name(self) -> str:
        return str(self.facts["checkpoint"] or self.facts["architecture"])

    @cached_property
    def identity(self) -> Identity:
        return (*self.key[:3], *(self.facts[word] for word in RUN))

    def cost(self, metric: str) -> float:
        """Lower is better; infinite where unknown."""
        value = self.numbers.get(metric)
        if value is None:
            return inf
        return value if Metric(metric).direction is Direction.LOWER else -value


def identity_of(one: Body) -> Identity:
    """What an answer says of a candidate, as `Row.identity`."""
    run = {"threads": 0} | one["configuration"]
    return (one["architecture"], one.get("checkpoint", ""), one["input_size"], *(run[word] for word in RUN))


SELECT = """
SELECT m.id AS measurement, m.provenance, m.reason, m.measured_at, m.configuration, m.workload,
       w.architecture, w.input_size, w.params_m, w.gmacs, w.activations_m, w.weights_bytes, w.form,
       c.runtime, c.compiled, c.device, c.precision, c.layout, c.batch_size, c.threads, c.arena, c.scenario,
       c.batch_policy, a.family, a.tags, k.name AS checkpoint, k.license, k.commercial_use, k.training_data,
       f.bytes
FROM measurement m
JOIN workload w ON w.id = m.workload
JOIN configuration c ON c.id = m.configuration
JOIN architecture a ON a.name = w.architecture
LEFT JOIN artefact f ON f.id = m.artefact
LEFT JOIN checkpoint k ON k.architecture = w.architecture AND k.num_classes = w.num_classes
WHERE m.target = ? ORDER BY m.measured_at, m.id
"""
CASE = ("workload", "runtime", "compiled", "device", "precision", "layout", "threads", "arena", "scenario")


@cache
def words(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


class Tables:
    """The catalog's tables, read once for each target and evidence."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = sqlite3.Row
        self.rows = cache(self._rows)

    def _rows(self, target: str, evidence: tuple[str, ...]) -> list[Row]:
        """The candidates of `target`, in the order of their names."""
        target = host.local_target().id if target == "local" else target
        latest: dict[Identity, list[Body]] = {}
        for row in map(dict, self._connection.execute(SELECT, (target,))):
            if evidence and row["provenance"] not in evidence:
                continue
            batch = row["batch_size"] if row["batch_policy"] == "fixed" else None
            case = (*(row[word] for word in CASE), row["batch_policy"], batch)
            found = latest.setdefault(case, [])
            if found and found[0]["measurement"] != row["measurement"]:
                found.clear()
            found.append(row)
        values = self._values(target)
        found_rows = [
            self._row(row, values.get(row["measurement"], {}))
            for rows in latest.values()
            for row in rows
            if row["form"] == "deployed" or row["scenario"] == "training"
        ]
        return sorted(found_rows, key=attrgetter("key"))

    def _values(self, target: str) -> dict[str, dict[str, Body]]:
        query = "SELECT v.* FROM value v JOIN measurement m ON m.id = v.measurement WHERE m.target = ?"
        found: dict[str, dict[str, Body]] = {}
        for row in self._connection.execute(query, (target,)):
            found.setdefault(row["measurement"], {})[row["metric"]] = dict(row)
        return found

    @cached_property
    def _accuracies(self) -> dict[tuple[str, int], dict[str, float]]:
        """Of each checkpoint at each size, those of the crop that is best on ImageNet, of equals the
        smallest."""
        crops: dict[tuple[str, int], dict[tuple[float, str], dict[str, float]]] = {}
        for one in self._connection.execute("SELECT * FROM accuracy WHERE precision = 'fp32'"):
            if one["dataset"] in TOP1S:
                crop = crops.setdefault((one["checkpoint"], one["input_size"]), {}).setdefault(
                    (one["crop_pct"], one["interpolation"]), {}
                )
                crop[TOP1S[one["dataset"]]] = one["top1"]
                if one["dataset"] == "imagenet-val":
                    crop["top5"] = one["top5"]
        return {
            key: max((crop for _, crop in sorted(found.items())), key=lambda crop: crop.get("top1", -1.0))
            for key, found in crops.items()
        }

    def _row(self, row: Body, values: Mapping[str, Body]) -> Row:
        facts = row | {
            "compiled": bool(row["compiled"]),
            "commercial_use": None if row["commercial_use"] is None else bool(row["commercial_use"]),
            "tags": words(row["tags"] or "[]"),
            "training_data": words(row["training_data"] or "[]"),
        }
        size = row["weights_bytes"] if row["bytes"] is None and row["runtime"] == "pytorch" else row["bytes"]
        counted = {
            "size_mb": None if size is None else size / 1e6,
            "params_m": row["params_m"],
            "gmacs": row["gmacs"],
            "gflops": None if row["gmacs"] is None else 2 * row["gmacs"],
            "activations_m": row["activations_m"],
        }
        numbers = {str(metric): one for metric, one in counted.items() if one is not None}
        if row["precision"] != "int8":
            numbers |= self._accuracies.get((row["checkpoint"], row["input_size"]), {})
        if "top1" in numbers and row["gmacs"] is not None:
            numbers["top1_per_gmac"] = numbers["top1"] / row["gmacs"]
            numbers["top1_per_mparam"] = numbers["top1"] / row["params_m"]
        deviations = {}
        for metric, value in values.items():
            if value["value"] is not None:
                numbers[metric] = value["value"]
            if value["level"] is not None:
                quantile = NormalDist().inv_cdf((1 + value["level"]) / 2)
                deviations[metric] = log(value["high"] / value["low"]) / 2 / quantile
        return Row(facts, numbers, deviations)


@pytest.fixture(scope="module")
def tables(path: Path) -> Tables:
    return Tables(path)


# What a question means


def asked_of(body: Body) -> list[Callable[[Mapping[str, Any]], bool]]:
    """What the question's filters ask of a row's facts."""
    found: list[Callable[[Mapping[str, Any]], bool]] = []
    size = body.get("input_size", {})
    low, high = (size, size) if isinstance(size, int) else (size.get("min", 0), size.get("max", inf))
    if size:
        found.append(lambda facts: low <= facts["input_size"] <= high)
    for word, wanted in body.get("configuration", {}).items():
        values = [wanted] if word == "compiled" else wanted
        found.append(lambda facts, word=word, values=values: facts[word] in values)  # type: ignore[misc]
    license_ = body.get("license", {})
    if "allow" in license_:
        names = [name.lower() for name in license_["allow"]]
        found.append(lambda facts: (facts["license"] or "").lower() in names)
    if "commercial_use" in license_:
        found.append(lambda facts: facts["commercial_use"] is license_["commercial_use"])
    if excluded := body.get("training_data", {}).get("exclude"):
        found.append(
            lambda facts: (
                bool(facts["training_data"])
                and not any(
                    f"{one}-".startswith(f"{name}-") for one in facts["training_data"] for name in excluded
                )
            )
        )
    for word, one in (("family", "families"), ("tags", "tags")):
        asked = body.get(one, {})
        for side in asked:
            wanted, admits = set(asked[side]), side == "include"
            found.append(
                lambda facts, word=word, wanted=wanted, admits=admits: (
                    admits  # type: ignore[misc]
                    is not wanted.isdisjoint(facts[word] if word == "tags" else [facts[word]])
                )
            )
    return found


def sides(bound: Mapping[str, float]) -> list[tuple[float, int]]:
    return [(bound[side], sign) for side, sign in (("min", 1), ("max", -1)) if side in bound]


@dataclass
class Search:
    """The plain search: what becomes of each of the rows that pass the filters. Rows go by their number."""

    body: Body
    rows: list[Row]
    budget: Mapping[str, Mapping[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.budget = self.body.get("budget", {})

    @cached_property
    def required(self) -> float | None:
        """The probability that each candidate needs."""
        confidence: float | None = self.body.get("confidence")
        if confidence is None:
            return None
        noisy = {
            row.facts["measurement"]
            for row in self.rows
            if any(row.deviations.get(metric, 0) > 0 for metric in self.budget)
        }
        return max(confidence, 1 - (1 - confidence) / max(1, len(noisy)))

    def slack(self, row: Row, metric: str) -> float:
        value = row.numbers[metric]
        return min(sign * (value - limit) for limit, sign in sides(self.budget[metric]))

    def relative(self, row: Row, metric: str) -> float:
        """The slack of the nearer side as a share of its limit; of a limit of zero the slack itself."""
        value = row.numbers[metric]
        slack, limit = min(
            ((sign * (value - limit), limit) for limit, sign in sides(self.budget[metric])),
            key=lambda pair: pair[0],
        )
        return slack / limit if limit else slack

    def probability(self, row: Row, metric: str) -> float:
        value, deviation = row.numbers[metric], row.deviations.get(metric, 0.0)
        if deviation == 0:
            return float(self.slack(row, metric) >= 0)
        normal, inside = NormalDist(log(value), deviation), 1.0
        for limit, sign in sides(self.budget[metric]):
            below = normal.cdf(log(limit)) if limit > 0 else 0.0
            inside -= below if sign > 0 else 1 - below
        return min(1.0, max(0.0, inside))

    @cached_property
    def chances(self) -> dict[str, list[float | None]]:
        """P(within the bound) of each row, by metric: 0 or 1 of an exact number and without a confidence;
        None where the number is unknown."""
        return {
            metric: [self.chance(row, metric, bound) for row in self.rows] for metric, bound in self.limits
        }

    @property
    def limits(self) -> list[tuple[str, tuple[float, float]]]:
        return [(metric, (one.get("min", -inf), one.get("max", inf))) for metric, one in self.budget.items()]

    def chance(self, row: Row, metric: str, limits: tuple[float, float]) -> float | None:
        value = row.numbers.get(metric)
        if value is None:
            return None
        if self.required is not None and metric in row.deviations:
            return self.probability(row, metric)
        return 1.0 if limits[0] <= value <= limits[1] else 0.0

    def holds(self, number: int, metrics: Sequence[str]) -> bool:
        """Whether the row is within the bounds on `metrics`, jointly where there is a confidence."""
        joint = 1.0
        for metric in metrics:
            chance = self.chances[metric][number]
            if not chance:
                return False
            joint *= chance
        return joint >= (1.0 if self.required is None else self.required)

    @cached_property
    def usable(self) -> list[int]:
        return [number for number, row in enumerate(self.rows) if row.facts["reason"] is None]

    @cached_property
    def fits(self) -> list[int]:
        metrics = list(self.budget)
        return [number for number in self.usable if self.holds(number, metrics)]

    @cached_property
    def fitting(self) -> list[Row]:
        return [self.rows[number] for number in self.fits]

    @cached_property
    def misses(self) -> list[int]:
        """What could be run, and does not fit."""
        return sorted(set(self.usable) - set(self.fits))

    @cached_property
    def outside(self) -> list[tuple[str, ...]]:
        """The bounds that eliminate each row; what fails jointly alone is put to the least certain."""
        found = []
        metrics = list(self.budget)
        for number in range(len(self.rows)):
            known = [metric for metric in metrics if self.chances[metric][number] is not None]
            alone = tuple(metric for metric in known if not self.holds(number, [metric]))
            if not alone and known and len(known) == len(metrics) and not self.holds(number, known):
                alone = (min(known, key=lambda metric: self.chances[metric][number] or 0.0),)
            found.append(alone)
        return found

    def octaves(self, row: Row) -> int:
        image = self.body.get("typical_image")
        if image is None:
            return 0
        return round(log2(max(1.0, row.facts["input_size"] / min(image["width"], image["height"]))))

    @cached_property
    def ranked(self) -> list[Row]:
        """What fits, best first, where the objective is a metric."""
        objective = self.body["objective"]
        return sorted(
            self.fitting,
            key=lambda row: (
                self.octaves(row),
                row.cost(objective),
                row.cost("latency_ms"),
                row.cost("throughput_ips"),
                row.key,
            ),
        )

    @cached_property
    def collapsed(self) -> list[Row]:
        name: Callable[[Row], object] = {
            "architecture": lambda row: row.facts["architecture"],
            "checkpoint": lambda row: row.name,
            "configuration": id,
        }[self.body["collapse"]]
        first: dict[object, Row] = {}
        for row in self.ranked:
            first.setdefault(name(row), row)
        return list(first.values())


@dataclass
class Case:
    """A question with its answer and the plain search's."""

    body: Body
    answer: Body
    search: Search

    @property
    def one_metric(self) -> bool:
        return self.body["objective"] in list(Metric)

    @property
    def metrics(self) -> list[str]:
        """The metrics that decide."""
        return list(dict.fromkeys([*self.answer["weights"], *self.search.budget]))


Ask = Callable[[Body], Body]


@pytest.fixture(scope="module")
def ask(client: TestClient) -> Ask:
    def asked(body: Body) -> Body:
        response = client.post("/v1/recommendations", json=body)
        assert response.status_code == 200, (body, response.text)
        found: Body = response.json()
        return found

    return asked


# Random questions


def make_body(rng: random.Random, target: str, rows: Sequence[Row]) -> Body:
    """A question to a target whose rows are `rows`: bounds at or near the numbers of some of them."""
    known = sorted({str(metric) for row in rows[::17] for metric in row.numbers})
    metrics = rng.sample(known, rng.choice([0, 1, 2, 2, 3, 3, 4]))
    if rng.random() < 0.05:
        metrics.append(str(rng.choice(sorted(set(Metric) - set(known)))))
    tight = rng.random() < 0.3
    objective: Any = rng.choice(
        ["top1", "top1", rng.choice(known), rng.choice(known), "balanced", "knee", "weights"]
    )
    if objective == "weights":
        objective = {"weights": {one: rng.uniform(0.1, 9) for one in rng.sample(known, rng.randint(1, 3))}}
    body: Body = {
        "target": target,
        "budget": {metric: make_bound(rng, Metric(metric), rows, tight=tight) for metric in metrics},
        "objective": objective,
        "collapse": rng.choice(["architecture", "checkpoint", "configuration", "configuration"]),
        "limit": rng.choice([1, 3, 5, 10, 10, 20, 20, 200]),
    }
    if rng.random() < (0.5 if target == "local" else 0.15):
        body["confidence"] = rng.choice([0.2, 0.5, 0.9, 0.99])
    if rng.random() < 0.2:
        body["typical_image"] = {"width": rng.choice([64, 100, 160, 224, 640]), "height": 128}
    return body | make_filters(rng, rows)


def make_bound(rng: random.Random, metric: Metric, rows: Sequence[Row], *, tight: bool) -> Body:
    """One side or both; a `tight` one leaves few inside."""
    costs = sorted(row.numbers[metric] for row in rows if metric in row.numbers) or [10.0, 20.0]
    share = rng.uniform(0, 0.06) if tight else rng.random()
    if metric.direction is Direction.HIGHER:
        share = 1 - share
    # A number itself, or one beside it.
    limit = costs[round(share * (len(costs) - 1))] * rng.choice([1.0, 1.0, 1.0, 0.98, 1.02, 0.9, 1.1])
    side = "min" if (metric.direction is Direction.HIGHER) ^ (rng.random() < 0.15) else "max"
    bound = {side: limit}
    if rng.random() < 0.2:
        bound["max" if side == "min" else "min"] = limit * (rng.uniform(1, 3) ** (1 if side == "min" else -1))
    if rng.random() < 0.02:
        bound = {side: 0.0}
    return bound


def make_filters(rng: random.Random, rows: Sequence[Row]) -> Body:
    def some(word: str) -> list[Any]:
        found = {row.facts[word] for row in rng.sample(rows, 3)}
        return sorted(one for one in found if one is not None)

    filters: Body = {}
    if rng.random() < 0.2:
        size = rng.choice(rows).facts["input_size"]
        filters["input_size"] = rng.choice([size, {"min": size}, {"max": size}, {"min": 160, "max": 288}])
    if rng.random() < 0.3:
        word = rng.choice(RUN)
        wanted = rng.choice(rows).facts["compiled"] if word == "compiled" else some(word)
        if word != "threads" or 0 not in wanted:
            filters["configuration"] = {word: wanted}
    if rng.random() < 0.2:
        filters["license"] = rng.choice(
            [{"commercial_use": True}, {"commercial_use": False}, {"allow": ["apache-2.0", "MIT"]}]
        )
    if rng.random() < 0.15:
        data = sorted(
            {one for row in rng.sample(rows, 9) for one in row.facts["training_data"]} - {"imagenet-1k"}
        )
        filters["training_data"] = {"exclude": rng.sample(["laion", *data], min(2, len(data)))}
    if rng.random() < 0.2 and some("family"):
        filters["families"] = {rng.choice(["include", "exclude"]): some("family") or ["resnet"]}
    tags = sorted({tag for row in rng.sample(rows, 5) for tag in row.facts["tags"]})
    if rng.random() < 0.2 and tags:
        filters["tags"] = {rng.choice(["include", "exclude"]): rng.sample(tags, 1)}
    if rng.random() < 0.2 and len(rows) < 1000:  # large ones take a second to be read for other evidence
        filters["evidence"] = rng.choice([["measured"], ["estimated"], ["measured", "published"]])
    return filters


def searched(tables: Tables, body: Body) -> Search:
    rows, tests = tables.rows(body["target"], tuple(body.get("evidence", ()))), asked_of(body)
    return Search(body, [row for row in rows if all(test(row.facts) for test in tests)] if tests else rows)


@pytest.fixture(scope="module")
def cases(tables: Tables, ask: Ask) -> list[Case]:
    found = []
    for target, count in QUESTIONS.items():
        rng = random.Random(f"{target} 1")
        rows = tables.rows(target, ())
        for _ in range(count):
            body = make_body(rng, target, rows)
            found.append(Case(body, ask(body), searched(tables, body)))
    return found


def test_the_questions_are_of_every_kind(cases: list[Case]) -> None:
    """What the tests below say would say little of questions that all have the same answer."""
    nothing = [case for case in cases if not case.answer["fitting"] and case.answer["considered"]]
    assert len(cases) == sum(QUESTIONS.values())
    assert 0.2 < len(nothing) / len(cases) < 0.7
    assert sum("joint_relaxation" in case.answer for case in nothing) > 30
    assert sum("fewest_relaxation" in case.answer for case in nothing) > 30
    assert sum("confidence" in case.body and case.answer["fitting"] > 0 for case in cases) > 20
    assert sum(case.answer["failed"] > 0 for case in cases) > 20
    assert sum(case.answer["undecided"] > 0 for case in cases) > 20
    assert sum(len(case.answer["relaxations"]) > 1 for case in cases) > 20
    assert sum(case.answer["fitting"] > 200 for case in cases) > 20


# Answers are those of a plain search


def test_the_counts_are_those_of_a_plain_search(cases: list[Case]) -> None:
    for case in cases:
        search, answer = case.search, case.answer
        assert answer["considered"] == len(search.rows), case.body
        assert answer["fitting"] == len(search.fits), case.body
        assert answer["failed"] == len(search.rows) - len(search.usable), case.body
        unknown = {
            metric: sum(chances[number] is None for number in search.usable)
            for metric, chances in search.chances.items()
        }
        assert answer["unknown"] == {metric: count for metric, count in unknown.items() if count}, case.body
        assert set(answer["unknown_remedies"]) == set(answer["unknown"]), case.body
        assert answer.get("required_probability") == search.required, case.body


def test_what_each_bound_eliminated_is_that_of_a_plain_search(cases: list[Case]) -> None:
    for case in cases:
        search, answer = case.search, case.answer
        found = {tuple(one["metrics"]): one["count"] for one in answer["eliminated_together"]}
        assert found == Counter(search.outside[one] for one in search.misses if search.outside[one]), (
            case.body
        )
        counts = [one["count"] for one in answer["eliminated_together"]]
        assert counts == sorted(counts, reverse=True), case.body
        eliminated = Counter(metric for number in search.usable for metric in search.outside[number])
        for metric in search.budget:
            assert answer["eliminated"][metric] == eliminated[metric], (metric, case.body)
            assert answer["eliminated_only_by"][metric] == len(nearly(search, metric)), (metric, case.body)


def nearly(search: Search, metric: str) -> list[int]:
    """What would fit if the bound on `metric` were dropped, and whose number is known."""
    rest = [one for one in search.budget if one != metric]
    known = search.chances[metric]
    return [one for one in search.misses if known[one] is not None and search.holds(one, rest)]


def test_every_candidate_is_counted_once(cases: list[Case]) -> None:
    for case in cases:
        answer = case.answer
        together = sum(one["count"] for one in answer["eliminated_together"])
        assert len(answer["eliminated_together"]) < 20
        assert answer["considered"] == answer["fitting"] + answer["undecided"] + answer["failed"] + together


def test_the_order_of_a_metric_is_that_of_a_plain_search(cases: list[Case]) -> None:
    for case in cases:
        if case.one_metric:
            expected = [row.identity for row in case.search.collapsed[: case.body["limit"]]]
            assert [identity_of(one) for one in case.answer["recommendations"]] == expected, case.body


def check_numbers(case: Case) -> None:
    """The numbers, slack, binding bound and probability of what is shown."""
    search = case.search
    shown = [*case.answer["recommendations"], *case.answer["near_misses"]]
    by_identity = {row.identity: row for row in search.rows}
    for one in shown:
        row = by_identity[identity_of(one)]
        assert {metric: number["value"] for metric, number in one["metrics"].items()} == row.numbers
        assert one["slack"] == {metric: search.slack(row, metric) for metric in search.budget}, case.body
        shares = {metric: search.relative(row, metric) for metric in search.budget}
        assert one.get("binding") == (min(shares, key=shares.__getitem__) if shares else None), case.body
        chance = prod(search.probability(row, metric) for metric in search.budget)
        assert isclose(one["fit_probability"], chance, rel_tol=1e-9, abs_tol=1e-12), case.body


def test_slack_and_binding_are_those_of_a_plain_search(cases: list[Case]) -> None:
    for case in cases:
        check_numbers(case)


@pytest.mark.parametrize("width", [1.01, 1.1, 1.5])
def test_the_probability_between_two_limits_is_that_of_a_plain_search(
    tables: Tables, ask: Ask, width: float
) -> None:
    noisy = [row for row in tables.rows("local", ()) if row.deviations.get("latency_ms", 0) > 0.1]
    assert len(noisy) > 10
    for row in noisy[:10]:
        latency = row.numbers["latency_ms"]
        bound = {"min": latency / width, "max": latency * width}
        body = {"target": "local", "budget": {"latency_ms": bound}, "confidence": 0.01, "limit": 20}
        check_numbers(Case(body, ask(body), searched(tables, body)))


def test_near_misses_are_those_of_a_plain_search(cases: list[Case]) -> None:
    for case in cases[::2]:
        search = case.search
        inside = {row.facts["architecture"] for row in search.fitting}
        nearest: dict[str, tuple[float, Row]] = {}
        for number in search.misses:
            row = search.rows[number]
            name = row.facts["architecture"]
            if name in inside or not all(metric in row.numbers for metric in search.budget):
                continue
            distance = max([0.0, *(-search.relative(row, metric) for metric in search.budget)])
            if name not in nearest or distance < nearest[name][0]:
                nearest[name] = distance, row
        expected = sorted(nearest.values(), key=lambda pair: (pair[0], pair[1].key))[:3]
        assert [identity_of(one) for one in case.answer["near_misses"]] == [
            row.identity for _, row in expected
        ], case.body


# Ranks, scores, domination


def test_ranks_never_fall_along_the_list_and_are_shared_by_as_many_as_they_say(cases: list[Case]) -> None:
    for case in cases:
        found = case.answer["recommendations"]
        ranks = [one["rank"] for one in found]
        for place, rank in enumerate(ranks):
            assert rank == place + 1 or (place and rank == ranks[place - 1]), case.body
        held = Counter(ranks)
        for one in found:
            shown = held[one["rank"]] == one["shares_rank_with"] + 1
            cut = one["rank"] == ranks[-1] and held[one["rank"]] <= one["shares_rank_with"]
            assert shown or (cut and len(found) == case.body["limit"]), case.body


def standard_error(row: Row, metric: str) -> float:
    """Of the number, or of the logarithm of a quantity."""
    if Metric(metric).subject is not Subject.CHECKPOINT:
        return row.deviations.get(metric, 0.0)
    divisor = {"top1_per_gmac": "gmacs", "top1_per_mparam": "params_m"}.get(metric)
    cost = 1.0 if divisor is None else row.numbers[divisor]
    share = min(1.0, max(0.0, row.numbers[metric] * cost / 100))
    return 100 * sqrt(share * (1 - share) / IMAGES[Metric(metric)]) / cost


def test_a_rank_is_shared_where_the_intervals_of_a_metric_overlap(cases: list[Case]) -> None:
    for case in cases:
        if case.one_metric:
            ranks, leader = [], None
            for place, row in enumerate(case.search.collapsed[: case.body["limit"]]):
                if leader is None or told_apart(case, leader, row):
                    leader, first = row, place + 1
                ranks.append(first)
            assert [one["rank"] for one in case.answer["recommendations"]] == ranks, case.body


def told_apart(case: Case, one: Row, other: Row) -> bool:
    metric: str = case.body["objective"]
    known = metric in one.numbers, metric in other.numbers
    if not all(known) or case.search.octaves(one) != case.search.octaves(other):
        return any(known) or case.search.octaves(one) != case.search.octaves(other)
    linear = Metric(metric).subject is Subject.CHECKPOINT
    mine, theirs = (row.numbers[metric] if linear else log(row.numbers[metric]) for row in (one, other))
    return abs(mine - theirs) > 1.96 * (standard_error(one, metric) + standard_error(other, metric))


def test_a_score_is_the_weighted_sum_of_the_utilities(cases: list[Case]) -> None:
    for case in cases:
        weights = case.answer["weights"]
        assert isclose(sum(weights.values()), 1)
        for one in case.answer["recommendations"]:
            assert all(0 <= utility <= 1 for utility in one["utilities"].values())
            complete = set(one["utilities"]) == set(weights)
            assert ("score" in one) is complete is (set(weights) <= set(one["metrics"])), case.body
            if complete:
                total = sum(weight * one["utilities"][metric] for metric, weight in weights.items())
                assert isclose(one["score"], total, rel_tol=1e-9, abs_tol=1e-12)


def test_schemes_weigh_top1_and_what_is_bounded_alike(cases: list[Case]) -> None:
    for case in cases:
        if case.body["objective"] in ["balanced", "knee"]:
            metrics = {"top1", *case.search.budget}
            if metrics == {"top1"}:
                fast = any("latency_ms" in row.numbers for row in case.search.rows)
                metrics.add("latency_ms" if fast else "throughput_ips")
            assert case.answer["weights"] == pytest.approx(dict.fromkeys(metrics, 1 / len(metrics)))


def dominates(one: Row, other: Row, metrics: Sequence[str]) -> bool:
    costs = [(one.cost(metric), other.cost(metric)) for metric in metrics]
    return all(mine <= theirs for mine, theirs in costs) and any(mine < theirs for mine, theirs in costs)


def check_order(case: Case) -> None:
    """Nothing is shown behind what it dominates in the metrics of the objective, where neither enlarges the
    image more."""
    by_identity = {row.identity: row for row in case.search.fitting}
    shown = [by_identity[identity_of(one)] for one in case.answer["recommendations"]][:40]
    metrics = list(case.answer["weights"])
    shown = [row for row in shown if all(metric in row.numbers for metric in metrics)]
    for place, row in enumerate(shown):
        for other in shown[place + 1 :]:
            if case.search.octaves(row) == case.search.octaves(other):
                assert not dominates(other, row, metrics), case.body


def test_nothing_ranks_behind_what_it_dominates(cases: list[Case]) -> None:
    for case in cases:
        check_order(case)


@pytest.mark.parametrize("side", [64, 128, 160])
def test_no_winner_that_suits_the_image_is_dominated_by_one_that_suits_it_as_well(
    tables: Tables, ask: Ask, side: int
) -> None:
    body = {
        "target": "i9-10940x",
        "objective": {"weights": {"top1_a": 1.0, "top1_sketch": 1.0}},
        "typical_image": {"width": side, "height": side},
        "limit": 1,
    }
    search = searched(tables, body)
    (winner,) = ask(body)["recommendations"]
    (row,) = [row for row in search.fitting if row.identity == identity_of(winner)]
    rivals = [one for one in search.fitting if search.octaves(one) == search.octaves(row)]
    assert not [one.name for one in rivals if dominates(one, row, ["top1_a", "top1_sketch"])]


def test_dominators_are_those_of_a_plain_search(cases: list[Case]) -> None:
    for case in cases:
        by_identity = {row.identity: row for row in case.search.fitting}
        for one in case.answer["recommendations"][:3]:
            row = by_identity[identity_of(one)]
            if not all(metric in row.numbers for metric in case.metrics):
                assert not one["on_frontier"], case.body
                assert (one["dominators"], one["dominated_by"]) == (0, []), case.body
                continue
            order = case.search.ranked if case.one_metric else case.search.fitting
            rivals = [rival for rival in order if dominates(rival, row, case.metrics)]
            assert one["dominators"] == len(rivals), case.body
            assert one["on_frontier"] is (not rivals), case.body
            # One of the same name is told from the row by its run, in parentheses.
            named = {
                (rival.name, rival.name == row.name and rival.identity[3:]): rival.name
                for rival in rivals[:30]
            }
            found = [(name.partition(" (")[0], "(" in name) for name in one["dominated_by"]]
            if case.one_metric:
                assert found == [(name, name == row.name) for name in named.values()][:3], case.body
            else:
                assert {name for name, _ in found} <= {rival.name for rival in rivals}, case.body
                assert bool(found) is bool(rivals), case.body


# What to relax


def again(body: Body, budget: Body) -> Body:
    """The question with another budget, asked for many configurations."""
    return body | {"budget": budget, "collapse": "configuration", "limit": MANY}


def check_admits(case: Case, tables: Tables, ask: Ask, budget: Body, name: str) -> None:
    """`budget` admits a candidate `name` that did not fit before, and the API says so too."""
    body = again(case.body, budget)
    wider, answer = searched(tables, body), ask(body)
    before = {row.identity for row in case.search.fitting}
    admitted = {row.name for row in wider.fitting if row.identity not in before}
    assert name in admitted, (case.body, budget)
    assert answer["fitting"] == len(wider.fitting) > case.answer["fitting"], (case.body, budget)
    if answer["fitting"] <= MANY:
        shown = {one.get("checkpoint", one["architecture"]) for one in answer["recommendations"]}
        assert name in shown, (case.body, budget)


def test_a_relaxation_admits_what_it_names_and_is_the_smallest(
    cases: list[Case], tables: Tables, ask: Ask
) -> None:
    for number, case in enumerate(cases):
        search = case.search
        found = {(one["metric"], one["side"]): one for one in case.answer["relaxations"]}
        assert len(found) == len(case.answer["relaxations"])
        for (metric, side), one in found.items():
            assert side in search.budget[metric]
            if number % 4 == 0:
                bound = {**search.budget[metric], side: one["bound"]}
                budget = {**case.body["budget"], metric: bound}
                check_admits(case, tables, ask, budget, one["admits"])
        if search.required is None:
            assert {key: one["bound"] for key, one in found.items()} == smallest(search), case.body


def smallest(search: Search) -> dict[tuple[str, str], float]:
    """Of each side, the least limit that admits one more at its value, where there is one."""
    found: dict[tuple[str, str], float] = {}
    for metric, bound in search.budget.items():
        near = [search.rows[number].numbers[metric] for number in nearly(search, metric)]
        if "min" in bound and (low := [one for one in near if one < bound["min"]]):
            found[metric, "min"] = max(low)
        if "max" in bound and (high := [one for one in near if one > bound["max"]]):
            found[metric, "max"] = min(high)
    return found


def test_a_joint_relaxation_admits_what_it_names_and_is_the_smallest(
    cases: list[Case], tables: Tables, ask: Ask
) -> None:
    for case in cases:
        joint, search = case.answer.get("joint_relaxation"), case.search
        if joint is not None:
            assert not search.fitting
            check_admits(case, tables, ask, joint["budget"], joint["admits"])
            shrunk = widened(search.budget, joint["factor"] * (1 - 1e-6))
            assert not searched(tables, again(case.body, shrunk)).fitting, case.body
        elif search.budget and not search.fitting:
            # Nothing that is known in full, or nothing that a share of a limit of zero could reach.
            assert not searched(tables, again(case.body, widened(search.budget, 1e8))).fitting, case.body


def widened(budget: Mapping[str, Mapping[str, float]], factor: float) -> Body:
    return {
        metric: {
            side: max(0.0, limit * (1 - factor)) if side == "min" else limit * (1 + factor)
            for side, limit in bound.items()
        }
        for metric, bound in budget.items()
    }


def fewest(search: Search) -> int | None:
    """How many bounds must give way at least, for one candidate to fit."""
    found = []
    for number in search.usable:
        chances = {metric: search.chances[metric][number] for metric in search.budget}
        if None in chances.values():
            continue
        order = sorted(chances, key=lambda metric: chances[metric] or 0.0, reverse=True)
        count = 0
        while not search.holds(number, order[: len(order) - count]):
            count += 1
        found.append(count)
    return min(found, default=None)


def test_the_fewest_bounds_that_give_way_admit_what_is_named_and_are_the_fewest(
    cases: list[Case], tables: Tables, ask: Ask
) -> None:
    for case in cases:
        one, search = case.answer.get("fewest_relaxation"), case.search
        if search.fitting:
            assert one is None, case.body
            continue
        assert (one is None) is (fewest(search) is None), case.body
        if one is None:
            continue
        assert len(one["metrics"]) == fewest(search), case.body
        changed = {metric for metric, bound in one["budget"].items() if bound != search.budget[metric]}
        assert changed == set(one["metrics"]), case.body
        for metric, bound in one["budget"].items():
            asked = search.budget[metric]
            assert bound.get("min", 0) <= asked.get("min", 0), case.body
            assert bound.get("max", inf) >= asked.get("max", inf), case.body
        check_admits(case, tables, ask, one["budget"], one["admits"])


# Confidences near 0 and 1


def test_a_confidence_however_small_lets_no_exact_number_break_its_bound(ask: Ask) -> None:
    body = {"target": "i9-10940x", "budget": {"latency_ms": {"max": 1.0}}, "confidence": 1e-17}
    assert ask(body)["fitting"] == 0


@pytest.mark.parametrize("doubt", [1e-3, 1e-6, 1e-9, 1e-12, 2**-53])
def test_what_is_to_be_relaxed_is_enough_or_left_out_for_a_confidence_near_1(
    tables: Tables, ask: Ask, doubt: float
) -> None:
    body = {
        "target": "local",
        "budget": {"latency_ms": {"max": 1.0}, "throughput_ips": {"min": 1e4}},
        "confidence": 1 - doubt,
        "objective": "top1",
        "collapse": "architecture",
    }
    case = Case(body, ask(body), searched(tables, body))
    for name in ("joint_relaxation", "fewest_relaxation"):
        one = case.answer.get(name)
        assert one is not None or doubt < 1e-6
        if one is not None:
            check_admits(case, tables, ask, one["budget"], one["admits"])


# What follows from one answer in others


def test_tightening_a_bound_never_adds_a_candidate(cases: list[Case], ask: Ask) -> None:
    rng = random.Random(3)
    for case in cases:
        tighter = {
            metric: {
                side: limit * (rng.choice([1.0, 1.05]) if side == "min" else rng.choice([1.0, 0.95]))
                for side, limit in bound.items()
            }
            for metric, bound in case.body["budget"].items()
        }
        ordered = all(one.get("min", 0) <= one.get("max", inf) for one in tighter.values())
        if not ordered or tighter == case.body["budget"] or rng.random() < 0.5:
            continue
        after = ask(again(case.body, tighter))
        assert after["considered"] == case.answer["considered"], case.body
        assert after["fitting"] <= case.answer["fitting"], case.body
        before = {row.identity for row in case.search.fitting}
        assert {identity_of(one) for one in after["recommendations"]} <= before, case.body


def test_the_winners_own_numbers_as_bounds_keep_the_winner(cases: list[Case], ask: Ask) -> None:
    """Beside the bounds that it kept; weights as they were, since a scheme's follow from the bounds."""
    for case in cases[::2]:
        if not case.answer["recommendations"] or "confidence" in case.body:
            continue
        winner = case.answer["recommendations"][0]
        budget = {metric: dict(bound) for metric, bound in case.body["budget"].items()}
        for metric, number in winner["metrics"].items():
            side = "max" if Metric(metric).direction is Direction.LOWER else "min"
            budget.setdefault(metric, {})[side] = number["value"]
        objective = case.body["objective"]
        if objective in ("balanced", "knee"):
            objective = {"weights": case.answer["weights"]}
        answer = ask(case.body | {"budget": budget, "objective": objective, "limit": 1})
        assert identity_of(answer["recommendations"][0]) == identity_of(winner), case.body
        assert all(slack == 0 or metric in case.body["budget"] for metric, slack in winner["slack"].items())


def test_a_filter_that_the_winner_passes_keeps_the_winner(cases: list[Case], ask: Ask) -> None:
    rng = random.Random(5)
    for case in cases:
        found = case.answer["recommendations"]
        if not found or not case.one_metric or "confidence" in case.body:
            continue
        row = case.search.collapsed[0]
        filters: list[Body] = [
            {"input_size": row.facts["input_size"]},
            {"configuration": {"precision": [row.facts["precision"]], "runtime": [row.facts["runtime"]]}},
        ]
        if case.body["target"] == "local":
            filters.append({"evidence": [row.facts["provenance"]]})
        if row.facts["family"]:
            filters.append({"families": {"include": [row.facts["family"]]}})
        if row.facts["tags"]:
            filters.append({"tags": {"include": list(row.facts["tags"][:1])}})
        if row.facts["commercial_use"] is not None:
            filters.append({"license": {"commercial_use": row.facts["commercial_use"]}})
        one = rng.choice([each for each in filters if not set(each) & set(case.body)] or [{}])
        answer = ask(case.body | one | {"limit": 1})
        assert answer["considered"] <= case.answer["considered"]
        assert identity_of(answer["recommendations"][0]) == identity_of(found[0]), (case.body, one)


def without(answer: Body, *names: str) -> Body:
    return {name: one for name, one in answer.items() if name not in names}


def test_another_name_of_a_target_changes_nothing(cases: list[Case], ask: Ask) -> None:
    """What is measured here is measured on its twin, too."""
    for case in cases[::2]:
        if case.body["target"] == "local":
            answer = ask(case.body | {"target": TWIN})
            names = ("target", "unknown_remedies")
            assert without(answer, *names) == without(case.answer, *names), case.body


def test_one_target_more_changes_nothing_for_the_others(
    cases: list[Case], path: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "copied.sqlite"
    shutil.copy(path, copied)
    with open_catalog(f"sqlite:///{copied}") as catalog:
        seed(catalog, make_target("aaa-new-cpu"))
    client = client_of(copied)
    asked = [case for case in cases if case.body["target"] in ("local", "i9-10940x")][::4]
    assert len(asked) > 30
    for case in asked:
        answer = client.post("/v1/recommendations", json=case.body).json()
        assert answer["catalog_revision"] > case.answer["catalog_revision"]
        assert without(answer, "catalog_revision") == without(case.answer, "catalog_revision"), case.body


def test_every_answer_is_as_the_document_declares(cases: list[Case], client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    (content,) = document["paths"]["/v1/recommendations"]["post"]["responses"]["200"]["content"].values()
    # An answer may hold nothing that the document does not know.
    schemas = {
        name: {**schema, "additionalProperties": False} if "properties" in schema else schema
        for name, schema in document["components"]["schemas"].items()
    }
    validator = jsonschema_rs.validator_for({**content["schema"], "components": {"schemas": schemas}})
    for case in cases:
        errors = [f"{one.instance_path}: {one.message}" for one in validator.iter_errors(case.answer)]
        assert errors == [], case.body
