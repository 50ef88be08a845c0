"""The outcome of a gate as Markdown, for the summary of a job."""

from collections.abc import Iterable, Sequence

from app.gate.budgets import Checked
from app.gate.history import doubts_of, value_of
from app.gate.numbers import Change
from app.gate.outcome import GateOutcome, JudgedBudget, JudgedCase
from app.gate.ranks import RankChange, RankVerdict
from app.gate.verdicts import Confirmation, Verdict
from app.presentation.documents.markdown import plain
from app.presentation.wording.numbers import counted
from catalog.entities.measurements import Measurement
from catalog.entities.naming import label_of
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Status

_SIGNS = {Verdict.REGRESSED: "❌", Verdict.UNDECIDED: "❔", Verdict.SAME: "✅", Verdict.IMPROVED: "✅"}
_ORDER = (Verdict.REGRESSED, Verdict.UNDECIDED, Verdict.IMPROVED, Verdict.SAME)
_CONFIRMED = {
    Confirmation.ONCE: "",
    Confirmation.AGAIN: "measured again, and the change is of the mean of the new campaigns",
    Confirmation.IN_TURNS: "measured in turns",
}
_RANKS = {
    RankVerdict.SAME: "stays {before}",
    RankVerdict.TIED: "changes from {before} to {now}, and these two cannot be told apart",
    RankVerdict.LOST: "changes from {before} to {now}, because {before} became worse",
    RankVerdict.OVERTAKEN: "changes from {before} to {now}, because {now} is better or new",
    RankVerdict.UNDECIDED: "changes from {before} to {now}, within the errors of their numbers",
    RankVerdict.GAINED: "changes from nothing to {now}",
}


def gate_markdown(outcome: GateOutcome, *, strict: bool) -> str:
    """The outcome as a Markdown document."""
    lines = ["# Gate", "", f"**{headline(outcome, strict=strict)}**", ""]
    lines += [
        f"Baseline: {plain(outcome.baseline)}. Candidate: {plain(outcome.candidate)}.",
        "",
        *_cases(outcome.cases),
    ]
    lines += _section("Budgets", [budget_sentence(one) for one in outcome.budgets])
    lines += _section("Recommendations", [rank_sentence(one) for one in outcome.recommendations])
    lines += _section("What is different", differences(outcome))
    lines += _section("Notes", notes(outcome))
    return "\n".join(lines).rstrip() + "\n"


def headline(outcome: GateOutcome, *, strict: bool) -> str:
    """The answer in a sentence."""
    verdicts = [
        f"{sum(case.verdict is verdict for case in outcome.cases)} {verdict}"
        for verdict in (Verdict.REGRESSED, Verdict.UNDECIDED, Verdict.SAME, Verdict.IMPROVED)
    ]
    broken = sum(not budget.is_kept for budget in outcome.budgets)
    lost = sum(change.fails for change in outcome.recommendations)
    others = [f"{broken} of {len(outcome.budgets)} budgets broken"] if outcome.budgets else []
    if outcome.recommendations:
        others.append(f"{lost} of {len(outcome.recommendations)} recommendations lost")
    answer = "The gate passes" if outcome.passes(strict=strict) else "The gate fails"
    of_cases = verdicts if outcome.cases else ["nothing that the baseline has was measured again"]
    return f"{answer}: {', '.join([*of_cases, *others])}."


def worst_first(cases: Iterable[JudgedCase]) -> list[JudgedCase]:
    """The cases, those first that a reader must look at."""
    return sorted(cases, key=lambda case: _ORDER.index(case.verdict))


def case_title(measurement: Measurement) -> str:
    """A case in a few words."""
    workload = measurement.workload
    return f"{workload.architecture} {workload.input_size} px, {label_of(measurement.configuration)}"


def number_text(measurement: Measurement, metric: Metric, *, interval: bool = True) -> str:
    """A number, with its interval. A dash where there is none."""
    value = value_of(measurement, metric)
    if value is None or value.value is None:
        return "failed" if measurement.status is Status.FAILED else "-"
    if value.low is None or value.high is None or not interval:
        return metric.show(value.value)
    return f"{metric.show(value.value)} ({metric.show(value.low)} to {metric.show(value.high)})"


