"""Measurements of a machine, drawn at random."""

import random
from collections.abc import Sequence
from datetime import timedelta
from math import exp

from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import add_measurements
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance, RuntimeName, Status
from tests.builders import NOON, make_measurement
from tests.reference_tables import WHOLE

TWIN = "twin-cpu-2c-abcdef"


def measurements(target: Target, names: Sequence[str]) -> list[Measurement]:
    """Of some architectures, with and without intervals; some failed, some were measured twice."""
    rng, doubts = random.Random(7), random.Random(9)
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
                    doubts=() if failed else doubts.choice([(), (Doubt.IMPRECISE,), (Doubt.CONTENDED,)]),
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
    names = [one.name for one in WHOLE.architectures()][::23]
    with catalog.write() as session:
        for target in targets:
            add_measurements(session, measurements(target, names))
