"""The command of each doubt is run, and the new measurement is without the doubt."""

import pytest

from app.presentation.commands.configurations import reproduce_command
from app.presentation.commands.doubts import doubt_command
from catalog.entities.measurements import Measurement
from catalog.host import local_target
from catalog.opening import open_catalog
from catalog.storage.measurements.adding import add_measurements
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Provenance
from tests.builders import make_measurement, store_measurements, success_of
from tests.remedies.host import FakeHost

# What a machine cannot do, or has published, no command changes. The remedy says what to do instead.
WITHOUT_COMMAND = {
    Doubt.MEMORY_UNKNOWN: "Let the process read /proc",
    Doubt.MEMORY_LEVELS: "Leave room above the number",
    Doubt.FEWER_THREADS: "Measure the case with fewer threads",
    Doubt.UNPINNED: "on Linux",
    Doubt.UNDATED: "Compare the framework's version",
    Doubt.ACCURACY_TRANSFERRED: "Compare both precisions on your own labelled images",
}
OF_PUBLISHED = (Doubt.MEAN_OF_CALLS, Doubt.LEARNT_INTERVAL)
OF_IMPORTS = (Doubt.IMPORTED,)


def doubtful(host: FakeHost, doubt: Doubt) -> Measurement:
    """A measurement of this machine that has the doubt."""
    one = make_measurement("resnet18", target=local_target(), threads=1, arena=True, doubts=(doubt,))
    with open_catalog(host.url) as catalog:
        store_measurements(catalog, one)
    return one


def command_for(doubt: Doubt, one: Measurement) -> str | None:
    workload = one.workload
    again = reproduce_command(workload.architecture, workload.input_size, one.configuration)
    return doubt_command(doubt, again, one.provenance)


@pytest.mark.parametrize("doubt", sorted(set(Doubt) - {*WITHOUT_COMMAND, *OF_PUBLISHED, *OF_IMPORTS}))
def test_the_command_of_a_doubt_measures_the_same_case_without_it(host: FakeHost, doubt: Doubt) -> None:
    one = doubtful(host, doubt)
    host.done(command_for(doubt, one))
    newest, oldest = host.measurements()
    assert oldest.id == one.id
    assert (newest.workload, newest.configuration) == (one.workload, one.configuration)
    assert success_of(newest).doubts == ()


@pytest.mark.parametrize("doubt", WITHOUT_COMMAND)
def test_a_doubt_that_no_command_removes_says_what_to_do_instead(host: FakeHost, doubt: Doubt) -> None:
    assert command_for(doubt, doubtful(host, doubt)) is None
    assert WITHOUT_COMMAND[doubt] in doubt.remedy


@pytest.mark.parametrize("doubt", OF_PUBLISHED)
def test_a_published_mean_is_measured_on_the_users_own_hardware(host: FakeHost, doubt: Doubt) -> None:
    published = make_measurement("resnet18", provenance=Provenance.PUBLISHED)
    host.done(command_for(doubt, published))
    assert all(success_of(one).doubts == () for one in host.measurements())
    assert host.measurements()


def test_what_an_import_added_is_forgotten(host: FakeHost) -> None:
    forged = make_measurement("resnet18", target=local_target(), provenance=Provenance.PUBLISHED)
    with open_catalog(host.url) as catalog, catalog.write() as session:
        add_measurements(session, [forged], imported_from="an import")
    (stored,) = host.measurements()
    assert success_of(stored).doubts == OF_IMPORTS
    host.done(command_for(Doubt.IMPORTED, stored))
    assert host.measurements() == []
