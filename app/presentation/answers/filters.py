"""What filters leave out, as the contract shows it."""

from app.contract.answers.explanations import FilterView
from app.questions.answers.recommend import Answer
from app.questions.candidates.filter_effects import BATCH_SIZE, BatchEffect


def filter_views(answer: Answer) -> list[FilterView]:
    """What each filter of the question left out."""
    return [
        FilterView(
            field=effect.field,
            asked=list(effect.asked),
            passing=effect.passing,
            left_out=effect.left_out,
            note=_batch_note(answer.batch_effect, answer.target.id)
            if answer.batch_effect and effect.field == BATCH_SIZE
            else None,
        )
        for effect in answer.filters
    ]


def _batch_note(effect: BatchEffect, target: str) -> str:
    """What a filter on the batch leaves out where the batch is the largest that fits the device's memory."""
    asked = " or ".join(map(str, effect.asked))
    first, last = effect.batches[0], effect.batches[-1]
    batches = str(first) if first == last else f"{first} to {last}"
    inside = f"{effect.considered_params_m:.0f} M parameters in the median"
    return (
        f"On {target}, each network was run at the largest batch that fitted. {asked} was the largest for "
        f"{effect.considered} architectures{f' ({inside})' if effect.considered else ''}. "
        f"{effect.left_out} others ({effect.left_out_params_m:.0f} M) were run at {batches} images, "
        "and the filter leaves them out."
    )
