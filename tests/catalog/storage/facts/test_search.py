from collections.abc import Mapping
from dataclasses import replace

import pytest

from catalog.opening import open_catalog
from catalog.storage.database import Catalog
from catalog.storage.facts.search import ArchitectureQuery, Range, find_architectures
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Dataset
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    without_reference,
)
from tests.catalog.storage.facts.searching import Record, found, store
from tests.conftest import BACKENDS, Backend, Databases

pytestmark = pytest.mark.empty_catalog


# Names, families and tags


def test_text_is_looked_for_in_names_families_and_tags(catalog: Catalog) -> None:
    store(
        catalog,
        make_architecture("zz_one", family="other"),
        make_architecture("two", family="the ZZ_family"),
        make_architecture("three", family="other"),
        make_architecture("four", family=None),
        make_architecture("five", family=None, tags=("other", "a-ZZ_tag")),
    )
    assert found(catalog, ArchitectureQuery(text="zz_")) == ["five", "two", "zz_one"]


@pytest.mark.parametrize("text", ["toynet", "ToyNet"])
@pytest.mark.parametrize("name", ["toynet_small", "ToyNet_small"])
def test_text_is_found_whatever_its_case(catalog: Catalog, name: str, text: str) -> None:
    store(catalog, make_architecture(name, family=None))
    assert found(catalog, ArchitectureQuery(text=text)) == [name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("zz%", ["zz%a"]), ("zz_", ["zz_a"]), ("zz/", ["zz/a"]), ("zz\\", ["zz\\a"]), ("zz%_", [])],
)
def test_text_has_no_wildcards(catalog: Catalog, text: str, expected: list[str]) -> None:
    names = ("zz%a", "zz_a", "zz/a", "zz\\a", "zzba")
    store(catalog, *(make_architecture(name, family=None) for name in names))
    assert found(catalog, ArchitectureQuery(text=text)) == expected


@pytest.mark.parametrize("text", ["[", '"', '", "', "]"])
def test_the_punctuation_of_a_list_of_tags_is_no_text(catalog: Catalog, text: str) -> None:
    store(catalog, make_architecture(tags=("toynets", "convolutional")))
    assert found(catalog, ArchitectureQuery(text=text)) == []


def test_a_family_is_matched_whole(catalog: Catalog) -> None:
    store(catalog, make_architecture("a1", family="toy"), make_architecture("b1", family="toynets"))
    assert found(catalog, ArchitectureQuery(family="toy")) == ["a1"]
    assert found(catalog, ArchitectureQuery(family="no such family")) == []


def test_text_and_family_both_narrow(catalog: Catalog) -> None:
    store(
        catalog,
        make_architecture("toy_a", family="f"),
        make_architecture("toy_b", family="g"),
        make_architecture("other", family="f"),
    )
    assert found(catalog, ArchitectureQuery(text="toy", family="f")) == ["toy_a"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("resnet",), ["both", "one"]),
        (("resnet", "feature-pyramid"), ["both"]),
        (("feature-pyramid", "resnet"), ["both"]),
        (("res",), []),
        (("resnet%",), []),
        (("resne_",), []),
        (("no-such-tag",), []),
        ((), ["both", "longer", "one", "unknown"]),
    ],
)
def test_an_architecture_must_have_every_tag_asked_for_whole(
    catalog: Catalog, tags: tuple[str, ...], expected: list[str]
) -> None:
    store(
        catalog,
        make_architecture("one", tags=("resnet", "convolutional")),
        make_architecture("both", tags=("feature-pyramid", "resnet")),
        make_architecture("longer", tags=("resnetv2",)),
        make_architecture("unknown"),
    )
    assert found(catalog, ArchitectureQuery(tags=tags)) == expected


def found_in_each(
    databases: Databases, query: ArchitectureQuery, *records: Record
) -> dict[Backend, list[str]]:
    """What each database finds among the records."""
    results: dict[Backend, list[str]] = {}
    for backend in BACKENDS:
        with open_catalog(databases.full(backend)) as opened:
            store(without_reference(opened), *records)
            results[backend] = found(opened, query)
    return results


def test_both_databases_agree_on_the_case_of_tags(databases: Databases) -> None:
    query = ArchitectureQuery(tags=("ResNet",))
    results = found_in_each(databases, query, make_architecture(tags=("resnet",)))
    assert results["sqlite"] == results["postgresql"]


# Checkpoints


@pytest.mark.parametrize("name", ["Apache-2.0", "apache-2.0", "APACHE-2.0"])
def test_a_licence_is_matched_whatever_its_case(catalog: Catalog, name: str) -> None:
    store(
        catalog,
        make_checkpoint("free.v1", license="Apache-2.0"),
        make_checkpoint("other.v1", license="Apache-2.0-with-a-rider"),
        make_checkpoint("unknown.v1", license=None),
    )
    assert found(catalog, ArchitectureQuery(license=name)) == ["free"]


