"""Reads what an answer says of itself, and computes it again: its outcome, and what it did not look at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.words.metrics import Metric
from tests.oracle.budget import knows
from tests.oracle.search import Search
from tests.oracle.unmeasured import bounds_cost

COUNT = r"(?P<unbounded>No budget was given, so )?"
COUNT += r"(?P<fitting>\d+) of (?P<considered>\d+) candidates? on (?P<target>\S+) "
COUNT += r"(?(unbounded)(?:is|are) ranked|keeps? the budget), of (?P<architectures>\d+) architectures?\."
NO_KNEE = (
    " No candidate lies beyond the line between the ends of their frontier, so there is no knee. They are "
)
NO_KNEE += "ranked by their balance."
LIMIT = r"(?P<metric>\w+) at (?P<side>least|most) (?P<limit>[\d.]+)"


@dataclass(frozen=True)
class Said:
    """One answer, and the plain ranker's search."""

    answer: Mapping[str, Any]
    search: Search

    @property
    def target(self) -> str:
        return str(self.answer["target"])

    @property
    def candidates(self) -> str:
        """How many passed the filters, where."""
        return f"{counted(len(self.search.rows), 'candidate')} on {self.target}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def check_answer(said: Said) -> list[str]:
    """What is wrong with the explanation and with what was not considered. Empty where all is true."""
    explanation = said.answer["explanation"]
    wrong = [
        f"{explanation['text']!r}: {fault}"
        for fault in OUTCOMES[said.answer["outcome"]](said, explanation["text"])
    ]
    wrong += [f"{explanation.get('remedy')!r}: {fault}" for fault in _remedy(said, explanation.get("remedy"))]
    rest = said.answer["not_considered"]
    wrong += [f"{rest['text']!r}: {fault}" for fault in _not_considered(said, rest)]
    for one in rest["promising"]:
        wrong += [f"{one['text']!r}: {fault}" for fault in _promising(said, one)]
    return wrong


def _counts(said: Said, text: str, rest: str = "") -> Iterator[str]:
    match = re.fullmatch(COUNT + rest, text)
    if match is None:
        yield "no template reads it"
        return
    fitting = said.search.fitting
    counts = len(fitting), len(said.search.rows), len({row.architecture for row in fitting})
    if tuple(map(int, match.group("fitting", "considered", "architectures"))) != counts:
        yield f"the counts are {counts}"
    if match["target"] != said.target:
        yield "another target"
    if bool(match["unbounded"]) is bool(said.search.budget):
        yield "it speaks of a budget that was not given, or of none"


def _fits(said: Said, text: str) -> Iterator[str]:
    yield from _counts(said, text)


def _no_knee(said: Said, text: str) -> Iterator[str]:
    yield from _counts(said, text, re.escape(NO_KNEE))


def _objective_unknown(said: Said, text: str) -> Iterator[str]:
    lacked = [
        metric
        for metric in said.answer["weights"]
        if not any(metric in row.values for row in said.search.fitting)
    ]
    names = " and ".join(lacked or said.answer["weights"])
    yield from _counts(said, text, rf" The {names} of none of them is known, so none is the best\.")


def _filtered_out(said: Said, text: str) -> Iterator[str]:
    blamed = said.answer["explanation"]["instead"]
    others = " that passes the other filters" if len(said.answer["filters"]) > len(blamed) else ""
    start = (
        f"No candidate on {said.target}{others} has "
        if blamed
        else f"The catalog holds no candidate on {said.target}."
    )
    if not text.startswith(start) or said.search.rows:
        yield "it is not what the filters did"
    for values in blamed.values():
        if any(str(value) not in text for value in values):
            yield "it does not name what exists"


def _all_unknown(said: Said, text: str) -> Iterator[str]:
    lacking = {metric: said.search.unknown(metric) for metric in said.search.budget}
    everybody = [metric for metric, count in lacking.items() if count == len(said.search.usable)]
    named = everybody or [metric for metric, count in lacking.items() if count]
    parts = " and ".join(
        f"the {metric} of {'each' if metric in everybody else lacking[metric]} of them" for metric in named
    )
    are = "is" if len(named) == 1 else "are"
    expected = f"None of {said.candidates} can be judged: {parts} {are} unknown."
    if text != expected:
        yield f"it should be {expected!r}"


def _all_failed(said: Said, text: str) -> Iterator[str]:
    if not re.match(
        rf"Each measurement of {len(said.search.rows)} candidates? on {said.target} failed: ", text
    ):
        yield "no template reads it"
    counted = sum(map(int, re.findall(r"\w+ \((\d+)\)", text)))
    if counted != len(said.search.rows):
        yield f"{counted} failures are counted"


def _all_exceed(said: Said, text: str) -> Iterator[str]:
    search = said.search
    undecided = sum(not search.outside[number] for number in search.misses)
    failed = len(search.rows) - len(search.usable)
    usable = [search.rows[number] for number in search.usable]
    lacked = [metric for metric in search.budget if not any(metric in row.values for row in usable)]
    expected = f"None of {said.candidates} keeps the budget."
    if undecided == 1:
        expected += " 1 of them breaks no bound that can be judged, and lacks a bounded number."
    elif undecided:
        expected += f" {undecided} of them break no bound that can be judged, and lack a bounded number."
    if failed:
        expected += f" The measurement of {failed} failed."
    if lacked:
        expected += f" The {' and '.join(lacked)} of none of them is known."
    if text != expected:
        yield f"it should be {expected!r}"


