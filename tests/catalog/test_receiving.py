"""What somebody uploads: the border of an import, and nothing of anybody else is replaced or hidden."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.entities.configurations import Target
from catalog.entities.identity import hardware_id
from catalog.entities.keys import ApiKey
from catalog.entities.measurements import Measurement, Withdrawal
from catalog.entities.networks import Checkpoint
from catalog.errors import ExchangeConflict, ExchangeError
from catalog.exchange.writing import lines_of
from catalog.receiving import receive_array, receive_lines
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import find_target, find_targets
from catalog.storage.facts.names import architecture_names, knows
from catalog.storage.facts.search import ArchitectureQuery, find_architectures
from catalog.storage.keys import add_key, find_key, revoke_key
from catalog.storage.measurements.finding import MeasurementQuery, find_measurements
from catalog.storage.measurements.withdrawing import withdraw
from catalog.storage.summaries.cards import find_card
from catalog.storage.uploads import uploaders_of
from catalog.words.vocabulary import Device, Provenance, Scope
from tests.builders import (
    NOON,
    make_architecture,
    make_artefact,
    make_counted_workload,
    make_measurement,
    make_target,
    store_measurements,
)
from tests.catalog.storage.stored import revision_of

NOW = datetime.now(UTC)
IDENTITY: dict[str, str | int] = {"model_name": "Runner", "cpus": 2}
RUNNER = Target(hardware_id("runner-2c", IDENTITY), Device.CPU, "Runner, 2 CPUs", IDENTITY)


def measured(architecture: str = "resnet18", latency: float = 5.0, **changes: Any) -> Measurement:
    fields: dict[str, Any] = {"target": RUNNER, **changes}
    return make_measurement(architecture, latency, **fields)


def key_of(catalog: Catalog, name: str, scope: Scope = Scope.INGEST) -> ApiKey:
    with catalog.write() as session:
        text = add_key(session, name, scope, NOW)
    with catalog.read() as session:
        key = find_key(session, text)
    assert key is not None
    return key


def lines(*records: Any) -> bytes:
    needed = {record.target.id: record.target for record in records if isinstance(record, Measurement)}
    return "\n".join(lines_of([*needed.values(), *records])).encode()


def documents(*records: Any) -> list[dict[str, Any]]:
    _, *documents, _ = (json.loads(line) for line in lines(*records).splitlines())
    return documents


def stored(catalog: Catalog, architecture: str = "resnet18") -> list[Measurement]:
    query = MeasurementQuery(architecture=architecture, target=RUNNER.id, withdrawn=True)
    with catalog.read() as session:
        return find_measurements(session, query, with_samples=True)


def test_what_is_uploaded_is_stored_with_its_uploader_and_once(catalog: Catalog) -> None:
    key, sent = key_of(catalog, "ci-1"), [measured(), measured("resnet50", 9.0)]
    first = receive_lines(catalog, lines(*sent), key, NOW)
    assert (first.measurements, first.new) == (2, 2)
    after = revision_of(catalog)
    again = [
        receive_lines(catalog, lines(*sent), key, NOW),
        receive_array(catalog, json.dumps(documents(*sent)).encode(), key, NOW),
    ]
    assert [(receipt.measurements, receipt.new) for receipt in again] == [(2, 0), (2, 0)]
    assert revision_of(catalog) == after  # what is held of the catalog stays valid
    assert [one.id for one in stored(catalog)] == [sent[0].id]
    with catalog.read() as session:
        assert uploaders_of(session, [one.id for one in sent]) == {one.id: "ci-1" for one in sent}


def test_an_array_may_be_a_whole_export(sqlite_catalog: Catalog) -> None:
    whole = [json.loads(line) for line in lines(measured()).splitlines()]
    key = key_of(sqlite_catalog, "ci-1")
    assert receive_array(sqlite_catalog, json.dumps(whole).encode(), key, NOW).new == 1


def test_an_uploader_may_measure_again(sqlite_catalog: Catalog) -> None:
    key = key_of(sqlite_catalog, "ci-1")
    receive_lines(sqlite_catalog, lines(measured()), key, NOW)
    again = measured(latency=6.0, measured_at=NOON + timedelta(days=1))
    assert receive_lines(sqlite_catalog, lines(again), key, NOW).new == 1
    assert stored(sqlite_catalog)[0].id == again.id


def test_a_new_key_of_the_same_name_takes_the_place_of_the_old(sqlite_catalog: Catalog) -> None:
    old = key_of(sqlite_catalog, "ci-1")
    receive_lines(sqlite_catalog, lines(measured()), old, NOW)
    with sqlite_catalog.write() as session:
        revoke_key(session, old.id, NOW)
    later = measured(measured_at=NOON + timedelta(days=1))
    assert receive_lines(sqlite_catalog, lines(later), key_of(sqlite_catalog, "ci-1"), NOW).new == 1


def refused(catalog: Catalog, key: ApiKey, *records: Any, match: str) -> None:
    """The upload is a conflict, in both forms, and leaves the catalog as it was."""
    before = revision_of(catalog)
    with pytest.raises(ExchangeConflict, match=match):
        receive_lines(catalog, lines(*records), key, NOW)
    with pytest.raises(ExchangeConflict, match=match):
        receive_array(catalog, json.dumps(documents(*records)).encode(), key, NOW)
    assert revision_of(catalog) == before


def test_nobody_replaces_what_another_uploaded(catalog: Catalog) -> None:
    receive_lines(catalog, lines(measured()), key_of(catalog, "ci-1"), NOW)
    later = measured(latency=0.1, measured_at=NOON + timedelta(days=1))
    other = key_of(catalog, "ci-2")
    refused(catalog, other, measured("resnet50"), later, match="ci-1 uploaded")
    assert len(stored(catalog)) == 1
    assert stored(catalog, "resnet50") == []  # all or nothing
    assert receive_lines(catalog, lines(later), key_of(catalog, "boss", Scope.ADMIN), NOW).new == 1


def test_nobody_replaces_what_the_server_measured(sqlite_catalog: Catalog) -> None:
    store_measurements(sqlite_catalog, measured())
    later = measured(latency=0.1, measured_at=NOON + timedelta(days=1))
    refused(sqlite_catalog, key_of(sqlite_catalog, "ci-1"), later, match="this server holds")


def test_a_case_whose_measurements_were_withdrawn_is_free(sqlite_catalog: Catalog) -> None:
    store_measurements(sqlite_catalog, measured())
    with sqlite_catalog.write() as session:
        withdraw(session, measured().id, Withdrawal("a wrong clock", NOON))
    later = measured(measured_at=NOON + timedelta(days=1))
    assert receive_lines(sqlite_catalog, lines(later), key_of(sqlite_catalog, "ci-1"), NOW).new == 1


@pytest.mark.parametrize("scope", [Scope.INGEST, Scope.ADMIN])
def test_the_same_measurement_with_another_outcome_is_a_conflict(
    sqlite_catalog: Catalog, scope: Scope
) -> None:
    key = key_of(sqlite_catalog, "ci-1", scope)
    receive_lines(sqlite_catalog, lines(measured()), key, NOW)
    other = measured(latency=4.0)
    assert other.id == measured().id
    refused(sqlite_catalog, key, other, match="another outcome")


def test_a_measurement_cannot_be_sent_twice_with_two_outcomes(sqlite_catalog: Catalog) -> None:
    key = key_of(sqlite_catalog, "ci-1")
    refused(sqlite_catalog, key, measured(), measured(latency=4.0), match="another outcome")


def test_a_target_has_one_identity(sqlite_catalog: Catalog) -> None:
    key = key_of(sqlite_catalog, "ci-1")
    receive_lines(sqlite_catalog, lines(measured()), key, NOW)
    forged = measured("resnet50", target=replace(RUNNER, identity={**IDENTITY, "cpus": 64}))
    refused(sqlite_catalog, key, forged, match="another identity")
    renamed = measured("resnet50", target=replace(RUNNER, label="Another"))
    receive_lines(sqlite_catalog, lines(renamed), key, NOW)
    with sqlite_catalog.read() as session:
        assert find_target(session, RUNNER.id) == RUNNER


def test_the_id_of_a_new_target_follows_from_its_identity(sqlite_catalog: Catalog) -> None:
    """Otherwise somebody could take the id of hardware that others will measure."""
    for id_ in ("rtx-5090", "runner-2c-000000", RUNNER.id[:-1]):
        with pytest.raises(ExchangeError, match="does not follow from its identity"):
            receive_lines(
                sqlite_catalog,
                lines(measured(target=replace(RUNNER, id=id_))),
                key_of(sqlite_catalog, f"ci-{id_}"),
                NOW,
            )


@pytest.mark.parametrize("scope", [Scope.INGEST, Scope.ADMIN])
def test_a_published_target_is_not_measured(sqlite_catalog: Catalog, scope: Scope) -> None:
    with sqlite_catalog.read() as session:
        published = find_targets(session)[0]
    key = key_of(sqlite_catalog, "ci-1", scope)
    refused(sqlite_catalog, key, measured(target=published), match="published")


@pytest.mark.parametrize(
    "changes", [{"provenance": Provenance.PUBLISHED}, {"published_table": "table.csv"}], ids=str
)
def test_only_what_was_measured_is_taken(sqlite_catalog: Catalog, changes: dict[str, Any]) -> None:
    forged = replace(measured(), **changes)
    with pytest.raises(ExchangeError, match="was not measured by archrank"):
        receive_lines(sqlite_catalog, lines(forged), key_of(sqlite_catalog, "ci-1", Scope.ADMIN), NOW)


@pytest.mark.parametrize("name", ["ResNet-50", "resnet_50", "mobilenet_v3_large", "RESNET18"])
def test_a_new_network_has_a_name_of_its_own(sqlite_catalog: Catalog, name: str) -> None:
    records = make_architecture(name), measured(name)
    refused(sqlite_catalog, key_of(sqlite_catalog, "ci-1"), *records, match="another name of")


def test_a_network_that_is_new_is_added_and_facts_are_not(sqlite_catalog: Catalog) -> None:
    key = key_of(sqlite_catalog, "ci-1")
    facts = [
        make_architecture("toynet"),
        make_architecture("resnet18", family="forged"),
        make_architecture("idle"),
        Checkpoint("resnet18.forged", "resnet18"),
        make_counted_workload("toynet"),
    ]
    receive_lines(sqlite_catalog, lines(*facts, measured("toynet"), measured()), key, NOW)
    with sqlite_catalog.read() as session:
        assert "toynet" in architecture_names(session)
        assert "idle" not in architecture_names(session)
        assert not knows(session, "resnet18.forged")


def test_an_upload_does_not_change_the_size_of_a_network(catalog: Catalog) -> None:
    """The card and the search show it for every target. Withdrawing would not bring the right size back."""
    key = key_of(catalog, "ci-1")
    with catalog.read() as session:
        card = find_card(session, "resnet18")
        assert card is not None
        assert card.default_workload is not None
    native = card.default_workload.workload
    measurement = replace(measured(), workload=native)
    own = replace(measurement, artefact=make_artefact(native), target=make_target("own-cpu"))
    forged = replace(measurement, artefact=make_artefact(native, size_bytes=1))
    store_measurements(catalog, own)
    receive_lines(catalog, lines(forged), key, NOW)
    with catalog.read() as session:
        card = find_card(session, "resnet18")
        (summary,) = find_architectures(
            session, ArchitectureQuery(text="resnet18"), after="resnet17", limit=1
        )
        assert card is not None
        assert (card.file_bytes, summary.file_bytes) == ({native.id: 46_800_000}, 46_800_000)
    with catalog.write() as writing:
        withdraw(writing, own.id, Withdrawal("a wrong file", NOON))
    with catalog.read() as session:
        card = find_card(session, "resnet18")
        assert card is not None
        assert card.file_bytes == {}


def test_a_file_of_one_hash_has_one_size(sqlite_catalog: Catalog) -> None:
    own = measured(target=make_target("own-cpu"))
    store_measurements(sqlite_catalog, own)
    assert own.artefact is not None
    forged = replace(measured(), artefact=replace(own.artefact, bytes=1))
    refused(sqlite_catalog, key_of(sqlite_catalog, "ci-1"), forged, match="artefact.bytes")


def changed(path: str, value: object) -> bytes:
    *before, document = documents(measured())
    *parents, name = path.split(".")
    part: Any = document
    for parent in parents:
        part = part[int(parent)] if isinstance(part, list) else part[parent]
    part[name] = value
    return json.dumps([*before, document]).encode()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"{}", "not a JSON array"),
        (b"[1]", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b'[{"record": "measurement", "record": "target"}]', "occurs more than once"),
        (b"[NaN]", "not a number"),
        (b"\xff", "not JSON"),
        (b'[{"record": "key"}]', "unknown kind"),
        (b'[{"format": "archrank-catalog", "version": 99}]', "version 99 is unknown"),
        (changed("measured_at", "2099-01-01T00:00:00Z"), "in the future"),
        (changed("outcome.values.0.value", -1.0), "can be"),
        (changed("outcome.values.0.metric", "top1"), "no number of a case"),
        (
            json.dumps(documents(measured("unknownnet"))).encode(),
            "unknown. workload.architecture: neither the catalog nor the file has unknownnet",
        ),
        (changed("extra", 1), "nexpected"),
        (
            changed("configuration.device", "cuda"),
            "configuration.device: It is cuda, and the target is of the",
        ),
        (changed("configuration.clients", 4), "configuration.clients"),
    ],
)
def test_what_cannot_be_is_refused_by_item(sqlite_catalog: Catalog, body: bytes, complaint: str) -> None:
    key = key_of(sqlite_catalog, "ci-1")
    before = revision_of(sqlite_catalog)
    with pytest.raises(ExchangeError, match=complaint) as caught:
        receive_array(sqlite_catalog, body, key, NOW)
    assert revision_of(sqlite_catalog) == before
    if body.startswith(b'[{"record": "target"'):
        assert caught.value.place == "Item 1"


def test_a_part_of_an_export_is_refused(sqlite_catalog: Catalog) -> None:
    whole = lines(measured(), measured("resnet50"))
    key = key_of(sqlite_catalog, "ci-1")
    for end in range(0, len(whole) - 1, 97):
        with pytest.raises(ExchangeError):
            receive_lines(sqlite_catalog, whole[:end], key, NOW)
    assert stored(sqlite_catalog) == []


def test_a_refused_line_is_named_by_its_number(sqlite_catalog: Catalog) -> None:
    whole = lines(measured()).splitlines()
    broken = b"\n".join([whole[0], whole[1], b'{"record": "measurement"}', *whole[3:]])
    with pytest.raises(ExchangeError) as caught:
        receive_lines(sqlite_catalog, broken, key_of(sqlite_catalog, "ci-1"), NOW)
    assert caught.value.place == "Line 3"
