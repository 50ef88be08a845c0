"""An answer is that of the plain ranker over the same entities, and agrees with answers to like questions."""

from dataclasses import replace
from math import isnan
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from app.questions.answers.recommend import Answer, recommend
from app.questions.asking.question import Question
from app.ranking.budget.budget import Bound, Budget
from app.ranking.budget.relaxations import Relaxation
from app.ranking.order.collapsing import Collapse
from catalog.words.metrics import Metric
from tests.app.conftest import BareCatalogs
from tests.app.worlds import (
    TARGET,
    ask,
    few,
    key,
    name_of,
    store,
    worlds_and_questions,
)
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
)
from tests.oracle.filters import passing
from tests.oracle.order import dominators, ranks
from tests.oracle.relaxations import fewest_bounds, smallest_relaxations
from tests.oracle.search import Search, search
from tests.oracle.world import World, candidates


def asked_by(question: Question) -> dict[str, Any]:
    """The question in the words of the API, which the plain ranker reads."""
    body: dict[str, Any] = {
        "target": question.target,
        "budget": {bound.metric: limits(bound) for bound in question.budget.bounds},
        "configuration": {name: list(values) for name, values in question.configuration.allowed.items()},
        "families": {"include": question.families_included, "exclude": question.families_excluded},
        "tags": {"include": question.tags_included, "exclude": question.tags_excluded},
        "training_data": {"exclude": question.training_data_excluded},
        "license": {"allow": question.licenses} if question.licenses else {},
        "evidence": question.evidence,
        "objective": question.objective,
        "collapse": question.collapse,
        "limit": question.limit,
    }
    if question.budget.confidence is not None:
        body["confidence"] = question.budget.confidence
    if question.commercial_use is not None:
        body["license"]["commercial_use"] = question.commercial_use
    if question.input_size is not None:
        body["input_size"] = dict(zip(("min", "max"), question.input_size, strict=True))
    if question.typical_image is not None:
        body["typical_image"] = dict(zip(("width", "height"), question.typical_image, strict=True))
    return body


def limits(bound: Bound) -> dict[str, float]:
    sides = {"min": bound.minimum, "max": bound.maximum}
    return {side: limit for side, limit in sides.items() if limit is not None}


def searched(world: World, question: Question) -> Search:
    return search(candidates(world, question.target, question.evidence), asked_by(question))


