"""Where things are in the drawings of the pages."""

from datetime import timedelta

import pytest

from app.contract.evidence.targets import SlowdownView
from app.web.drawings.lineage import lineage_of, relatives
from app.web.drawings.scales import Scale, readable, scale_over
from app.web.drawings.slowdowns import slowdown_plot
from catalog.reference.texts.families import families
from tests.builders import NOON


def test_a_logarithmic_axis_places_factors_evenly() -> None:
    scale = Scale(1, 100, 0, 200, by_logarithm=True)
    assert [scale(value) for value in (1, 10, 100)] == [0, 100, 200]


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [0.003, 12_000.0], [80.0, 80.2], [1.0, 2.0, 4.0]])
@pytest.mark.parametrize("by_logarithm", [True, False])
def test_every_value_and_every_tick_is_within_the_axis(values: list[float], by_logarithm: bool) -> None:
    scale = scale_over(values, 10, 600, by_logarithm=by_logarithm)
    assert all(10 <= scale(value) <= 600 for value in values)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 7
    assert all(10 <= scale(tick) <= 600 for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_labels_that_would_overlap_are_left_out() -> None:
    ticks = [(0.0, "a"), (30.0, "b"), (34.0, "c"), (60.0, "d"), (68.0, "e")]
    assert readable(ticks, 34.0) == [(0.0, "a"), (34.0, "c"), (68.0, "e")]
    assert readable([], 34.0) == []


def test_the_lineage_begins_with_lenet_and_has_every_family_below_whom_it_builds_on() -> None:
    lineage = lineage_of(families().values())
    rows = {row.family.slug: row for row in lineage.rows}
    assert rows.keys() == families().keys()
    assert lineage.rows[0].family.slug == "lenet"
    assert len({row.y for row in lineage.rows}) == len(rows)
    for row in lineage.rows:
        above = rows.get(row.family.predecessor or "")
        assert (row.from_x, row.from_y) == ((None, None) if above is None else (above.x, above.y))
        if above is not None:
            assert row.y > above.y
            assert row.depth == above.depth + 1
    assert lineage.years == dict(sorted(lineage.years.items()))
    assert max(row.y for row in lineage.rows) < lineage.height


def test_the_relatives_of_a_family_are_its_ancestors_and_its_followers() -> None:
    slugs = {family.slug for family in relatives("resnext", families())}
    assert slugs == {"resnext", "resnet", "vgg", "alexnet", "lenet", "regnet"}


def test_a_machine_s_slowdowns_are_drawn_in_their_order() -> None:
    slowdowns = [
        SlowdownView(measured_at=NOON + timedelta(days=day), slowdown=factor)
        for day, factor in ((2, 1.3), (0, 1.0), (1, 1.05))
    ]
    plot = slowdown_plot(slowdowns)
    assert plot is not None
    assert [dot.kind for dot in plot.dots] == ["quiet", "quiet", "busy"]
    assert [dot.x for dot in plot.dots] == sorted(dot.x for dot in plot.dots)
    assert plot.dots[2].y < plot.dots[0].y
    assert slowdown_plot(slowdowns[:1]) is None
