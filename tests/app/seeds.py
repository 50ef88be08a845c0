"""What the catalog of the API's tests holds: this machine and another one, real architectures whose
accuracies come from the reference tables, and the cases that are easy to get wrong."""

from datetime import timedelta

from catalog import host, storing
from catalog.database import Catalog
from catalog.entities import Architecture, Checkpoint, Measurement, Target
from catalog.vocabulary import Doubt, FailureReason, Precision, RuntimeName, Status
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
LICENSES = {"resnet50.a1_in1k": "apache-2.0", "resnet18.a1_in1k": "mit", "regnetx_002.pycls_in1k": "mit"}


def local() -> Target:
    return host.local_target()


def seed(catalog: Catalog) -> None:
    """Fill a catalog that holds the reference tables."""
    with catalog.write() as session:
        storing.save_architectures(
            session,
            [Architecture(name, family, default_tag=tag) for name, (family, tag, *_) in ARCHITECTURES.items()]
            + [make_architecture()],
        )
        storing.save_checkpoints(
            session,
            [
                Checkpoint(f"{name}.{tag}", name, 1000, LICENSES.get(f"{name}.{tag}"), native_size=224)
                for name, (_, tag, *_) in ARCHITECTURES.items()
            ]
            + [make_checkpoint()],
        )
        storing.save_accuracies(session, [make_accuracy(top1=74.5), make_accuracy(top1=74.25, crop_pct=1.0)])
        storing.save_workloads(
            session,
            [
                make_counted_workload(name, gmacs=gmacs, params_m=size / 4e6)
                for name, (_, _, _, _, size, gmacs) in ARCHITECTURES.items()
            ],
        )
    store_measurements(catalog, *measurements())


def measurements() -> list[Measurement]:
    """Of every architecture one case on each runtime, and exceptions."""
    here = local()
    found = []
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
                samples=(make_sample(), make_sample()),
            ),
        ]
    found += [
        # The same case, measured again: only the later one speaks.
        make_measurement("resnet18", 3.0, target=here, measured_at=NOON - timedelta(days=1)),
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
