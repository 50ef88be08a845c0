"""Which candidates of a target a question considers, before any budget."""

from collections.abc import Collection

import numpy as np

from app.questions.asking.names import ResolvedQuestion
from app.questions.asking.question import ConfigurationFilter, Question
from app.questions.candidates.held_candidates import CandidateCache
from catalog.candidates.category import Bools
from catalog.candidates.columns import CandidateColumns
from catalog.entities.identity import is_checkpoint_name
from catalog.storage.database import ReadSession

TEST_NETWORK = "test-network"
"""The tag of the networks that timm made for its own tests."""


def filtered(
    session: ReadSession, candidates: CandidateCache, question: ResolvedQuestion, *names: str
) -> CandidateColumns:
    """The candidates of the question's target that pass its filters, before any budget.

    Networks that timm made for its own tests are candidates where the question includes their tag. With
    `names`, only the candidates of these names are considered, whatever they are.
    """
    columns = candidates.columns(session, question.target, question.evidence)
    rows = np.flatnonzero(passing(columns, question, *names))
    return columns if len(rows) == len(columns) else columns.take(rows)


def passing(columns: CandidateColumns, question: Question, *names: str) -> Bools:
    """Which of the candidates pass the filters, but for `evidence`, which decides earlier. See `filtered`."""
    keep = _passing(columns, question)
    if names:
        keep &= np.any([is_named(columns, name) for name in names], axis=0)
    elif TEST_NETWORK not in question.tags_included:
        keep &= ~is_for_tests(columns)
    return keep


def is_for_tests(columns: CandidateColumns) -> Bools:
    """Which candidates are networks that timm made for its own tests."""
    return columns.tags.numbers(_has_test_tag) > 0


def _has_test_tag(tags: tuple[str, ...]) -> float:
    return TEST_NETWORK in tags


def is_named(columns: CandidateColumns, name: str) -> Bools:
    """Which candidates have this name, which is a checkpoint's or an architecture's."""
    names = columns.checkpoint if is_checkpoint_name(name) else columns.architecture
    return names.mask(lambda candidate_name: candidate_name == name)


def _passing(columns: CandidateColumns, question: Question) -> Bools:
    keep: Bools = np.ones(len(columns), dtype=np.bool_)
    if question.input_size is not None:
        low, high = question.input_size
        keep &= (columns.input_size >= low) & (columns.input_size <= high)
    if not question.configuration.admits_everything:
        keep &= _run_as_asked(columns, question.configuration)
    return keep & _of_weights(columns, question) & _of_architecture(columns, question)


def _run_as_asked(columns: CandidateColumns, asked: ConfigurationFilter) -> Bools:
    """Which candidates run in a configuration that is asked for.

    A question that names scenarios also finds the candidates whose training run it admits.
    """
    admitted = columns.configuration.mask(asked.admits)
    if "scenario" in asked.allowed:
        admitted |= columns.training_configuration.mask(lambda run: run is not None and asked.admits(run))
    return admitted


def _of_weights(columns: CandidateColumns, question: Question) -> Bools:
    """Which candidates have weights with the licence and the training that are asked for."""
    keep: Bools = np.ones(len(columns), dtype=np.bool_)
    if question.licenses:
        keep &= columns.license.mask(question.licenses.__contains__)
    if question.commercial_use is not None:
        keep &= columns.commercial_use.mask(lambda use: use is question.commercial_use)
    if excluded := set(question.training_data_excluded):
        # What was trained on unknown data may have been trained on the excluded.
        keep &= columns.training_data.mask(lambda data: bool(data) and excluded.isdisjoint(data))
    if included := set(question.training_methods_included):
        keep &= columns.training_methods.mask(lambda methods: not included.isdisjoint(methods))
    if unwanted := set(question.training_methods_excluded):
        # What was trained in an unknown way may have been trained in an excluded one.
        keep &= columns.training_methods.mask(lambda methods: bool(methods) and unwanted.isdisjoint(methods))
    return keep


def _of_architecture(columns: CandidateColumns, question: Question) -> Bools:
    """Which candidates have an architecture of the families and tags that are asked for."""
    keep: Bools = np.ones(len(columns), dtype=np.bool_)
    if question.families_included:
        keep &= _of_families(columns, question.families_included)
    if question.families_excluded:
        keep &= ~_of_families(columns, question.families_excluded)
    if question.tags_included:
        keep &= columns.tags.mask(lambda tags: not set(question.tags_included).isdisjoint(tags))
    if question.tags_excluded:
        keep &= columns.tags.mask(lambda tags: set(question.tags_excluded).isdisjoint(tags))
    return keep


def _of_families(columns: CandidateColumns, families: Collection[str]) -> Bools:
    """Which candidates belong to one of the families: to a module of timm, or by its tag to a line within."""
    in_module = columns.family.mask(families.__contains__)
    return in_module | columns.tags.mask(lambda tags: not set(families).isdisjoint(tags))
