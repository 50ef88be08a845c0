"""What was measured, as Markdown with a table and a picture.

The summary of a job on GitHub shows Markdown and diagrams of Mermaid. It shows no picture that is not on a
server, so the picture is a diagram.
"""

from collections.abc import Sequence

from app.gate.history import doubts_of, speed_metric, value_of
from app.gate.measured import Report, ReportedCase
from app.presentation.documents.gate_markdown import case_title, change_text, number_text
from app.presentation.documents.markdown import plain
from app.presentation.wording.numbers import counted
from catalog.entities.measurements import Failure
from catalog.entities.naming import label_of
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric

# More bars cannot be told apart on a page, nor can their names be read.
_MOST_BARS = 16
_LINE = "The bars are the new numbers, the line is the last time. At a new case it meets the bar."
_NO_LINE = "No case was measured before."
UNITS = (
    "Numbers have their 95 % intervals: latencies in ms, throughputs in images/s. A change is how much "
    "slower the case is than the last time it was measured."
)


def measured_markdown(report: Report) -> str:
    """The report as a Markdown document."""
    lines = ["# What was measured", "", plain(measured_sentence(report)), ""]
    if report.cases:
        lines += [
            "| case | number | change | doubts | measured |",
            "| --- | --: | --: | --- | --- |",
            *map(_row, report.cases),
            "",
            plain(UNITS),
            "",
            *_picture(report.cases),
            *_doubts(report.cases),
        ]
    return "\n".join(lines).rstrip() + "\n"


def measured_sentence(report: Report) -> str:
    """How much was measured where."""
    if not report.cases:
        return report.emptiness
    failed = sum(isinstance(case.now.outcome, Failure) for case in report.cases)
    failures = f" {failed} of the cases failed." if failed else ""
    count = counted(len(report.cases), "case")
    return f"{count} on {', '.join(report.targets)}, from {report.source}.{failures}"


def last_change_text(case: ReportedCase) -> str:
    """How much slower a case is than the last time. A word where nothing can be compared."""
    return "new" if case.pair is None else change_text(case.change)


def doubts_text(case: ReportedCase) -> str:
    """The names of the doubts, or the reason of a failure."""
    if isinstance(case.now.outcome, Failure):
        return str(case.now.outcome.reason)
    return ", ".join(sorted(doubts_of(case.now)))


def _row(case: ReportedCase) -> str:
    number = number_text(case.now, speed_metric(case.now.configuration))
    return (
        f"| {plain(case_title(case.now))} | {number} | {last_change_text(case)} "
        f"| {plain(doubts_text(case))} | {case.now.measured_at:%Y-%m-%d %H:%M} |"
    )


def _picture(cases: Sequence[ReportedCase]) -> list[str]:
    """A diagram of the latencies, with those of the last time as a line. Empty where there are none."""
    latencies = [
        (case, value.value)
        for case in cases
        if (value := value_of(case.now, Metric.LATENCY_MS)) is not None and value.value is not None
    ]
    if not latencies:
        return []
    shown = sorted(latencies, key=lambda pair: pair[1])[:_MOST_BARS]
    names = [
        f'"{case.now.workload.architecture} {label_of(case.now.configuration)}"'.replace("\\", "")
        for case, _ in shown
    ]
    # A line needs a place at every bar. Where no case has a last time, there is none to draw.
    has_line = any(_last_time(case) is not None for case, _ in shown)
    before = [_last_time(case) or latency for case, latency in shown] if has_line else []
    most = max([*before, *(latency for _, latency in shown)])
    rest = f" The {_MOST_BARS} fastest of {len(latencies)} cases." if len(latencies) > _MOST_BARS else ""
    return [
        "```mermaid",
        "xychart-beta horizontal",
        '    title "Latency while the machine is quiet"',
        f"    x-axis [{', '.join(names)}]",
        f'    y-axis "ms" 0 --> {1.05 * most:.4g}',
        f"    bar [{', '.join(f'{latency:.4g}' for _, latency in shown)}]",
        *([f"    line [{', '.join(f'{latency:.4g}' for latency in before)}]"] if before else []),
        "```",
        "",
        f"{_LINE if before else _NO_LINE}{rest}",
        "",
    ]


def _last_time(case: ReportedCase) -> float | None:
    """The latency of the last time. None where there was none."""
    value = value_of(case.pair.before, Metric.LATENCY_MS) if case.pair else None
    return None if value is None else value.value


def _doubts(cases: Sequence[ReportedCase]) -> list[str]:
    """What each doubt means, once."""
    held: set[Doubt] = {doubt for case in cases for doubt in doubts_of(case.now)}
    return (
        ["## Doubts", "", *(f"- `{doubt}`: {plain(doubt.meaning)}" for doubt in sorted(held))] if held else []
    )
