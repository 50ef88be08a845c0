import pytest

from catalog.words.spelling import close_matches

NAMES = (
    "convnext_tiny",
    "deit3_small_patch16_224",
    "resnet101",
    "resnet18",
    "resnet50",
    "resnet50d",
    "resnetv2_50",
    "resnext50",
)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("resnt50", "resnet50"),
        ("Convnext-Tiny", "convnext_tiny"),
        ("deit3_s", "deit3_small_patch16_224"),  # 7 characters of 23
    ],
)
def test_a_misspelt_or_unfinished_name_has_the_name_it_means_first(name: str, nearest: str) -> None:
    assert close_matches(name, NAMES)[0] == nearest


def test_what_begins_with_the_name_comes_before_what_is_spelt_alike() -> None:
    """As swin_transformer, of which swin is a quarter, before twins."""
    assert close_matches("Swin", ["twins", "swin_transformer_v2", "swin_transformer"])[:2] == [
        "swin_transformer",
        "swin_transformer_v2",
    ]


def test_there_are_five_close_matches_at_most() -> None:
    assert len(close_matches("resnet", NAMES)) == 5


def test_a_name_that_is_like_no_other_has_no_match() -> None:
    assert close_matches("quokka", NAMES) == []
