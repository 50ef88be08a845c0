"""Reads the sentences of an answer's reasons, and computes each of them again from the numbers beside it.

A sentence that no template reads is an error: each template that exists has a check here.
"""

import re
from collections.abc import Callable, Sequence
from math import isclose

from catalog.entities.naming import in_words
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric, Subject
from catalog.words.vocabulary import Provenance
from tests.oracle.order import differs, dominators
from tests.oracle.reasons import Reasons, counted, name_beside
from tests.oracle.rows import Row
from tests.oracle.ties import qualities, recommendation

Check = Callable[[Reasons, int, re.Match[str]], bool]


def check_reasons(reasons: Reasons) -> list[str]:
    """What is wrong with the sentences of the answer's reasons. Empty where all are true."""
    wrong = []
    for position, one in enumerate(reasons.answer["recommendations"]):
        for sentence in one["reasons"]:
            read = [
                (match, check) for pattern, check in TEMPLATES if (match := re.fullmatch(pattern, sentence))
            ]
            if not read:
                wrong.append(f"{position}: no template reads {sentence!r}")
            elif not read[0][1](reasons, position, read[0][0]):
                wrong.append(f"{position}: {sentence!r} is not true")
        wrong += [f"{position}: {missing}" for missing in _missing(reasons, position)]
    return wrong


def _missing(reasons: Reasons, position: int) -> list[str]:
    """Sentences that a row must have."""
    one, row = reasons.answer["recommendations"][position], reasons.shown[position]
    text, missing = " ".join(one["reasons"]), []
    if row.provenance is Provenance.PUBLISHED and "published, not measured" not in text:
        missing.append("a published speed is not called one")
    if "Tied with" in text and "Dominated" in text:
        missing.append("too close to tell, and dominated")
    if one["dominators"] and not one["shares_rank_with"] and "Dominated" not in text:
        missing.append("dominated, and not said to be")
    return missing


