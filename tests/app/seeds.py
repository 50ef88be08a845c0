"""What the catalog of the API's tests holds: the small reference with its four published targets, this
machine and another one, real architectures, and the cases that are easy to get wrong."""

from datetime import timedelta

from catalog import host
from catalog.entities.configurations import Target
from catalog.entities.measurements import Measurement, MetricValue
from catalog.entities.networks import Accuracy, Architecture, Checkpoint, Stage
from catalog.entities.samples import ProcessSample
from catalog.reference.facts.timm_facts import TimmArchitecture, TimmCheckpoint
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_accuracies, save_architectures, save_checkpoints, save_workloads
from catalog.words.doubts import Doubt, FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset, Precision, RuntimeName, Status
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    make_target,
    store_measurements,
)

PUBLISHED = {"i9-10940x", "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"}
OTHER = make_target("other-cpu-4c-123456", label="Other CPU, 4 CPUs", identity={"cpus": 4})

# name -> family, default tag, latency on one thread (ms), memory (MB), size (bytes), GMACs
ARCHITECTURES = {
    "convnext_tiny": ("convnext", "in12k_ft_in1k", 85.0, 260.0, 114_400_000, 4.47),
    "efficientnet_b0": ("efficientnet", "ra_in1k", 21.0, 110.0, 21_200_000, 0.39),
    "levit_128s": ("levit", "fb_dist_in1k", 9.5, 105.0, 31_100_000, 0.31),
    "mobilenetv3_large_100": ("mobilenetv3", "ra_in1k", 7.0, 98.0, 22_000_000, 0.22),
    "regnetx_002": ("regnet", "pycls_in1k", 6.5, 95.0, 10_800_000, 0.2),
    "resnet18": ("resnet", "a1_in1k", 30.0, 150.0, 46_800_000, 1.82),
    "resnet50": ("resnet", "a1_in1k", 62.0, 210.0, 102_300_000, 4.11),
    "vit_tiny_patch16_224": ("vision_transformer", "augreg_in21k_ft_in1k", 18.0, 120.0, 23_000_000, 1.08),
}
# Licences other than timm's, so that they tell checkpoints apart.
LICENSES = {"resnet18.a1_in1k": "MIT", "regnetx_002.pycls_in1k": "MIT"}

# As timm publishes them, of checkpoints that the small reference lacks: input size, crop, top-1, top-5.
ACCURACIES = {
    "convnext_tiny.in12k_ft_in1k": [(224, 0.95, 84.192, 97.132), (288, 1.0, 84.448, 97.328)],
    "efficientnet_b1.ft_in1k": [(224, 0.875, 77.592, 93.636), (256, 1.0, 78.806, 94.346)],
    "levit_128s.fb_dist_in1k": [(224, 0.9, 76.52, 92.87)],
    "regnetx_002.pycls_in1k": [(224, 0.875, 68.758, 88.568)],
    "vit_base_patch16_224.augreg2_in21k_ft_in1k": [(224, 0.9, 85.108, 97.53)],
}
# What was never measured here, as timm's registry describes it: licences that a source disputes and that say
# neither yes nor no, and a network that takes no other size.
UNMEASURED = (
    TimmArchitecture("efficientnet_b1", "efficientnet", "ft_in1k", 1000, 224),
    TimmArchitecture("gcvit_tiny", "gcvit", "in1k", 1000, 224, stages=(Stage(4, 64), Stage(8, 128))),
    TimmArchitecture(
        "vit_base_patch16_224",
        "vision_transformer",
        "augreg2_in21k_ft_in1k",
        1000,
        224,
        fixed_input=True,
    ),
    TimmArchitecture("fastvit_t8", "fastvit", "apple_in1k", 1000, 256, reparameterised=True),
)
UNMEASURED_CHECKPOINTS = (
    TimmCheckpoint("efficientnet_b1.ft_in1k", 1000, 224, "apache-2.0"),
    TimmCheckpoint("gcvit_tiny.in1k", 1000, 224, "apache-2.0"),
    TimmCheckpoint("fastvit_t8.apple_in1k", 1000, 256, "fastvit-license"),
    TimmCheckpoint("vit_base_patch16_224.augreg2_in21k_ft_in1k", 1000, 224, "apache-2.0"),
)


def local() -> Target:
    return host.local_target()


