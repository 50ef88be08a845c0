"""The candidates that the application keeps between requests are always those of the request's revision."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import app.questions.candidates.held_candidates
from app.questions.candidates.held_candidates import CandidateCache
from catalog.candidates.columns import CandidateColumns
from catalog.entities.configurations import Target
from catalog.storage.candidates.rows import candidate_columns
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import add_measurements
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Device, Provenance
from tests.builders import TARGET_ID, make_measurement, make_target, store_measurements


def held(candidates: CandidateCache, catalog: Catalog, *arguments: object) -> CandidateColumns:
    with catalog.read() as session:
        return candidates.columns(session, TARGET_ID, *arguments)  # type: ignore[arg-type]


def test_a_target_is_read_once_for_each_revision(catalog: Catalog) -> None:
    candidates = CandidateCache()
    store_measurements(catalog, make_measurement("anet"))
    first = held(candidates, catalog)
    assert list(first.architecture) == ["anet"]
    assert held(candidates, catalog) is first
    store_measurements(catalog, make_measurement("bnet"))
    assert list(held(candidates, catalog).architecture) == ["anet", "bnet"]


def test_what_follows_a_read_is_done_once_for_each(sqlite_catalog: Catalog) -> None:
    reads: list[None] = []
    candidates = CandidateCache(after_read=lambda: reads.append(None))
    store_measurements(sqlite_catalog, make_measurement("anet"))
    for _ in range(2):
        held(candidates, sqlite_catalog)
    assert len(reads) == 1
    store_measurements(sqlite_catalog, make_measurement("bnet"))
    held(candidates, sqlite_catalog)
    assert len(reads) == 2


def test_a_write_to_another_target_leaves_what_is_held(catalog: Catalog) -> None:
    candidates = CandidateCache()
    elsewhere = make_target("elsewhere")
    store_measurements(catalog, make_measurement("anet"), make_measurement("anet", target=elsewhere))
    first = held(candidates, catalog)
    with catalog.write() as session:
        add_measurements(session, [make_measurement("anet", target=elsewhere, source="later")])
    assert held(candidates, catalog) is first
    with catalog.write() as session:
        add_measurements(session, [make_measurement("anet", 3.0, source="later")])
    assert held(candidates, catalog).metrics[Metric.LATENCY_MS].value.tolist() == [3.0]


def test_bounds_are_computed_again_when_a_target_of_the_class_changes(
    sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = CandidateCache()
    computed: list[object] = []
    twin, gpu = make_target("twin"), make_target("gpu", kind=Device.CUDA)
    store_measurements(
        sqlite_catalog, *(make_measurement("anet", target=one) for one in (make_target(), twin, gpu))
    )

    def bounded(*columns: object) -> tuple[()]:
        computed.append(columns)
        return ()

    monkeypatch.setattr("app.questions.candidates.held_candidates.bounded_candidates", bounded)

    def times_after_a_write_to(target: Target) -> int:
        with sqlite_catalog.write() as session:
            add_measurements(session, [make_measurement("anet", target=target, source="later")])
        with sqlite_catalog.read() as session:
            candidates.bounded(session, make_target())
        return len(computed)

    assert [times_after_a_write_to(target) for target in (twin, gpu, make_target())] == [1, 1, 2]


def test_evidence_and_targets_are_told_apart(catalog: Catalog) -> None:
    candidates = CandidateCache()
    store_measurements(
        catalog,
        make_measurement("anet"),
        make_measurement("bnet", provenance=Provenance.PUBLISHED),
        make_measurement("cnet", target=make_target("elsewhere")),
    )
    assert list(held(candidates, catalog, [Provenance.MEASURED]).architecture) == ["anet"]
    assert list(held(candidates, catalog, [Provenance.PUBLISHED]).architecture) == ["bnet"]
    both = held(candidates, catalog, [Provenance.PUBLISHED, Provenance.MEASURED])
    assert list(both.architecture) == ["anet", "bnet"]
    assert held(candidates, catalog, [Provenance.MEASURED, Provenance.PUBLISHED]) is both
    assert list(held(candidates, catalog).architecture) == ["anet", "bnet"]
    with catalog.read() as session:
        assert list(candidates.columns(session, "elsewhere").architecture) == ["cnet"]


def test_who_reads_an_older_state_gets_it_and_brings_it_not_back(catalog: Catalog) -> None:
    candidates = CandidateCache()
    store_measurements(catalog, make_measurement("anet"))
    with catalog.read() as old:
        before = candidates.columns(old, TARGET_ID)
        store_measurements(catalog, make_measurement("bnet"))
        after = held(candidates, catalog)
        assert list(candidates.columns(old, TARGET_ID).architecture) == list(before.architecture)
        assert list(after.architecture) == ["anet", "bnet"]
        assert held(candidates, catalog) is after


@pytest.fixture
def room_for_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one candidate each."""
    monkeypatch.setattr(
        "app.questions.candidates.held_candidates._MAX_CANDIDATES",
        8 * (1 + app.questions.candidates.held_candidates._OVERHEAD),
    )


@pytest.mark.usefixtures("room_for_eight")
def test_no_more_than_some_targets_are_held(sqlite_catalog: Catalog) -> None:
    candidates = CandidateCache()
    targets = [make_target(f"target{number}") for number in range(9)]
    store_measurements(sqlite_catalog, *(make_measurement("anet", target=one) for one in targets))
    with sqlite_catalog.read() as session:
        first, *_, last = [candidates.columns(session, one.id) for one in targets]
        assert len(candidates._held) == 8
        assert candidates.columns(session, targets[8].id) is last
        assert candidates.columns(session, targets[0].id) is not first


@pytest.mark.usefixtures("room_for_eight")
def test_the_targets_held_are_those_asked_for_last(sqlite_catalog: Catalog) -> None:
    candidates = CandidateCache()
    targets = [make_target(f"target{number}") for number in range(9)]
    store_measurements(sqlite_catalog, *(make_measurement("anet", target=one) for one in targets))
    with sqlite_catalog.read() as session:
        first, *_ = [candidates.columns(session, one.id) for one in targets[:8]]
        assert candidates.columns(session, targets[0].id) is first
        candidates.columns(session, targets[8].id)
        assert candidates.columns(session, targets[0].id) is first


def test_requests_side_by_side_read_the_catalog_once(
    sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_measurements(sqlite_catalog, make_measurement("anet"))
    reads = []

    def counted(*arguments: object) -> CandidateColumns:
        reads.append(arguments)
        return candidate_columns(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("app.questions.candidates.held_candidates.candidate_columns", counted)
    candidates = CandidateCache()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: held(candidates, sqlite_catalog), range(8)))
    assert len(reads) == 1
    assert all(one is found[0] for one in found)