def _only(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    lacked = [metric for metric in reasons.objective if metric not in reasons.shown[0].values]
    return (
        match["by"] == reasons.by
        and (match["within"] or "") == reasons.within
        and reasons.count == 1
        and (match["lacks"] in lacked if lacked else match["lacks"] is None)
    )


def _nobody_knows(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    known = any(match["metric"] in row.values for row in reasons.search.fitting)
    within = (match["within"] or "") == reasons.within
    return match["by"] == reasons.by and within and not known and match["metric"] in reasons.objective


def _unknown(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    metric = match["metric"]
    mine = metric not in reasons.shown[position].values and match["again"] == metric
    return mine and any(metric in row.values for row in reasons.search.fitting) and match["by"] == reasons.by


def _placed(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    one = reasons.answer["recommendations"][position]
    superlative = reasons.superlative(one["rank"])
    shared, knee = one["shares_rank_with"], reasons.answer["outcome"] == "no_knee"
    leads = position == min(
        place for place, other in enumerate(reasons.answer["recommendations"]) if other["rank"] == one["rank"]
    )
    return (
        leads
        and match["superlative"] == superlative[0].upper() + superlative[1:]
        and (match["tied"] == counted(shared) if shared else match["tied"] is None)
        and bool(match["knee"]) is knee
    )


def _tied(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    one = reasons.answer["recommendations"][position]
    leader = next(
        row
        for row, other in zip(reasons.shown, reasons.answer["recommendations"], strict=True)
        if other["rank"] == one["rank"]
    )
    named = (
        f"{name_beside(leader, reasons.shown[position])}, {reasons.which} {reasons.superlative(one['rank'])}"
    )
    return match["leader"] == named and leader is not reasons.shown[position] and one["shares_rank_with"] > 0


def _title_is_true(reasons: Reasons, title: str, row: Row, among: Sequence[Row]) -> bool:
    """Whether a title is that of `row` alone, by more than the error."""
    found = [quality for quality in qualities(reasons, among) if quality.title == title]
    return [quality.best for quality in found] == [[row]]


def _titles(text: str) -> list[str]:
    return text.split(" and the ")


def _titled(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    count = reasons.answer["recommendations"][position]["shares_rank_with"] + 1
    tied, row = reasons.tied(position), reasons.shown[position]
    if {match["count"], match["tied"]} - {None, str(count)}:
        return False
    if tied is None:
        return True
    titles = _titles(match["titles"]) if match["titles"] else []
    return all(_title_is_true(reasons, title, row, tied) for title in titles) and (
        match["name"] is None or (row is tied[0] and _is_recommended(reasons, match["name"], tied))
    )


def _is_recommended(reasons: Reasons, name: str, tied: Sequence[Row]) -> bool:
    """Whether the row of this name is the one that says of itself that it is recommended."""
    recommended = [
        row
        for row, one in zip(reasons.shown, reasons.answer["recommendations"], strict=True)
        if row in tied and any(sentence.startswith("Recommended of the") for sentence in one["reasons"])
    ]
    return [name_beside(row, tied[0]) for row in recommended] == [name]


def _recommended(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    one, row = reasons.answer["recommendations"][position], reasons.shown[position]
    tied = reasons.tied(position)
    if tied is None or int(match["count"]) != len(tied):
        return tied is None and match["count"] == str(one["shares_rank_with"] + 1)
    also = _titles(match["also"]) if match["also"] else []
    return recommendation(reasons, tied) == (row, match["why"]) and all(
        _title_is_true(reasons, title, row, tied) for title in also
    )


def _speed_to_winner(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    winner, row = reasons.shown[0], reasons.shown[position]
    ratio = reasons.time(row) / reasons.time(winner)
    if bool(match["train"]) is not reasons.training or match["name"] != name_beside(winner, row):
        return False
    if not reasons.apart(row, winner):
        return match["said"] == "As fast" and bool(match["error"])
    if ratio > 2:
        return match["said"] == f"{ratio:.1f} times as slow"
    if ratio > 1:
        return match["said"] == f"{ratio - 1:.0%} slower"
    return match["said"] == (
        f"{1 / ratio - 1:.0%} faster" if ratio > 0.5 else f"{1 / ratio:.1f} times as fast"
    )


def _accuracy_to_fastest(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    row = reasons.shown[position]
    if bool(match["train"]) is not reasons.training:
        return False
    if reasons.rows is None:
        return True
    least = min(map(reasons.time, reasons.rows))
    fastest = [other for other in reasons.rows if reasons.time(other) == least]
    for other in fastest:
        if match["name"] == name_beside(other, row) and reasons.apart(row, other):
            gain = row.values["top1"] - other.values["top1"]
            if not differs(row, other, Metric.TOP1):
                return match["points"] is None
            more = "more" if gain > 0 else "less"
            return (match["points"], match["more"]) == (f"{abs(gain):.1f}", more)
    return False


def _enlarged(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    one = reasons.answer["recommendations"][position]
    return match["size"] == str(one["input_size"]) and match["times"] == f"{one['enlargement']:.1f}"


def _shrunk(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    one = reasons.answer["recommendations"][position]
    return match["size"] == str(one["input_size"]) and match["times"] == f"{one['shrinkage']:.1f}"


def _dominated(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    one, row = reasons.answer["recommendations"][position], reasons.shown[position]
    others = int(match["others"] or 0)
    if one["dominators"] != others + 1 or one["on_frontier"]:
        return False
    rivals = dominators(row, reasons.search.fitting, reasons.metrics) or []
    named = [rival for rival in reasons.search.fitting if name_beside(rival, row) == match["name"]]
    architectures = {rival.architecture for rival in rivals}
    return len(rivals) == others + 1 and any(rival.architecture in architectures for rival in named)


def _published(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    row = reasons.shown[position]
    if match["training"]:
        return row.training_provenance is Provenance.PUBLISHED is not row.provenance
    return row.provenance is Provenance.PUBLISHED


def _estimated(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    asked = [metric for metric in reasons.metrics if Metric(metric).subject is Subject.CASE]
    row = reasons.shown[position]
    estimated = [
        metric
        for metric in asked or ["latency_ms"]
        if metric in row.values and row.provenance_of(metric) is Provenance.ESTIMATED
    ]
    return match["metrics"] == ", ".join(estimated)


def _trained(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    row, metric = reasons.shown[position], Metric.TRAIN_THROUGHPUT_IPS
    run = row.training_configuration
    speed = row.values.get(metric)
    at = None if speed is None else f"{metric.show(speed)} {metric.unit}"
    return run is not None and match["at"] == at and match["by"] == in_words(run, without=["scenario"])


def _quickly(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    metric = Metric(match["metric"])
    number = reasons.answer["recommendations"][position]["metrics"][metric]
    ends = (metric.show(number["low"]), metric.show(number["high"]))
    level = isclose(float(match["level"]) / 100, number["level"])
    return (match["low"], match["high"]) == ends and level and Doubt.IMPRECISE in number["doubts"]


def _doubtful(reasons: Reasons, position: int, match: re.Match[str]) -> bool:
    doubts = {doubt for number in reasons.answer["recommendations"][position]["metrics"].values()
              for doubt in number["doubts"]}  # fmt: skip
    row = reasons.shown[position]
    return match["meaning"] in {Doubt(doubt).meaning for doubt in {*doubts, *row.doubts}}


BY = "(?P<by>architecture|checkpoint|configuration)"
TEMPLATES: Sequence[tuple[str, Check]] = [
    (rf"The only {BY}(?P<within> within the budget)?\.( Its (?P<lacks>\w+) is unknown\.)?", _only),
    (rf"The (?P<metric>\w+) of every {BY}(?P<within> within the budget)? is unknown\.", _nobody_knows),
    (rf"Its (?P<metric>\w+) is unknown, so it ranks behind {BY}s whose (?P<again>\w+) is known\.", _unknown),
    (
        r"(?P<superlative>[A-Z0-9].* of (the )?\d+ \w+s(?: within the budget)?( whose .+? is known)?)"
        r"(, tied with (?P<tied>\d+ others?): the difference is within the error)?"
        r"(?P<knee>\. There is no knee: nothing lies beyond the line between the ends of the frontier)?\.",
        _placed,
    ),
    (r"Tied with (?P<leader>.+): the difference is within the error\.", _tied),
    (
        r"(It is the (?P<titles>.+) of the (?P<count>\d+) tied\.)?"
        r"( ?Of the (?P<tied>\d+) tied, (?P<name>.+) is recommended\.)?",
        _titled,
    ),
    (
        r"Recommended of the (?P<count>\d+) tied, because (?P<why>[^.]+)\.( It is also the (?P<also>.+)\.)?",
        _recommended,
    ),
    (
        r"(?P<said>As fast|[\d.]+ times as (?:slow|fast)|\d+% (?:slower|faster))(?P<train> to train)? "
        r"(?:as|than) the first, (?P<name>.+?)(?P<error>, within the error)?\.",
        _speed_to_winner,
    ),
    (
        r"(As accurate as|(?P<points>\d+\.\d) points (?P<more>more|less) accurate than) the fastest"
        r"(?P<train> to train)?, (?P<name>.+?)(, within the error)?\.",
        _accuracy_to_fastest,
    ),
    (
        r"Its input of (?P<size>\d+) px enlarges your images (?P<times>[\d.]+) times, which costs time and "
        r"adds no detail\. Its weights expect that size: compare it with smaller ones on your images\.",
        _enlarged,
    ),
    (
        r"Its input of (?P<size>\d+) px shrinks your images (?P<times>[\d.]+) times, which loses detail\.",
        _shrunk,
    ),
    (r"Dominated by (?P<name>.+?)( and (?P<others>\d+) others?)?\.", _dominated),
    (r"Its (?P<training>training )?speed was published, not measured here\.", _published),
    (r"Estimated, not measured: (?P<metrics>.+)\.", _estimated),
    (r"Trained( at (?P<at>.+?))? by (?P<by>.+)\.", _trained),
    (
        r"Measured quickly: its (?P<metric>\w+) lies between (?P<low>[\d.]+) and (?P<high>[\d.]+) \S+ "
        r"\((?P<level>[\d.]+) % interval\)\.",
        _quickly,
    ),
    (r"Doubtful measurement: (?P<meaning>.+)", _doubtful),
]
