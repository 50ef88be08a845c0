"""From what was chosen in the form to the answer. What is wrong with a field never costs the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.contract.answers.questions import RecommendationRequest
from app.contract.answers.recommendations import RecommendationResponse
from app.errors import AppError
from app.presentation.answers.recommendations import recommendation_response
from app.presentation.requests.questions import question_of, request_of
from app.questions.answers.recommend import Answer, recommend
from app.questions.candidates.held_candidates import CandidateCache
from app.web.form.fields import TARGET
from app.web.form.forms import FormRequest, blamed_field, read_form, sentence_of
from catalog.storage.database import Catalog


@dataclass(frozen=True)
class Answered:
    """The `answer` to what was chosen, and the document that the API gives for it.

    `faults` says of a field what is wrong with it. The answer leaves such fields out. `error` is set, and
    there is no answer, where no single field is to blame.
    """

    form: FormRequest
    request: RecommendationRequest | None
    answer: Answer | None
    response: RecommendationResponse | None
    faults: Mapping[str, str]
    error: AppError | None = None


def answer_form(
    catalog: Catalog, candidates: CandidateCache, chosen: Mapping[str, Sequence[str]], default: str
) -> Answered:
    """The answer to the form. Fields that are refused are left out, one after the other.

    Where the target is refused, the answer is for the target `default`.
    """
    form = read_form(chosen)
    faults = dict(form.faults)
    while True:
        try:
            request = request_of({TARGET.name: default, **form.fields})
            answer = recommend(catalog, question_of(request), candidates)
        except AppError as error:
            name = blamed_field(error, {name: texts for name, texts in chosen.items() if name not in faults})
            if name is None:
                return Answered(form, None, None, None, faults, error)
            faults[name] = sentence_of(error)
            form = read_form(chosen, without=faults)
            continue
        return Answered(form, request, answer, recommendation_response(answer), faults)
