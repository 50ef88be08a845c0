from pathlib import Path

import pytest

from app.checking.policy import read_policy
from app.errors import InvalidPolicy
from app.gate.budgets import Limit
from catalog.errors import FileInaccessible
from catalog.words.metrics import Metric
from catalog.words.vocabulary import RuntimeName

WHOLE = """\
budgets:
  - name: resnet50 stays under 40 ms
    architecture: resnet50
    target: edge-cpu
    input_size: 224
    configuration: {runtime: [onnxruntime], threads: [2]}
    bounds:
      latency_ms: {max: 40}
      size_mb: {max: 110}
    confidence: 0.95
recommendations:
  - name: the detector
    question:
      budget: {latency_ms: {max: 40}, top1: {min: 70}}
      objective: top1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def test_a_whole_policy_is_read(path: Path) -> None:
    path.write_text(WHOLE)
    policy = read_policy(path)
    (budget,) = policy.budgets
    assert (budget.architecture, budget.target, budget.input_size) == ("resnet50", "edge-cpu", 224)
    assert budget.allowed == {"runtime": (RuntimeName.ONNXRUNTIME,), "threads": (2,)}
    assert budget.limits == (Limit(Metric.LATENCY_MS, None, 40), Limit(Metric.SIZE_MB, None, 110))
    assert budget.confidence == 0.95
    question = policy.questions["the detector"]
    assert [bound.metric for bound in question.budget.bounds] == [Metric.LATENCY_MS, Metric.TOP1]


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        (WHOLE.replace("confidence: 0.95", "confidance: 0.95"), 10, "confidance: There is no such field"),
        (WHOLE.replace("{max: 40}\n      size", "{most: 40}\n      size"), 8, "most: There is no such field"),
        (WHOLE.replace("threads: [2]", "thread: [2]"), 6, "thread: There is no such field"),
        (
            WHOLE.replace("      objective: top1", "      objektive: top1"),
            15,
            "objektive: There is no such field",
        ),
        (WHOLE.replace("latency_ms: {max: 40}\n      size", "latency: {max: 40}\n      size"), 8, "latency"),
        (WHOLE.replace("confidence: 0.95", "confidence: 95"), 10, "Give a number below 1"),
        (WHOLE.replace("size_mb: {max: 110}", "top1: {min: 70}"), 2, "top1 is not measured"),
        (WHOLE.replace("size_mb: {max: 110}", "latency_ms: {max: 1}"), 9, "latency_ms is given twice"),
        (WHOLE.replace("    target: edge-cpu\n", "    target: edge-cpu\n    target: b\n"), 5, "twice"),
        (WHOLE.replace("the detector", "resnet50 stays under 40 ms"), 1, "is given twice"),
        ("", 1, "empty"),
        ("budgets: []\n", 1, "neither a budget nor a recommendation"),
        ("- 1\n- 2\n", 1, "Give an object of names and values"),
        ("budgets: [", 1, "expected"),
        ("budgets:\n\t- a\n", 2, "cannot start any token"),
        ("a: &x [*x]\n", 1, "alias"),
        ("budgets: !!python/object/apply:os.system [ls]\n", 1, "could not determine a constructor"),
        (f"{'[' * 5000}{']' * 5000}", 1, ""),
        ("budgets: \x00", 1, ""),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(path: Path, text: str, line: int, complaint: str) -> None:
    path.write_text(text)
    with pytest.raises(InvalidPolicy) as refused:
        read_policy(path)
    assert f"line {line}: " in refused.value.message
    assert complaint in refused.value.message
    assert refused.value.remedy == "docs/how-to/ci.md describes the fields of a policy."


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(InvalidPolicy):
        read_policy(path)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(FileInaccessible, match=r"policy\.yaml"):
        read_policy(path)
