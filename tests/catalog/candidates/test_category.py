import numpy as np

from catalog.candidates.category import Category

WORDS = Category.of(["a", None, "b", "a", None])


def test_a_category_gives_back_its_words() -> None:
    assert list(WORDS) == ["a", None, "b", "a", None]
    assert [WORDS[row] for row in range(5)] == list(WORDS)
    assert WORDS.values == ("a", None, "b")
    assert len(WORDS) == 5


def test_words_are_taken_by_row_and_looked_for_by_what_admits_them() -> None:
    assert list(WORDS.take(np.array([4, 0]))) == [None, "a"]
    assert WORDS.mask(lambda word: word == "a").tolist() == [True, False, False, True, False]
    assert WORDS.take(np.array([1, 2])).mask(lambda word: word is None).tolist() == [True, False]


def test_each_different_word_is_asked_for_once() -> None:
    asked: list[str | None] = []

    def admits(word: str | None) -> bool:
        asked.append(word)
        return True

    assert WORDS.mask(admits).all()
    assert asked == ["a", None, "b"]


def test_no_word_is_in_an_empty_category() -> None:
    empty: Category[str] = Category.of([])
    for one in (empty, empty.take(np.array([], dtype=np.int64))):
        assert (list(one), len(one)) == ([], 0)
        found = one.mask(lambda _: True)
        assert found.tolist() == []
        assert found.dtype == np.bool_


# Numbers


def test_a_compact_column_keeps_its_words_and_drops_those_that_no_row_has() -> None:
    part = WORDS.take(np.array([2, 4]))
    compact = part.compact()
    assert (list(compact), compact.values) == (["b", None], ("b", None))
    assert compact.take(np.array([], dtype=np.int64)).compact().values == ()
