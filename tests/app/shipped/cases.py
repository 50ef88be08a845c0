"""Questions to the shipped catalog, each with its answer and the plain ranker's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog import host
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance
from tests.oracle.rows import Row
from tests.oracle.search import Search, search
from tests.oracle.world import World, candidates

Body = dict[str, Any]
Ask = Callable[[Body], Body]

# How many recommendations are shown, where all are asked for.
MANY = 40


class PlainRanker:
    """Asks the plain ranker about one catalog. Rows are made once for each target and evidence."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.rows = cache(self._rows)

    def _rows(self, target: str, evidence: tuple[str, ...]) -> list[Row]:
        target = host.local_target().id if target == host.LOCAL else target
        return candidates(self._world, target, [Provenance(name) for name in evidence])

    def search(self, body: Body) -> Search:
        return search(self.rows(body["target"], tuple(body.get("evidence", ()))), body)


@dataclass
class Case:
    """A question with its answer and the plain ranker's search."""

    body: Body
    answer: Body
    search: Search

    @property
    def one_metric(self) -> bool:
        return self.body["objective"] in list(Metric)

    @property
    def metrics(self) -> list[str]:
        """The metrics that decide."""
        return list(dict.fromkeys([*self.answer["weights"], *self.search.budget]))


def again(body: Body, budget: Body) -> Body:
    """The question with another budget, asked for many configurations."""
    return body | {"budget": budget, "collapse": "configuration", "limit": MANY}


def some(cases: Iterable[Case], suits: Callable[[Case], bool], least: int = 10) -> list[Case]:
    """The cases that suit a test, of which there must be enough for it to say something."""
    suiting = [case for case in cases if suits(case)]
    assert len(suiting) >= least
    return suiting
