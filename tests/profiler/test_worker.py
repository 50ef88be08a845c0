"""What a worker imports is part of the memory and the time that it measures; what it tells of each system."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.documents import from_document
from catalog.entities.networks import Workload
from catalog.entities.samples import ProcessSample
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import RuntimeName
from profiler.artefacts import drawn
from profiler.protocol.doubts import doubts
from profiler.protocol.plan import SamplingPlan
from profiler.skeletons import archive
from profiler.skeletons.archive import Archive
from tests.profiler.skeletons.models import CLASSES, SIZE, make_entry

RUNTIMES = ("torch", "timm", "onnx", "onnxruntime", "openvino")


def imported_by(module: str, packages: tuple[str, ...]) -> list[str]:
    """Those of the packages that a fresh process has loaded once it has imported the module."""
    program = f"import sys, {module}; print(*[name for name in {packages} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_worker_imports_no_library_before_it_is_asked() -> None:
    assert imported_by("profiler.worker", ("numpy", "scipy", "pydantic", *RUNTIMES)) == []


@pytest.mark.parametrize(
    "module", ["profiler.artefacts.verification", "profiler.runtimes.base", "profiler.doctor"]
)
def test_what_compares_outputs_names_runtimes_or_looks_for_them_loads_none(module: str) -> None:
    assert imported_by(module, ("scipy", *RUNTIMES)) == []


# As on macOS: no affinity, and nothing in /proc.
ELSEWHERE = """
import json, os, sys
del os.sched_getaffinity, os.sched_setaffinity
from profiler import worker
print(json.dumps(worker.run(json.loads(sys.argv[1]))))
"""


@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
def test_where_no_process_can_be_pinned_numbers_have_a_doubt(runtime: RuntimeName, tmp_path: Path) -> None:
    archive.write(tmp_path / "skeletons.zip", [make_entry()], [])
    workload = Workload("net", CLASSES, SIZE)
    drawn.write(Archive(tmp_path / "skeletons.zip"), workload, tmp_path / "model.onnx")
    request = {
        "artefact": str(tmp_path / "model.onnx"),
        "workload": asdict(workload),
        "configuration": asdict(Configuration(runtime, threads=1)),
        "affinity": [0],
        "plan": asdict(SamplingPlan(min_calls=6, min_s=0.01)),
    }
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, json.dumps(request)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    sample = from_document(ProcessSample, json.loads(done.stdout))
    assert sample.affinity == ()
    assert len(sample.wall_ns) >= 6
    assert None not in (sample.imported_bytes, sample.loaded_bytes, sample.peak_bytes)
    assert Doubt.UNPINNED in doubts([sample], 0.02)
