import pytest

from catalog.entities.networks import Architecture
from catalog.storage.database import Catalog
from catalog.storage.facts.names import architecture_names
from catalog.storage.facts.search import ArchitectureQuery, ArchitectureSummary, find_architectures
from catalog.words.vocabulary import Dataset, Precision
from tests.builders import (
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
)
from tests.catalog.storage.facts.searching import store

EVERYTHING = ArchitectureQuery()


pytestmark = pytest.mark.empty_catalog


def test_a_summary_tells_counts_the_best_accuracy_and_how_many_checkpoints(catalog: Catalog) -> None:
    architecture = make_architecture(native_size=256, tags=("resnet",))
    default = make_counted_workload(input_size=256)
    best = make_accuracy("toynet.v2", top1=80.0, input_size=288)
    store(
        catalog,
        architecture,
        default,
        make_counted_workload(input_size=224, gmacs=1.0),
        make_checkpoint("toynet.v1"),
        make_checkpoint("toynet.v2"),
        make_checkpoint("toynet.v3"),
        make_checkpoint("othernet.v1"),
        make_accuracy("toynet.v1", top1=75.0),
        best,
        make_accuracy("toynet.v2", top1=78.0, input_size=224),
        make_accuracy("toynet.v3", top1=95.0, dataset=Dataset.IMAGENET_REAL),
        make_accuracy("toynet.v3", top1=95.0, precision=Precision.INT8),
        make_accuracy("othernet.v1", top1=90.0),
    )
    with catalog.read() as session:
        summaries = find_architectures(session, ArchitectureQuery(text="toynet", tags=("resnet",)), limit=10)
    assert summaries == [ArchitectureSummary(architecture, default, None, best, 3, ("supervised",))]


def test_of_equal_accuracies_the_smallest_input_speaks(catalog: Catalog) -> None:
    store(
        catalog,
        make_checkpoint("toynet.v1"),
        make_checkpoint("toynet.v2"),
        make_accuracy("toynet.v2", top1=75.0, input_size=224),
        make_accuracy("toynet.v1", top1=75.0, input_size=288),
        make_accuracy("toynet.v1", top1=75.0, input_size=224),
    )
    with catalog.read() as session:
        (summary,) = find_architectures(session, EVERYTHING, limit=10)
    assert summary.most_accurate == make_accuracy("toynet.v1", top1=75.0, input_size=224)


def test_a_summary_of_which_only_the_name_is_known_is_empty(catalog: Catalog) -> None:
    failed = make_counted_workload("failed", count_failure="no such operator")
    store(catalog, Architecture("toynet"), failed)
    with catalog.read() as session:
        assert find_architectures(session, EVERYTHING, limit=10) == [
            ArchitectureSummary(make_architecture("failed"), failed, None, None, 0, ()),
            ArchitectureSummary(Architecture("toynet"), None, None, None, 0, ()),
        ]


def test_counts_at_another_than_the_native_size_are_not_in_a_summary(catalog: Catalog) -> None:
    store(catalog, make_architecture(native_size=None), make_counted_workload())
    store(catalog, make_architecture("othernet", num_classes=None), make_counted_workload("othernet"))
    with catalog.read() as session:
        assert [one.counted for one in find_architectures(session, EVERYTHING, limit=10)] == [None, None]


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_pages_cover_each_architecture_once_in_order_of_name(catalog: Catalog, limit: int) -> None:
    numbers = range(30)
    names = [f"{'toynet_' if number % 3 else 'Toynet'}{number}" for number in numbers]
    store(
        catalog,
        *(
            make_architecture(name, tags=("even",) if number % 2 == 0 else ("odd",))
            for number, name in enumerate(names)
        ),
    )
    with catalog.read() as session:
        everything = architecture_names(session)
    for query, expected in (
        (EVERYTHING, set(names)),
        (ArchitectureQuery(tags=("even",)), set(names[::2])),
    ):
        pages: list[str] = []
        with catalog.read() as session:
            after = None
            while page := find_architectures(session, query, after=after, limit=limit):
                assert len(page) <= limit
                pages += [summary.architecture.name for summary in page]
                assert len(pages) <= len(names), "a page came twice"
                after = pages[-1]
        assert pages == [name for name in everything if name in expected]


def test_a_page_may_begin_behind_a_name_that_is_not_there(catalog: Catalog) -> None:
    store(catalog, make_architecture("a"), make_architecture("c"))
    with catalog.read() as session:
        (page,) = find_architectures(session, EVERYTHING, after="b", limit=10)
        assert page.architecture.name == "c"
        assert find_architectures(session, EVERYTHING, after="c", limit=10) == []
