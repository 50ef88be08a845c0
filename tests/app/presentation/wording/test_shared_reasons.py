"""What several rows share is said once."""

from itertools import pairwise

from app.presentation.wording.shared_reasons import shared_reasons


def test_what_all_rows_share_is_said_once_and_what_neighbours_share_by_a_mark() -> None:
    notes, rows = shared_reasons(
        [["First.", "Published."], ["Tied.", "Published."], ["Tied.", "Slow.", "Published."]]
    )
    assert [(note.mark, note.text) for note in notes] == [("", "Published."), ("a", "Tied.")]
    assert [(row.own, row.marks) for row in rows] == [(("First.",), ()), ((), ("a",)), (("Slow.",), ("a",))]


def test_two_rows_apart_keep_a_sentence_that_they_have_by_chance() -> None:
    notes, rows = shared_reasons([["5 % slower."], ["7 % slower."], ["5 % slower."]])
    assert notes == []
    assert [row.own for row in rows] == [("5 % slower.",), ("7 % slower.",), ("5 % slower.",)]


def test_no_row_says_what_its_neighbour_says() -> None:
    _, rows = shared_reasons([[f"Sentence {i // 3}.", f"Own {i}."] for i in range(90)])
    assert all(set(one.own).isdisjoint(other.own) for one, other in pairwise(rows))


def test_a_single_row_keeps_its_sentences() -> None:
    assert shared_reasons([["First.", "Published."]])[0] == []
