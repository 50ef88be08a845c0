"""The outcome of a gate as JUnit XML, which CI systems show as tests."""

from xml.etree import ElementTree as ET

from app.gate.outcome import GateOutcome, JudgedCase
from app.gate.verdicts import Verdict
from app.presentation.documents.gate_markdown import (
    budget_sentence,
    case_title,
    change_text,
    number_text,
    rank_sentence,
    remark,
)
from catalog.words.texts import visible


def gate_junit(outcome: GateOutcome, *, strict: bool) -> str:
    """A test for each case, budget and recommendation. An undecided case is skipped, or fails if `strict`."""
    root = ET.Element("testsuites", name="archrank gate")
    suites = {
        "cases": [_case(case, strict=strict) for case in outcome.cases],
        "budgets": [
            _test(budget.name, None if budget.is_kept else budget_sentence(budget))
            for budget in outcome.budgets
        ],
        "recommendations": [
            _test(change.question, rank_sentence(change) if change.fails else None)
            for change in outcome.recommendations
        ],
    }
    for name, tests in suites.items():
        if tests:
            suite = ET.SubElement(root, "testsuite", {"name": f"archrank gate: {name}", **_counts(tests)})
            suite.extend(tests)
    for name, count in _counts([test for tests in suites.values() for test in tests]).items():
        root.set(name, count)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(case: JudgedCase, *, strict: bool) -> ET.Element:
    metric = case.pair.metric
    text = visible(
        f"{case.verdict}: {number_text(case.pair.before, metric)} before and "
        f"{number_text(case.pair.now, metric)} {metric.unit} now, slower by {change_text(case.change)}. "
        f"{remark(case)}"
    ).strip()
    failed = case.verdict is Verdict.REGRESSED or (strict and case.verdict is Verdict.UNDECIDED)
    test = _test(case_title(case.pair.now), text if failed else None)
    test.set("classname", visible(case.pair.now.target.id))
    if case.verdict is Verdict.UNDECIDED and not failed:
        ET.SubElement(test, "skipped", message=text)
    ET.SubElement(test, "system-out").text = text
    return test


def _test(name: str, failure: str | None) -> ET.Element:
    test = ET.Element("testcase", name=visible(name), classname="archrank gate", time="0")
    if failure is not None:
        ET.SubElement(test, "failure", message=visible(failure))
    return test


def _counts(tests: list[ET.Element]) -> dict[str, str]:
    return {
        "tests": str(len(tests)),
        "failures": str(sum(test.find("failure") is not None for test in tests)),
        "errors": "0",
        "skipped": str(sum(test.find("skipped") is not None for test in tests)),
        "time": "0",
    }
