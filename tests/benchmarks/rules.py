"""What the usual ways to choose a backbone cost, on every published target: `make bench-rules`.

python tests/benchmarks/rules.py [--report docs/bench-rules.md --picture docs/bench-rules.svg]

A budget is a bound on speed (latency on the CPU, throughput on GPUs); 19 of them split the candidates of a
target evenly. Each rule chooses once for each budget, from what it looks at; archrank's own answer is the
exhaustive one, asked through `app.recommend`. A choice that misses the budget is broken; one that keeps it
loses the difference in top-1 to the exhaustive answer.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median

import numpy as np

from app.questions.answers.recommend import recommend
from app.questions.asking.question import ConfigurationFilter, Question
from app.questions.candidates.held_candidates import CandidateCache
from app.ranking.budget.budget import Bound, Budget
from catalog.candidates.category import Bools, Floats, Ints
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Configuration
from catalog.opening import open_catalog
from catalog.reference.texts.families import families_of
from catalog.storage.database import Catalog
from catalog.words.metrics import Direction, Metric
from catalog.words.vocabulary import Device, Layout, Precision, Scenario

Run = tuple[Precision, Layout, bool]

_SAFE = 0.95
_QUANTILES = np.linspace(0.05, 0.95, 19)
_GPU_FAMILIES = ("resnest",)
_CPU_FAMILIES = ("efficientnet",)
_SMALL_FAMILIES = ("mobilenetv3", "mobilenet_v2", "mobilenet_v1", "mnasnet")


@dataclass(frozen=True)
class Field:
    """The candidates of one configuration of a target, with what rules look at."""

    target: str
    configuration: Configuration
    speed: Metric
    columns: CandidateColumns
    years: Ints
    families: Sequence[frozenset[str]]

    def values(self, metric: Metric) -> Floats:
        return self.columns.metrics[metric].value

    def within(self, budget: float) -> Bools:
        speed = self.values(self.speed)
        return speed <= budget if self.speed.direction is Direction.LOWER else speed >= budget

    def proxy_limit(self, proxy: Metric, budget: float) -> float:
        """The value of `proxy` at which a line fitted to this very target's candidates, on log scales,
        predicts the budget: kinder than a rule of thumb can be."""
        slope, offset = np.polyfit(np.log(self.values(proxy)), np.log(self.values(self.speed)), 1)
        return float(np.exp((np.log(budget) - offset) / slope))

    def safe_limit(self, proxy: Metric, budget: float) -> float:
        """The largest value of `proxy` up to which 95 % of this target's candidates keep the budget; -inf
        where there is none."""
        values, kept = self.values(proxy), self.within(budget)
        order = np.argsort(values, kind="stable")
        share = np.cumsum(kept[order]) / np.arange(1, len(order) + 1)
        safe = np.flatnonzero(share >= _SAFE)
        return float(values[order][safe[-1]]) if len(safe) else -np.inf


Rule = Callable[[Field, float], int | None]


def within_proxy(proxy: Metric) -> Rule:
    """The most accurate network within a budget of `proxy`."""
    return lambda field, budget: _most_accurate(field, _affordable(field, proxy, budget))


def within_safe_proxy(proxy: Metric) -> Rule:
    """The same, within a budget of `proxy` that nearly all below it keep."""
    return lambda field, budget: _most_accurate(field, field.values(proxy) <= field.safe_limit(proxy, budget))


def newest(field: Field, budget: float) -> int | None:
    """The most accurate of the newest year within the MACs budget."""
    affordable = _affordable(field, Metric.GMACS, budget)
    if not affordable.any():
        return None
    return _most_accurate(field, affordable & (field.years == field.years[affordable].max()))


def blogs(field: Field, budget: float) -> int | None:
    """ResNeSt on a GPU, EfficientNet without, MobileNet or MNASNet where the MACs budget is too small."""
    affordable = _affordable(field, Metric.GMACS, budget)
    advised = _GPU_FAMILIES if field.configuration.device is Device.CUDA else _CPU_FAMILIES
    for names in (advised, _SMALL_FAMILIES):
        of_family = np.array([bool(one & set(names)) for one in field.families], dtype=np.bool_)
        if (affordable & of_family).any():
            return _most_accurate(field, affordable & of_family)
    return None


def default_b4(field: Field, _budget: float) -> int | None:
    """EfficientNet-B4 always."""
    return _most_accurate(field, field.columns.architecture.mask(lambda name: name == "efficientnet_b4"))


RULES: dict[str, Rule] = {
    "most accurate within a MACs budget": within_proxy(Metric.GMACS),
    "most accurate within a MACs budget that 95 % keep": within_safe_proxy(Metric.GMACS),
    "most accurate within a parameter budget": within_proxy(Metric.PARAMS_M),
    "most accurate within a parameter budget that 95 % keep": within_safe_proxy(Metric.PARAMS_M),
    "newest within a MACs budget": newest,
    "blog posts: ResNeSt on GPU, EfficientNet on CPU, MobileNet or MNASNet when small": blogs,
    "EfficientNet-B4 by default": default_b4,
}


@dataclass(frozen=True)
class Outcome:
    """What a rule did on a target: choices by budget, `lost` top-1 points where it kept the budget."""

    target: str
    rule: str
    budgets: int
    broken: int
    without_choice: int
    lost: tuple[float, ...]


def outcomes(catalog: Catalog) -> Iterator[Outcome]:
    """Every rule on every configuration of every published target."""
    candidates = CandidateCache()
    for field in fields(catalog, candidates):
        speeds = np.quantile(field.values(field.speed), _QUANTILES)
        best = [exhaustive(catalog, candidates, field, float(speed)) for speed in speeds]
        for name, rule in RULES.items():
            chosen = [rule(field, float(speed)) for speed in speeds]
            kept = [
                best_top1 - float(field.values(Metric.TOP1)[row])
                for row, speed, best_top1 in zip(chosen, speeds, best, strict=True)
                if row is not None and field.within(float(speed))[row]
            ]
            missing = sum(row is None for row in chosen)
            yield Outcome(
                field.target, name, len(speeds), len(speeds) - len(kept) - missing, missing, tuple(kept)
            )


def fields(catalog: Catalog, candidates: CandidateCache) -> Iterator[Field]:
    """One field for each configuration of each published target that serves inference."""
    for target in ("i9-10940x", "rtx-3090", "rtx-4090", "rtx-pro-6000-max-q"):
        with catalog.read() as session:
            columns = candidates.columns(session, target)
        for run in dict.fromkeys(_run(one) for one in columns.configuration.values if _serves(one)):
            same = columns.configuration.mask(partial(_serves_as, run))
            speed = Metric.LATENCY_MS if target == "i9-10940x" else Metric.THROUGHPUT_IPS
            known = ~np.isnan(columns.metrics[Metric.TOP1].value) & ~np.isnan(columns.metrics[speed].value)
            rows = np.flatnonzero(same & known)
            taken = columns.take(rows)
            described = [
                families_of(name, module)
                for name, module in zip(taken.architecture, taken.family, strict=True)
            ]
            yield Field(
                target=target,
                configuration=taken.configuration[0],
                speed=speed,
                columns=taken,
                years=np.array([one[0].year for one in described], dtype=np.int64),
                families=[frozenset(family.slug for family in one) for one in described],
            )


def exhaustive(catalog: Catalog, candidates: CandidateCache, field: Field, budget: float) -> float:
    """The top-1 of archrank's answer."""
    lower = field.speed.direction is Direction.LOWER
    run = field.configuration
    answer = recommend(
        catalog,
        Question(
            target=field.target,
            budget=Budget((Bound(field.speed, None if lower else budget, budget if lower else None),)),
            configuration=ConfigurationFilter(
                precision=(run.precision,),
                layout=(run.layout,),
                scenario=(Scenario.SINGLE_STREAM,),
                compiled=(run.compiled,),
            ),
            limit=1,
        ),
        candidates,
    )
    return float(answer.columns.metrics[Metric.TOP1].value[answer.recommendations[0].row])


