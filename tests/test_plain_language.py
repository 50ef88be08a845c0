"""The checker of texts finds what made real texts unreadable, and lets plain sentences pass."""

import pytest

from tests.plain_language import faults

# Each was once a description, a docstring or a line of help.
UNREADABLE = [
    "How many candidates within the budget are.",
    "Up to three of them, best first.",
    "Of these, before collapse: within the budget,",
    "outside no bound, but lacking a bounded metric,",
    "or of a case that failed; bounds eliminated the others.",
    "Beside them, to validate on; absent: a fifth of them.",
    "Of each device, in MB of 10^6 bytes: a card of 24 GiB has 25770.",
    "How many others have this rank.",
    "By just which bounds, the 20 most frequent combinations; these do not overlap.",
    "How to get those numbers.",
    "Measured there; bounds on speed and memory are of it.",
    "Measured there, and bounds on speed are of it.",
    "From the `Link` header.",
    "For the training plan; what is absent is not known.",
    "Absent where it cannot be told.",
    "Empty: every target.",
    "At least this: median time of one call, ms.",
    "As SPDX identifiers or as timm names them; empty: any.",
    "Its repository on the Hugging Face Hub.",
    "timm's module, whole.",
    "Before the warm-up, between the samples, after the last.",
    "Room within each bound, in its unit; negative outside.",
    "With the raw times of every call.",
    "That many call at once, each with --threads. Repeatable.",
    "Through torch.compile.",
    "The most specific first.",
    "Seconds; then no case takes more than --processes.",
    "What lies beside the budget.",
    "The candidates and what lies beside.",
    "Number of candidates. of any kind.",
    "A title without a full stop",
    "Those that fit.",
]

READABLE = [
    "Number of fitting candidates that are at least as good in every compared metric and better in one.",
    "Number of validation images. If absent, a fifth of `images` is held out.",
    "5 to 15 processes: it stops when the interval is within 2 % and two more processes confirm it.",
    "`local` is the machine that answers.",
    "Which vision backbone should I deploy on this hardware, within this budget?",
    "The command that repeats the measurement.",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_text_that_leans_on_its_neighbour_is_found(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize("text", READABLE)
def test_a_plain_text_passes(text: str) -> None:
    assert faults(text) == []
