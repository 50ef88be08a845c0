"""Each write notes whose candidates it changes, and no write notes more."""

from collections.abc import Callable, Iterable

import pytest

from catalog.entities.measurements import Withdrawal
from catalog.entities.samples import PendingSample
from catalog.storage.database import FACTS, Catalog, WriteSession, last_change, revision
from catalog.storage.estimates import drop_estimates, replace_estimates
from catalog.storage.facts.facts import (
    add_architectures,
    drop_imported_facts,
    save_accuracies,
    save_architectures,
    save_checkpoints,
    save_targets,
    save_workloads,
)
from catalog.storage.measurements.adding import add_measurements, drop_published
from catalog.storage.measurements.pending import add_pending
from catalog.storage.measurements.withdrawing import withdraw
from catalog.words.vocabulary import Provenance
from tests.builders import (
    NOON,
    make_accuracy,
    make_architecture,
    make_checkpoint,
    make_counted_workload,
    make_measurement,
    make_sample,
    make_target,
    store_measurements,
)
from tests.estimate_builders import make_basis, make_estimate

HERE, THERE, NEW = (make_target(name) for name in ("here", "there", "new"))
OF_HERE = make_measurement("toynet", target=HERE)
NEWER = make_measurement("toynet", target=HERE, source="a later campaign")
PUBLISHED = make_measurement(
    "toynet", target=THERE, provenance=Provenance.PUBLISHED, published_table="there.csv"
)
PENDING = PendingSample(
    "a workload", "a configuration", "here", "an environment", "a protocol", make_sample()
)
Write = Callable[[WriteSession], object]


def save_an_accuracy(session: WriteSession) -> None:
    save_checkpoints(session, [make_checkpoint()])
    save_accuracies(session, [make_accuracy()])


WRITES: dict[str, tuple[Write, Iterable[str]]] = {
    "a measurement": (lambda s: add_measurements(s, [NEWER]), ["here"]),
    "a measurement of a new target": (
        lambda s: add_measurements(s, [make_measurement("toynet", target=NEW)]),
        ["new"],
    ),
    "a stored measurement": (lambda s: add_measurements(s, [OF_HERE]), []),
    "a withdrawal": (lambda s: withdraw(s, OF_HERE.id, Withdrawal("wrong", NOON)), ["here"]),
    "a published table that goes": (lambda s: drop_published(s, "there.csv"), ["there"]),
    "estimates": (
        lambda s: replace_estimates(s, make_basis(target=HERE), [make_estimate("toynet")]),
        ["here"],
    ),
    "estimates that go": (lambda s: drop_estimates(s, "there"), ["there"]),
    "an architecture": (
        lambda s: save_architectures(s, [make_architecture("toynet", tags=("small",))]),
        [FACTS],
    ),
    "an unknown architecture": (lambda s: add_architectures(s, [make_architecture("othernet")]), [FACTS]),
    "a known architecture": (lambda s: add_architectures(s, [make_architecture("toynet")]), []),
    "a checkpoint": (lambda s: save_checkpoints(s, [make_checkpoint()]), [FACTS]),
    "an accuracy": (save_an_accuracy, [FACTS]),
    "counts": (lambda s: save_workloads(s, [make_counted_workload()]), [FACTS]),
    "imported facts that go": (drop_imported_facts, [FACTS]),
    "a pending sample": (lambda s: add_pending(s, [PENDING]), []),
    "nothing": (lambda s: save_architectures(s, []), []),
    "the name of a target": (lambda s: save_targets(s, [HERE]), []),
}


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    """Holds a measurement of two targets."""
    store_measurements(catalog, OF_HERE, PUBLISHED)
    return catalog


@pytest.mark.parametrize("name", WRITES)
def test_a_write_notes_whose_candidates_it_changes(filled: Catalog, name: str) -> None:
    write, expected = WRITES[name]
    with filled.write() as session:
        write(session)
    with filled.read() as session:
        now = revision(session)
        changed = {target for target in ("here", "there", "new") if last_change(session, target) == now}
    assert changed == ({"here", "there", "new"} if FACTS in expected else set(expected))
