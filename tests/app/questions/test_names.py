"""The names of a question are resolved before anything of it is computed."""

import pytest

from app.errors import UnknownFamily, UnknownName, UnknownTag, UnknownTarget, UnknownTrainingData
from app.questions.held_candidates import CandidateCache
from app.questions.names import find_candidates, find_targets, resolve
from app.questions.question import Question
from app.questions.recommend import recommend
from catalog import host
from catalog.storage.database import Catalog
from tests.builders import TARGET_ID, make_measurement, make_target, store_measurements


def test_a_resolved_question_has_the_names_of_the_catalog(
    sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "local_target", lambda: make_target(TARGET_ID))
    store_measurements(sqlite_catalog, make_measurement("resnet50"))
    question = Question(
        host.LOCAL, licenses=("apache-2.0", "MIT", "bogus"), training_data_excluded=("dfn", "coco", "dfn-2b")
    )
    with sqlite_catalog.read() as session:
        target, resolved = resolve(session, question)
    assert target.id == resolved.target == TARGET_ID
    assert resolved.licenses == ("Apache-2.0", "MIT", "bogus")
    assert resolved.training_data_excluded == ("dfn-2b", "dfn-5b", "coco")


def test_to_resolve_a_resolved_question_changes_nothing(sqlite_catalog: Catalog) -> None:
    store_measurements(sqlite_catalog, make_measurement("resnet50"))
    question = Question(TARGET_ID, licenses=("mit",), training_data_excluded=("laion",))
    with sqlite_catalog.read() as session:
        _, resolved = resolve(session, question)
        assert resolve(session, resolved)[1] == resolved


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (Question("bogus"), UnknownTarget),
        (Question(TARGET_ID, families_included=("bogus",)), UnknownFamily),
        (Question(TARGET_ID, tags_excluded=("bogus",)), UnknownTag),
        (Question(TARGET_ID, training_data_excluded=("bogus",)), UnknownTrainingData),
    ],
)
def test_an_unknown_name_is_refused_before_candidates_are_read(
    sqlite_catalog: Catalog, question: Question, error: type[UnknownName]
) -> None:
    store_measurements(sqlite_catalog, make_measurement("resnet50"))
    candidates = CandidateCache()
    with pytest.raises(error):
        recommend(sqlite_catalog, question, candidates)
    assert not candidates._held


def test_names_that_are_given_twice_are_asked_for_once(sqlite_catalog: Catalog) -> None:
    elsewhere = make_target("elsewhere")
    store_measurements(sqlite_catalog, make_measurement("resnet50", target=elsewhere))
    with sqlite_catalog.read() as session:
        assert find_targets(session, ["elsewhere", "elsewhere"], "targets") == [elsewhere]
        assert elsewhere in find_targets(session, [], "targets")
        asked = find_candidates(session, ["resnet50", "resnet18", "resnet50"], "candidate")
        assert asked == ("resnet50", "resnet18")