@pytest.mark.parametrize(("allowed", "expected"), [(True, ["free"]), (False, ["bound"])])
def test_unclear_commercial_use_is_neither_allowed_nor_forbidden(
    catalog: Catalog,
    allowed: bool,
    expected: list[str],
) -> None:
    store(
        catalog,
        make_checkpoint("free.v1", commercial_use=True),
        make_checkpoint("bound.v1", commercial_use=False),
        make_checkpoint("unclear.v1", commercial_use=None),
        make_architecture("bare"),
    )
    assert found(catalog, ArchitectureQuery(commercial_use=allowed)) == expected


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        (("imagenet-21k",), ["cleaned", "small"]),
        (("imagenet-1k",), ["cleaned"]),
        (("imagenet-21k-p",), ["large", "small"]),
        (("imagenet-21k", "imagenet-21k-p"), ["small"]),
        (("imagenet",), ["cleaned", "large", "small"]),
        (("%",), ["cleaned", "large", "small"]),
    ],
)
def test_a_checkpoint_without_the_data_must_be_known_to_be_without_it(
    catalog: Catalog, excluded: tuple[str, ...], expected: list[str]
) -> None:
    store(
        catalog,
        make_checkpoint("small.v1", training_data=("imagenet-1k",)),
        make_checkpoint("large.v1", training_data=("imagenet-21k", "imagenet-1k")),
        make_checkpoint("cleaned.v1", training_data=("imagenet-21k-p",)),
        make_checkpoint("unknown.v1", training_data=()),
        make_architecture("bare"),
    )
    assert found(catalog, ArchitectureQuery(without_training_data=excluded)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ArchitectureQuery(training_methods=("supervised",)), ["both", "plain"]),
        (ArchitectureQuery(training_methods=("distillation", "fine-tuned")), ["both", "tuned"]),
        (ArchitectureQuery(without_training_methods=("supervised",)), ["tuned", "weak"]),
        (ArchitectureQuery(without_training_methods=("distillation", "fine-tuned")), ["plain", "weak"]),
        (
            ArchitectureQuery(training_methods=("supervised",), without_training_methods=("distillation",)),
            ["plain"],
        ),
    ],
)
def test_a_checkpoint_is_searched_by_how_it_was_trained(
    catalog: Catalog, query: ArchitectureQuery, expected: list[str]
) -> None:
    store(
        catalog,
        make_checkpoint("plain.v1", training_methods=("supervised",)),
        make_checkpoint("both.v1", training_methods=("supervised", "distillation")),
        make_checkpoint("tuned.v1", training_methods=("fine-tuned",)),
        make_checkpoint("weak.v1", training_methods=("weakly-supervised",)),
        make_checkpoint("unknown.v1", training_methods=()),
        make_architecture("bare"),
    )
    assert found(catalog, query) == expected


def test_an_architecture_is_listed_with_how_its_checkpoints_were_trained(catalog: Catalog) -> None:
    store(
        catalog,
        make_checkpoint("toynet.v1", training_methods=("supervised", "fine-tuned")),
        make_checkpoint("toynet.v2", training_methods=("supervised", "distillation")),
        make_checkpoint("toynet.v3", training_methods=()),
        make_architecture("bare"),
    )
    with catalog.read() as session:
        summaries = find_architectures(session, ArchitectureQuery(), limit=2)
    assert [(one.architecture.name, one.checkpoints, one.training_methods) for one in summaries] == [
        ("bare", 0, ()),
        ("toynet", 3, ("distillation", "fine-tuned", "supervised")),
    ]


def test_both_databases_agree_on_the_case_of_training_data(databases: Databases) -> None:
    query = ArchitectureQuery(without_training_data=("ImageNet-1k",))
    results = found_in_each(databases, query, make_checkpoint(training_data=("imagenet-1k",)))
    assert results["sqlite"] == results["postgresql"]


def test_one_checkpoint_must_meet_all_that_is_asked_of_checkpoints(catalog: Catalog) -> None:
    checkpoints = [
        make_checkpoint("toynet.free", license="MIT", commercial_use=True, training_data=("imagenet-1k",)),
        make_checkpoint(
            "toynet.bound", license="CC-BY-NC-4.0", commercial_use=False, training_data=("jft-300m",)
        ),
    ]
    accuracies = [make_accuracy("toynet.free", top1=70.0), make_accuracy("toynet.bound", top1=80.0)]
    store(catalog, *checkpoints, *accuracies)
    accurate: Mapping[Metric, Range] = {Metric.TOP1: (75.0, None)}
    for query in (
        ArchitectureQuery(license="MIT"),
        ArchitectureQuery(commercial_use=True),
        ArchitectureQuery(without_training_data=("jft-300m",)),
    ):
        assert found(catalog, query) == ["toynet"]
        assert found(catalog, replace(query, ranges=accurate)) == []
    assert found(catalog, ArchitectureQuery(license="MIT", commercial_use=False)) == []
    assert found(catalog, ArchitectureQuery(license="CC-BY-NC-4.0", ranges=accurate)) == ["toynet"]
    assert found(catalog, ArchitectureQuery(license="CC-BY-NC-4.0", commercial_use=False)) == ["toynet"]


def test_accuracies_of_several_kinds_are_of_one_checkpoint(catalog: Catalog) -> None:
    store(
        catalog,
        make_checkpoint("toynet.v1"),
        make_checkpoint("toynet.v2"),
        make_accuracy("toynet.v1", top1=80.0),
        make_accuracy("toynet.v1", top1=30.0, dataset=Dataset.IMAGENET_A),
        make_accuracy("toynet.v2", top1=70.0),
        make_accuracy("toynet.v2", top1=60.0, dataset=Dataset.IMAGENET_A),
    )
    both: list[tuple[float, float, list[str]]] = [
        (75.0, 25.0, ["toynet"]),
        (65.0, 55.0, ["toynet"]),
        (75.0, 55.0, []),
    ]
    for top1, top1_a, expected in both:
        ranges: Mapping[Metric, Range] = {Metric.TOP1: (top1, None), Metric.TOP1_A: (top1_a, None)}
        assert found(catalog, ArchitectureQuery(ranges=ranges)) == expected
