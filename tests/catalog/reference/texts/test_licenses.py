import pytest

from catalog.reference.facts.timm_facts import TimmCheckpoint
from catalog.reference.texts.licenses import (
    _disputes,
    _table,
    commercial_use,
    find_dispute,
    find_license,
    license_id,
)
from tests.reference_tables import WHOLE

READ = [row["id"] for row in _table()["license"]]


def test_every_licence_of_the_small_tables_was_read() -> None:
    """Of all checkpoints: test_shipped_tables.py."""
    names = {one.license for one in WHOLE.checkpoints()}
    assert all(find_license(name) for name in names if license_id(name) is not None)


@pytest.mark.parametrize("name", ["apache-2.0", "Apache-2.0", "APACHE-2.0"])
def test_a_licence_is_found_whatever_its_case(name: str) -> None:
    found = find_license(name)
    assert found is not None
    assert found.id == license_id(name) == "Apache-2.0"


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("mit", "MIT"),
        ("bsd-3-clause", "BSD-3-Clause"),
        ("cc-by-nc-4.0", "CC-BY-NC-4.0"),
        ("fastvit-license", "apple-ascl"),
        ("mobileone-license", "apple-ascl"),
        ("apple-ascl", "apple-ascl"),
        ("a licence that nobody read", "a licence that nobody read"),
    ],
)
def test_names_of_the_same_licence_are_one_identifier(name: str, identifier: str) -> None:
    assert license_id(name) == identifier


@pytest.mark.parametrize("name", [None, "", "unknown", "Unknown", "other"])
def test_no_licence_is_not_a_licence(name: str | None) -> None:
    assert license_id(name) is None
    assert find_license(name) is None
    assert commercial_use(name, "toynet.v1") is None


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("apache-2.0", True),
        ("mit", True),
        ("cc-by-4.0", True),
        ("dinov3-license", True),
        ("cc-by-nc-4.0", False),
        ("apple-amlr", False),
        ("seer-license", False),
        ("apple-ascl", None),
        ("sapiens2-license", None),
        ("a licence that nobody read", None),
    ],
)
def test_what_a_licence_allows_is_yes_no_or_unclear(name: str, allowed: bool | None) -> None:
    assert commercial_use(name, "toynet.v1") is allowed


@pytest.mark.parametrize("name", READ)
def test_every_reading_says_what_decides_and_where_to_read_it(name: str) -> None:
    found = find_license(name)
    assert found is not None
    assert found.id == name
    assert found.title
    assert found.reading.endswith((".", "counsel"))
    assert found.url.startswith("https://")


def test_a_name_stands_for_one_licence() -> None:
    names = [name for row in _table()["license"] for name in {row["id"].lower(), *row["names"]}]
    assert len(names) == len(set(names))
    assert names == [name.lower() for name in names]


def test_no_unread_text_is_taken_for_a_permission() -> None:
    for name in READ:
        found = find_license(name)
        assert found is not None
        if "not read" in found.reading:
            assert found.commercial_use is None


@pytest.mark.parametrize("checkpoint", ["gcvit_tiny.in1k", "convit_base.fb_in1k"])
def test_a_disputed_checkpoint_is_not_allowed_whatever_its_licence(checkpoint: str) -> None:
    dispute = find_dispute(checkpoint)
    assert dispute is not None
    assert dispute.reading
    assert dispute.url.startswith("https://")
    assert commercial_use("apache-2.0", checkpoint) is None
    found = TimmCheckpoint(checkpoint, 1000, 224, "apache-2.0").checkpoint()
    assert (found.license, found.commercial_use) == ("Apache-2.0", None)


@pytest.mark.parametrize("checkpoint", ["resnet50.a1_in1k", "my_gcvit_tiny.in1k", "GCVIT_tiny.in1k"])
def test_a_dispute_concerns_the_checkpoints_that_it_names(checkpoint: str) -> None:
    assert find_dispute(checkpoint) is None
    assert commercial_use("apache-2.0", checkpoint) is True


def test_no_dispute_makes_use_allowed() -> None:
    for dispute in _disputes():
        checkpoint = dispute.checkpoints.replace("*", "x")
        assert find_dispute(checkpoint) is not None
        assert {commercial_use(name, checkpoint) for name in READ} == {None}
