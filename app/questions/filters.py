"""Which candidates of a target pass the filters of a question, before any budget."""

import numpy as np

from app.errors import UnknownFamily, UnknownTag
from app.questions.held_candidates import CandidateCache
from app.questions.names import check_known, check_training_data
from app.questions.question import Question
from catalog.candidates import Bools, CandidateColumns, Ints
from catalog.entities.configurations import Target
from catalog.reference.licenses import license_id
from catalog.storage import names
from catalog.storage.database import ReadSession
from catalog.storage.names import families

_EXCLUDED_DATA = "training_data.exclude"


def filtered(
    session: ReadSession, candidates: CandidateCache, target: Target, question: Question
) -> CandidateColumns:
    """The candidates of the target that pass the question's filters, before any budget.

    Raises:
        UnknownFamily, UnknownTag, UnknownTrainingData: the question names what the catalog does not hold.
    """
    if named := {*question.families_included, *question.families_excluded}:
        check_known(UnknownFamily, named, families(session), "family", "families")
    if named := {*question.tags_included, *question.tags_excluded}:
        check_known(UnknownTag, named, names.tags(session), "tag", "tags")
    everything = candidates.columns(session, target.id, question.evidence)
    rows = _filter(everything, question)
    return everything if len(rows) == len(everything) else everything.take(rows)


def _filter(columns: CandidateColumns, question: Question) -> Ints:
    keep: Bools = np.ones(len(columns), dtype=np.bool_)
    if question.input_size is not None:
        low, high = question.input_size
        keep &= (columns.input_size >= low) & (columns.input_size <= high)
    if not question.configuration.admits_everything:
        keep &= columns.configuration.mask(question.configuration.admits)
    if question.licenses:
        # As the catalog spells them, whether asked for as SPDX or as timm does.
        licenses = {license_id(name) or name for name in question.licenses}
        keep &= columns.license.mask(licenses.__contains__)
    if question.commercial_use is not None:
        keep &= columns.commercial_use.mask(lambda use: use is question.commercial_use)
    if excluded := set(check_training_data(question.training_data_excluded, _EXCLUDED_DATA)):
        # What was trained on unknown data may have been trained on the excluded.
        keep &= columns.training_data.mask(lambda data: bool(data) and excluded.isdisjoint(data))
    if question.families_included:
        keep &= columns.family.mask(question.families_included.__contains__)
    if question.families_excluded:
        keep &= ~columns.family.mask(question.families_excluded.__contains__)
    if question.tags_included:
        keep &= columns.tags.mask(lambda tags: not set(question.tags_included).isdisjoint(tags))
    if question.tags_excluded:
        keep &= columns.tags.mask(lambda tags: set(question.tags_excluded).isdisjoint(tags))
    return np.flatnonzero(keep)