@few
@given(asked=worlds_and_questions())
def test_the_answer_is_that_of_the_plain_ranker(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    answer, plain = ask(bare_catalogs, world, question), searched(world, question)
    shown, places = answer.recommendations, ranks(plain.collapsed, plain.question)
    assert [key(answer, one.row) for one in shown] == [row.key for row in plain.collapsed[: question.limit]]
    assert [one.rank for one in shown] == places[: question.limit]
    assert [one.shares_rank_with for one in shown] == [places.count(one.rank) - 1 for one in shown]
    assert [key(answer, row) for row in answer.near_misses] == [row.key for row in plain.near_misses()]
    assert answer.fit.budget == question.budget
    assert (None if answer.fit.required is None else answer.fit.required.tolist()) == plain.required
    assert answer.considered == len(plain.rows)
    assert answer.elimination.fitting == len(plain.fits)
    assert answer.elimination.together == plain.together
    for metric in plain.budget:
        counts, name = answer.elimination, Metric(metric)
        assert counts.eliminated[name] == plain.eliminated(metric)
        assert counts.eliminated_only_by[name] == len(plain.eliminated_only_by(metric))
        assert counts.unknown[name] == plain.unknown(metric)


@few
@given(asked=worlds_and_questions())
def test_who_dominates_is_that_of_the_plain_ranker(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    question = replace(question, collapse=Collapse.CONFIGURATION, limit=200)
    plain = searched(world, question)
    assume(len(plain.fits) > 1)
    answer = ask(bare_catalogs, world, question)
    metrics = [plain.question["objective"], *plain.budget]
    by_name = {(row.key, row.measurement): row for row in plain.rows}
    for one in answer.recommendations:
        rivals = dominators(by_name[name_of(answer, one.row)], plain.ranked, metrics)
        assert {name_of(answer, row) for row in one.dominated_by or ()} == {
            (row.key, row.measurement) for row in rivals or ()
        }


@few
@given(asked=worlds_and_questions())
def test_what_to_relax_is_that_of_the_plain_ranker(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    plain = searched(world, question)
    assume(plain.misses)
    answer = ask(bare_catalogs, world, question)
    if question.budget.confidence is None:
        relaxations = {(one.metric, one.side): one.bound for one in answer.relaxations}
        assert relaxations == smallest_relaxations(plain)
    fewest = None if plain.fits else fewest_bounds(plain)
    given = answer.fewest_relaxation
    assert (None if given is None else len(given.metrics)) == fewest


@few
@given(asked=worlds_and_questions())
def test_the_numbers_of_a_candidate_are_those_of_the_entities(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, _ = asked
    answer = ask(bare_catalogs, world, Question(target=TARGET.id, collapse=Collapse.CONFIGURATION, limit=200))
    rows = {(row.key, row.measurement): row for row in passing(candidates(world, TARGET.id), {})}
    found = [name_of(answer, row) for row in range(answer.considered)]
    assert sorted(found) == sorted(rows)
    for position, name in enumerate(found):
        for metric in Metric:
            column, measured = answer.columns.metrics[metric], rows[name].measured.get(metric)
            arrays = [float(array[position]) for array in (column.value, column.low, column.high)]
            interval = [measured.low, measured.high] if measured else [None, None]
            wanted = [rows[name].values.get(metric), *interval]
            assert [None if isnan(one) else one for one in arrays] == wanted


def relaxed(bound: Bound, by: Relaxation) -> Bound:
    if bound.metric != by.metric:
        return bound
    if by.side == "min":
        return replace(bound, minimum=by.bound)
    return replace(bound, maximum=by.bound)


@few
@given(asked=worlds_and_questions())
def test_a_relaxation_admits_what_it_names_when_it_is_asked_for(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    question = replace(question, collapse=Collapse.CONFIGURATION, limit=200)
    plain = searched(world, question)
    assume(plain.misses)
    with bare_catalogs() as catalog:
        store(catalog, world)
        answer = recommend(catalog, question)
        budgets = [
            (one.row, tuple(relaxed(bound, one) for bound in question.budget.bounds))
            for one in answer.relaxations
        ]
        together = (answer.joint_relaxation, answer.fewest_relaxation)
        budgets += [(one.row, one.bounds) for one in together if one is not None]
        for row, bounds in budgets:
            again = recommend(catalog, replace(question, budget=Budget(bounds, question.budget.confidence)))
            assert key(answer, row) not in [key(answer, one.row) for one in answer.recommendations]
            assert key(answer, row) in [key(again, one.row) for one in again.recommendations]


@few
@given(asked=worlds_and_questions(), data=st.data())
def test_tightening_a_bound_never_adds_a_candidate(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question], data: st.DataObject
) -> None:
    world, question = asked
    question = replace(question, collapse=Collapse.CONFIGURATION, limit=200)
    assume(question.budget.bounds and searched(world, question).fits)
    tight = [
        Bound(
            bound.metric,
            None if bound.minimum is None else bound.minimum * data.draw(st.sampled_from([1.0, 1.1, 2.0])),
            None if bound.maximum is None else bound.maximum * data.draw(st.sampled_from([1.0, 0.9, 0.5])),
        )
        for bound in question.budget.bounds
    ]
    tighter = replace(question, budget=Budget(tuple(tight), question.budget.confidence))
    with bare_catalogs() as catalog:
        store(catalog, world)
        before, after = recommend(catalog, question), recommend(catalog, tighter)
    assert {key(after, one.row) for one in after.recommendations} <= {
        key(before, one.row) for one in before.recommendations
    }
    assert before.considered == after.considered


def outcome(answer: Answer) -> tuple[object, ...]:
    """All that an answer says, but for the target's name."""
    joint, fewest = answer.joint_relaxation, answer.fewest_relaxation
    return (
        [
            (key(answer, one.row), one.rank, one.shares_rank_with, one.reasons)
            for one in answer.recommendations
        ],
        [[key(answer, row) for row in one.dominated_by or ()] for one in answer.recommendations],
        answer.elimination,
        [key(answer, row) for row in answer.near_misses],
        [(one.metric, one.side, one.bound, key(answer, one.row)) for one in answer.relaxations],
        (joint.factor, joint.bounds, key(answer, joint.row)) if joint else None,
        (fewest.metrics, fewest.bounds, key(answer, fewest.row)) if fewest else None,
        answer.considered,
    )


@few
@given(asked=worlds_and_questions())
def test_renaming_a_target_changes_nothing(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    world, question = asked
    renamed = replace(
        world,
        measurements=tuple(
            replace(one, target=replace(TARGET, id="renamed")) if one.target == TARGET else one
            for one in world.measurements
        ),
    )
    before = ask(bare_catalogs, world, question)
    after = ask(bare_catalogs, renamed, replace(question, target="renamed"))
    assert outcome(before) == outcome(after)


@few
@given(asked=worlds_and_questions())
def test_a_dominated_architecture_never_changes_the_winner_where_one_more_asks_no_more_of_the_others(
    bare_catalogs: BareCatalogs, asked: tuple[World, Question]
) -> None:
    """Under a confidence it does: of one more candidate, one more may be lucky."""
    world, question = asked
    question = replace(question, budget=Budget(question.budget.bounds), typical_image=None)
    plain = searched(world, question)
    # Nobody dominates a candidate that lacks the objective.
    assume(plain.ranked and question.objective in plain.ranked[0].values)
    before = ask(bare_catalogs, world, question)
    winner = before.recommendations[0].row
    worse = World(
        (*world.architectures, make_architecture("worst")),
        (*world.checkpoints, make_checkpoint("worst.v1")),
        (*world.accuracies, *(make_accuracy("worst.v1", top1=60, input_size=size) for size in (160, 224))),
        (
            *world.counted,
            *(make_counted_workload("worst", gmacs=9.0, input_size=size) for size in (160, 224)),
        ),
        (
            *world.measurements,
            *(
                make_measurement("worst", 90.0, peak_memory_mb=900, size_bytes=10**9, input_size=size)
                for size in (160, 224)
            ),
        ),
    )
    after = ask(bare_catalogs, worse, question)
    assert key(after, after.recommendations[0].row) == key(before, winner)