OUTCOMES = {
    "fits": _fits,
    "no_knee": _no_knee,
    "objective_unknown": _objective_unknown,
    "filtered_out": _filtered_out,
    "all_unknown": _all_unknown,
    "all_failed": _all_failed,
    "all_exceed": _all_exceed,
}


def _remedy(said: Said, text: str | None) -> Iterator[str]:
    """A remedy that changes bounds names those of the smallest change, rounded so that they still admit."""
    fewest = said.answer.get("fewest_relaxation")
    if said.answer["outcome"] != "all_exceed" or text is None:
        return
    if fewest is None:
        in_full = any(knows(said.search.rows[number], said.search.budget) for number in said.search.usable)
        if in_full and not text.startswith("Bound something else"):
            yield "it names no change"
        return
    if not text.startswith("Allow ") or not text.endswith(f" That admits {fewest['admits']}."):
        yield "no template reads it"
    found = {(match["metric"], match["side"]): float(match["limit"]) for match in re.finditer(LIMIT, text)}
    expected = {
        (metric, {"min": "least", "max": "most"}[side]): limit
        for metric in fewest["metrics"]
        for side, limit in fewest["budget"][metric].items()
    }
    if found.keys() != expected.keys():
        yield f"the changes are {expected}"
        return
    for key, limit in expected.items():
        sign, step = (1 if key[1] == "most" else -1), 10.0 ** -Metric(key[0]).decimals_of(limit)
        if (
            limit < 1e15
            and not -1e-9 * limit <= sign * (found[key] - limit) <= step * (1 + 1e-6) + 1e-9 * limit
        ):
            yield f"{key} is {limit}"


def _not_considered(said: Said, rest: Mapping[str, Any]) -> Iterator[str]:
    counts = said.answer["architectures"]
    text = (
        f"{counts['considered']} of {counts['known']} known architectures were considered, and "
        f"{counts['on_target']} have a number on {said.target}."
    )
    left = rest["text"].removeprefix(text).strip()
    if counts["considered"] == counts["known"]:
        expected = ""
    elif not rest["bounded"] and counts["on_target"] == counts["known"]:
        rest_of_all = counts["known"] - counts["considered"]
        expected = (
            rf"The filters left out the other {rest_of_all}\."
            if said.answer["filters"]
            else rf"The other {rest_of_all} are networks that timm made for its own tests\."
        )
    elif not rest["bounded"]:
        expected = r"No published speed of other hardware of its class says how fast the others would be\."
        if said.answer["filters"]:
            expected += (
                r"|The filters left out all others whose speed published runs of other hardware bound\."
            )
    else:
        expected = _bounded(said, rest)
    if not rest["text"].startswith(text) or not re.fullmatch(expected, left):
        yield f"it should be {text!r} and {expected!r}"
    if "Nothing bounds" in left and bounds_cost(said.search.budget):
        yield "a cost is bounded"


NAMELESS = r"Nothing bounds what a network may cost, so none of \d+ others is named\. "
DEARER = (
    r"Nothing bounds what a network may cost\. \d+ others? (is|are) better than \S+ and probably slower\. "
)
BOUND = r"Bound \w+ or another cost to learn which of them to measure\."


def _bounded(said: Said, rest: Mapping[str, Any]) -> str:
    """What can be said where bounds of others are known, as a pattern."""
    shown = said.answer["recommendations"]
    first = "fit"
    if shown:
        winner = re.escape(shown[0].get("checkpoint") or shown[0]["architecture"])
        first = f"(fit and rank before {winner}|be better than {winner} and not slower)"
    others = counted(rest["bounded"], "other")
    if rest["promising"]:
        sources = " and ".join(dict.fromkeys(one["basis"]["target"] for one in rest["promising"]))
        bounds = (
            f"{sources}, {rest['promising_count']} of {others} would probably {first}\\. None of them was "
        )
        bounds += r"measured here\."
    else:
        none = "not even the only other" if rest["bounded"] == 1 else f"none of {others}"
        bounds = f"other hardware, {none} would probably {first}\\."
    return f"({DEARER}{BOUND} )?By bounds from published speeds of {bounds}|{NAMELESS}{BOUND}"


def _promising(said: Said, one: Mapping[str, Any]) -> Iterator[str]:
    name = one.get("checkpoint") or one["architecture"]
    start = f"{name} at {one['input_size']} px: "
    if not one["text"].startswith(start):
        yield "it is called otherwise"
    numbers = re.findall(r"(\w+) ([\d.]+)(?: to ([\d.]+))? \S+", one["text"].removeprefix(start))
    for metric, low, high in numbers:
        number = one["metrics"].get(metric)
        if number is None:
            continue
        ends = (number["low"], number["high"]) if high else (number["value"],)
        if tuple(Metric(metric).show(end) for end in ends) != ((low, high) if high else (low,)):
            yield f"{metric} is {number}"
    unknown = f" Its {' and '.join(one['unjudged'])} is unknown."
    if bool(one["unjudged"]) is not one["text"].endswith(unknown):
        yield "it does not say what is unknown"
    kept = re.search(r"keeps the budget(, as far as it can be judged)?: (>99|<1|\d+) %\.", one["text"])
    if bool(said.search.budget) is not (kept is not None):
        yield "it does not say whether it keeps the budget"
    if kept and kept[2].isdigit() and abs(int(kept[2]) / 100 - one["fit_probability"]) > 0.005 + 1e-9:
        yield f"the probability is {one['fit_probability']}"
