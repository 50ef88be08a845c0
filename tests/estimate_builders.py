"""Node profiles and estimates with sensible defaults, so that a test names only what it is about."""

from catalog.entities.configurations import Configuration, Target
from catalog.entities.estimates import Estimate, EstimateBasis, EstimatorAccuracy
from catalog.entities.measurements import Measurement
from catalog.entities.networks import Architecture
from catalog.entities.node_profiles import NodeProfile, ProfiledNode
from catalog.storage.database import Catalog
from catalog.storage.estimates import replace_estimates
from catalog.storage.facts.facts import save_architectures
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Precision, RuntimeName
from tests.builders import NOON, make_target, make_workload


def make_node_profile(*times_us: float) -> NodeProfile:
    """The profile of a chain of convolutions that take so long."""
    return NodeProfile(
        calls_us=(sum(times_us) + 5.0,) * 2,
        nodes=tuple(
            ProfiledNode(
                name=f"conv{number}",
                operator="Conv",
                inputs=((1, 3, 32, 32), (16, 3, 3, 3)),
                outputs=((1, 16, 32, 32),),
                times_us=(taken, taken + 1.0),
                variant="Relu",
                attributes={"strides": (1, 1), "group": (1,)},
                made_of=(f"conv{number}", f"relu{number}"),
                reads=(f"x{number}", f"conv{number}.weight"),
                writes=(f"x{number + 1}",),
            )
            for number, taken in enumerate(times_us)
        ),
    )


def make_estimate(
    architecture: str = "resnet18",
    latency_ms: float | None = 20.0,
    *,
    runtime: RuntimeName = RuntimeName.ONNXRUNTIME,
    precision: Precision = Precision.FP32,
    threads: int = 1,
    num_classes: int = 1000,
    input_size: int = 224,
    metric: Metric = Metric.LATENCY_MS,
    absent_reason: str | None = None,
) -> Estimate:
    """An estimate whose 90 % interval reaches from 0.9 to 1.2 of `latency_ms`, or a refusal without it."""
    return Estimate(
        make_workload(architecture, num_classes=num_classes, input_size=input_size),
        Configuration(runtime, precision=precision, batch_size=1, threads=threads),
        metric,
        latency_ms,
        None if latency_ms is None else 0.9 * latency_ms,
        None if latency_ms is None else 1.2 * latency_ms,
        None if latency_ms is None else 0.9,
        absent_reason,
    )


def make_basis(*measurements: Measurement, target: Target | None = None) -> EstimateBasis:
    """What estimates stand on that were learnt from `measurements`."""
    return EstimateBasis(
        target or make_target(),
        "a test 1",
        NOON,
        tuple(one.id for one in measurements),
        (
            EstimatorAccuracy(
                Configuration(RuntimeName.ONNXRUNTIME, threads=1),
                Metric.LATENCY_MS,
                12,
                0.03,
                0.9,
                0.92,
                0.9,
                100,
                3,
            ),
        ),
    )


def store_estimates(catalog: Catalog, *estimates: Estimate, basis: EstimateBasis | None = None) -> None:
    """Store the estimates of a target with their architectures, in the place of those that it had."""
    with catalog.write() as session:
        save_architectures(session, [Architecture(one.workload.architecture) for one in estimates])
        replace_estimates(session, basis or make_basis(), estimates)