def seed(catalog: Catalog) -> None:
    """Fill a catalog that holds the reference tables."""
    with catalog.write() as session:
        save_architectures(
            session,
            [
                Architecture(name, family, default_tag=tag, native_size=224, num_classes=1000)
                for name, (family, tag, *_) in ARCHITECTURES.items()
            ]
            + [one.architecture() for one in UNMEASURED]
            + [make_architecture()],
        )
        save_checkpoints(
            session,
            [
                Checkpoint(f"{name}.{tag}", name, 1000, LICENSES.get(f"{name}.{tag}"), native_size=224)
                for name, (_, tag, *_) in ARCHITECTURES.items()
            ]
            + [one.checkpoint() for one in UNMEASURED_CHECKPOINTS]
            + [make_checkpoint()],
        )
        save_accuracies(session, [make_accuracy(top1=74.5), make_accuracy(top1=74.25, crop_pct=1.0)])
        save_accuracies(session, accuracies())
        save_workloads(
            session,
            [
                make_counted_workload(name, gmacs=gmacs, params_m=size / 4e6)
                for name, (_, _, _, _, size, gmacs) in ARCHITECTURES.items()
            ],
        )
    store_measurements(catalog, *measurements())


def accuracies() -> list[Accuracy]:
    return [
        Accuracy(name, Dataset.IMAGENET_VAL, size, crop_pct, "bicubic", top1, top5, "timm results")
        for name, rows in ACCURACIES.items()
        for size, crop_pct, top1, top5 in rows
    ]


def quiet_and_met(latency_ms: float) -> tuple[MetricValue, ...]:
    """The numbers beside a latency on the quiet machine. The slower a network, the busier its moments."""
    slowdown = 1.05 + latency_ms / 1000
    met = latency_ms * slowdown
    interval = (met, met * 0.97, met * 1.04, 0.95)
    return (
        MetricValue(Metric.LATENCY_MET_MS, *interval, processes=2, degrees_of_freedom=11.5),
        MetricValue(Metric.SLOWDOWN, slowdown, processes=2),
    )


def samples_of(latency_ms: float, peak_mb: float) -> tuple[ProcessSample, ...]:
    """Two samples between which these numbers lie: one is quiet, and one is as it was met."""
    met, slowdown = quiet_and_met(latency_ms)
    assert met.value is not None
    assert slowdown.value is not None
    return (
        make_sample(latency_ms, slowdown=1.07, peak_mb=peak_mb),
        make_sample(met.value, slowdown=2 * slowdown.value - 1.07, peak_mb=peak_mb),
    )


def measurements() -> list[Measurement]:
    """What was measured here and on the other machine: of every architecture one case on each runtime, and
    exceptions."""
    here = local()
    # The same case, measured before: what arrives last represents it.
    found = [make_measurement("resnet18", 3.0, target=here, measured_at=NOON - timedelta(days=1))]
    for name, (_, _, latency, memory, size, _) in ARCHITECTURES.items():
        found += [
            make_measurement(name, latency, peak_memory_mb=memory, size_bytes=size, target=here),
            make_measurement(
                name,
                latency * 0.7,
                peak_memory_mb=memory + 40,
                size_bytes=size,
                runtime=RuntimeName.OPENVINO,
                threads=2,
                target=here,
                measured_at=NOON + timedelta(minutes=1),
                samples=samples_of(latency * 0.7, memory + 40),
                values=quiet_and_met(latency * 0.7),
            ),
        ]
    found += [
        make_measurement("resnet50", 95.0, input_size=288, size_bytes=102_300_000, target=here),
        make_measurement("resnet50", 40.0, precision=Precision.BF16, target=here, doubts=(Doubt.CONTENDED,)),
        make_measurement("resnet50", 20.0, precision=Precision.INT8, target=here),
        make_measurement("unpublished_net", 12.0, target=here),
        make_measurement("toynet", 55.0, target=here, peak_memory_mb=None),
        make_measurement(
            "convnext_tiny",
            input_size=288,
            target=here,
            status=Status.FAILED,
            reason=FailureReason.OUT_OF_MEMORY,
        ),
        make_measurement("resnet18", 8.0, target=OTHER, threads=4),
        make_measurement("resnet50", 16.0, target=OTHER, threads=4),
    ]
    return found