def change_text(change: Change | None) -> str:
    """How much slower a case is, with its interval. A dash where nothing is compared."""
    if change is None:
        return "-"
    low, high = change.interval
    return f"{change.share:+.1%} ({low:+.1%} to {high:+.1%})"


def remark(case: JudgedCase) -> str:
    """What else there is to say of a case."""
    doubts = sorted({str(doubt) for one in (case.pair.before, case.pair.now) for doubt in doubts_of(one)})
    parts = [_CONFIRMED[case.confirmation], case.why or "", ", ".join(doubts)]
    return "; ".join(part.rstrip(".") for part in parts if part)


def budget_sentence(budget: JudgedBudget) -> str:
    """Whether a budget is kept, and by which numbers not."""
    if budget.why is not None:
        return f"{budget.name}: not kept. {budget.why}"
    broken = [one for one in budget.checked if not one.is_kept]
    if not broken:
        return f"{budget.name}: kept by {counted(len(budget.checked), 'number')}."
    return f"{budget.name}: not kept. {' '.join(_broken(one, budget.confidence) for one in broken)}"


def rank_sentence(change: RankChange) -> str:
    """What became of a recommendation."""
    before = change.before.name if change.before else "nothing"
    now = change.now.name if change.now else "nothing"
    text = _RANKS[change.verdict].format(before=before, now=now)
    return f"{change.question}: the recommendation {text}."


def differences(outcome: GateOutcome) -> list[str]:
    """What of the environments and files differs, each with the number of its cases."""
    counts: dict[str, int] = {}
    for case in outcome.cases:
        for difference in case.pair.differences:
            counts[difference] = counts.get(difference, 0) + 1
    return [f"{text} ({counted(count, 'case')})." for text, count in sorted(counts.items())]


def notes(outcome: GateOutcome) -> list[str]:
    """What the reader must know beside the verdicts."""
    found = list(outcome.notes)
    if outcome.unchanged:
        were = "was" if outcome.unchanged == 1 else "were"
        found.append(f"{counted(outcome.unchanged, 'case')} of the baseline {were} not measured again.")
    if outcome.new:
        are_new = "cases are new" if outcome.new > 1 else "case is new"
        found.append(f"{outcome.new} {are_new}, so that nothing is known to compare with.")
    return found


def _broken(one: Checked, confidence: float | None) -> str:
    metric, limit = one.limit.metric, one.limit
    title = case_title(one.measurement)
    if one.value is None:
        return f"{title} has no {metric}."
    bounds = [
        f"{word} {metric.show(bound)}"
        for word, bound in (("at least", limit.at_least), ("at most", limit.at_most))
        if bound is not None
    ]
    sure = (
        ""
        if confidence is None
        else (f" The probability is {one.probability:.0%}, and {confidence:.0%} is asked for.")
    )
    number = number_text(one.measurement, metric) if metric is not Metric.SIZE_MB else _shown(one)
    return f"{title}: {metric} is {number} {metric.unit}, and may be {' and '.join(bounds)}.{sure}"


def _shown(one: Checked) -> str:
    return one.limit.metric.show(one.value.value) if one.value and one.value.value is not None else "-"


def _cases(cases: Sequence[JudgedCase]) -> list[str]:
    if not cases:
        return []
    lines = [
        "| verdict | case | baseline | candidate | slower by | remarks |",
        "| --- | --- | --: | --: | --: | --- |",
    ]
    lines += [
        f"| {_SIGNS[case.verdict]} {case.verdict} | {plain(case_title(case.pair.now))} "
        f"| {number_text(case.pair.before, case.pair.metric)} "
        f"| {number_text(case.pair.now, case.pair.metric)} | {change_text(case.change)} "
        f"| {plain(remark(case))} |"
        for case in worst_first(cases)
    ]
    return [
        *lines,
        "",
        "Numbers have their 95 % intervals. Latencies are in ms, throughputs in images/s.",
        "",
    ]


def _section(title: str, sentences: Iterable[str]) -> list[str]:
    found = list(sentences)
    return [f"## {title}", "", *(f"- {plain(sentence)}" for sentence in found), ""] if found else []