def _serves(one: Configuration) -> bool:
    return one.scenario is not Scenario.TRAINING


def _run(one: Configuration) -> Run:
    return one.precision, one.layout, one.compiled


def _serves_as(run: Run, one: Configuration) -> bool:
    return _serves(one) and _run(one) == run


def _affordable(field: Field, proxy: Metric, budget: float) -> Bools:
    return field.values(proxy) <= field.proxy_limit(proxy, budget)


def _most_accurate(field: Field, among: Bools) -> int | None:
    rows = np.flatnonzero(among)
    return int(rows[np.argmax(field.values(Metric.TOP1)[rows])]) if len(rows) else None


def slowdowns(catalog: Catalog) -> Iterator[tuple[str, str, float]]:
    """The other objective, the fastest that is accurate enough: (target, rule, how many times slower than the
    fastest is what has the smallest proxy) for 19 bounds on top-1."""
    for field in fields(catalog, CandidateCache()):
        top1 = field.values(Metric.TOP1)
        speeds = field.values(field.speed)
        times = speeds if field.speed.direction is Direction.LOWER else 1 / speeds
        for bound in np.quantile(top1, _QUANTILES):
            rows = np.flatnonzero(top1 >= bound)
            for name, proxy in (("fewest MACs", Metric.GMACS), ("fewest parameters", Metric.PARAMS_M)):
                chosen = rows[np.argmin(field.values(proxy)[rows])]
                yield field.target, name, float(times[chosen] / times[rows].min())


_INTRODUCTION = """# What the usual rules cost

Written by `make bench-rules` from the published speeds in the catalog: every inference configuration of
the four published targets, 19 budgets each, which split its candidates evenly. *Broken*: the choice misses
the budget. *Points lost*: top-1 below archrank's answer, over the choices that keep it. archrank breaks none
and loses none by construction: it reads the very numbers that judge. So the tables say what choosing without
them costs, not how exact they are.

The proxies' limits are fitted to each target and configuration: to a line on log scales through all of its
candidates, or so that 95 % of the candidates below keep the budget. Nobody without measurements can do that;
a rule of thumb does worse. They break budgets even so, because the most accurate of many candidates below a
limit is likely to be one whose speed the proxy flatters.
"""


def report(found: Sequence[Outcome], slower: Sequence[tuple[str, str, float]]) -> str:
    """Markdown tables: each rule over all targets, then by target."""
    lines = [_INTRODUCTION]
    targets = list(dict.fromkeys(one.target for one in found))
    for heading, chosen in [("All targets", targets), *((target, [target]) for target in targets)]:
        mine = [one for one in found if one.target in chosen]
        lines += [
            f"## {heading}",
            "",
            "| the most accurate within a budget of speed | choices | broken | points lost, mean | most |",
            "|---|--:|--:|--:|--:|",
            *(_line(rule, [one for one in mine if one.rule == rule]) for rule in RULES),
            "",
            "| the fastest with enough top-1 | choices | times slower, median | mean | most |",
            "|---|--:|--:|--:|--:|",
        ]
        for rule in dict.fromkeys(name for _, name, _ in slower):
            ratios = [ratio for target, name, ratio in slower if name == rule and target in chosen]
            lines.append(
                f"| {rule} | {len(ratios)} | {median(ratios):.2f} | {mean(ratios):.2f} | {max(ratios):.2f} |"
            )
        lines.append("")
    return "\n".join(lines)


def _line(rule: str, found: Sequence[Outcome]) -> str:
    budgets = sum(one.budgets - one.without_choice for one in found)
    broken = sum(one.broken for one in found)
    lost = [points for one in found for points in one.lost]
    numbers = f"{mean(lost):.1f} | {max(lost):.1f}" if lost else "- | -"
    return f"| {rule} | {budgets} | {100 * broken / budgets:.0f} % | {numbers} |"


def picture(found: Sequence[Outcome], path: Path) -> None:
    """Bars: the share of budgets that each rule breaks, and the points that it loses where it does not."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    names = [rule.split(":")[0] for rule in RULES]
    broken, lost = [], []
    for rule in RULES:
        mine = [one for one in found if one.rule == rule]
        broken.append(100 * sum(one.broken for one in mine) / sum(one.budgets for one in mine))
        points = [point for one in mine for point in one.lost]
        lost.append(mean(points) if points else 0.0)
    matplotlib.rcParams["svg.hashsalt"] = "archrank"
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 2.6), sharey=True)
    for axes, values, label in (
        (left, broken, "budgets broken, %"),
        (right, lost, "top-1 points lost where kept"),
    ):
        axes.barh(names, values, color="#0b5cad")
        axes.bar_label(axes.containers[0], fmt="%.0f" if axes is left else "%.1f", padding=3)
        axes.set_xlabel(label)
        axes.spines[["top", "right"]].set_visible(False)
    left.set_xlim(0, 112)
    left.invert_yaxis()  # shared by both
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--report", type=Path, default=Path("docs/bench-rules.md"))
    parser.add_argument("--picture", type=Path, default=Path("docs/bench-rules.svg"))
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_catalog(f"sqlite:///{folder}/catalog.sqlite") as catalog,
    ):
        found, slower = list(outcomes(catalog)), list(slowdowns(catalog))
    text = report(found, slower)
    arguments.report.write_text(text)
    picture(found, arguments.picture)
    print(text)


if __name__ == "__main__":
    main()
