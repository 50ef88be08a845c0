"""What earlier campaigns of a target teach the next one."""

from dataclasses import replace
from datetime import timedelta
from math import exp, hypot, log

import pytest

from catalog.entities.measurements import Measurement
from catalog.entities.samples import ProcessSample
from catalog.storage.database import Catalog
from catalog.words.vocabulary import Provenance, RuntimeName, Status
from profiler.campaign import history
from profiler.protocol.latency import ALONE, CAMPAIGNS, Latency, latency_of
from profiler.protocol.plan import PROTOCOL_VERSION
from profiler.protocol.quiet import place_of
from profiler.protocol.summary import moments_of
from tests.builders import (
    NOON,
    QUIET_NS,
    TARGET_ID,
    make_beat,
    make_environment,
    make_measurement,
    make_sample,
    make_target,
    store_measurements,
    without_reference,
)
from tests.fakes.campaign import started_at

PLACE = place_of(make_beat())


def campaign(
    latency_ms: float = 10.0,
    name: str = "toynet",
    *,
    hour: int = 0,
    samples: tuple[ProcessSample, ...] | None = None,
    provenance: Provenance = Provenance.MEASURED,
    protocol_version: int = PROTOCOL_VERSION,
) -> Measurement:
    """What a campaign measured of a case: three steady processes."""
    processes = tuple(make_sample(latency_ms, started_at=started_at(number)) for number in range(3))
    return make_measurement(
        name,
        latency_ms,
        samples=processes if samples is None else samples,
        measured_at=NOON + timedelta(hours=hour),
        provenance=provenance,
        protocol_version=protocol_version,
    )


def alone(measurement: Measurement) -> Latency:
    return latency_of(moments_of(history._samples(measurement)), campaigns=ALONE)


# Which measurements count


def test_the_newest_measurements_of_this_protocol_come_the_older_first(sqlite_catalog: Catalog) -> None:
    mine = [campaign(hour=hour) for hour in range(3)]
    others = (
        campaign(hour=3, protocol_version=PROTOCOL_VERSION - 1),
        campaign(hour=4, provenance=Provenance.PUBLISHED),
        replace(campaign(hour=5), target=make_target("another-2c")),
        make_measurement("toynet", status=Status.FAILED, measured_at=NOON + timedelta(hours=6)),
    )
    catalog = without_reference(sqlite_catalog)
    store_measurements(catalog, *mine, *others)
    with catalog.read() as session:
        assert history.last_measurements(session, TARGET_ID) == mine


def test_only_so_many_measurements_are_read(sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_REMEMBERED", 2)
    catalog = without_reference(sqlite_catalog)
    store_measurements(catalog, *(campaign(hour=hour) for hour in range(3)))
    with catalog.read() as session:
        found = history.last_measurements(session, TARGET_ID)
    assert [one.measured_at.hour for one in found] == [13, 14]


def test_measurements_that_say_nothing_of_the_machine_now_do_not_crowd_out_those_that_do(
    sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_REMEMBERED", 2)
    catalog = without_reference(sqlite_catalog)
    mine = campaign()
    others = [
        campaign(name="othernet", hour=1, provenance=Provenance.PUBLISHED),
        campaign(name="thirdnet", hour=2, protocol_version=PROTOCOL_VERSION - 1),
    ]
    store_measurements(catalog, mine, *others)
    with catalog.read() as session:
        assert history.last_measurements(session, TARGET_ID) == [mine]


def test_campaigns_on_another_number_of_cpus_do_not_crowd_out_a_level(
    sqlite_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_REMEMBERED", 2)
    catalog = without_reference(sqlite_catalog)
    alone_ = campaign()
    pairs = [
        replace(one, configuration=replace(one.configuration, threads=2))
        for one in (campaign(hour=hour) for hour in range(1, 4))
    ]
    store_measurements(catalog, alone_, *pairs)
    with catalog.read() as session:
        assert history.last_measurements(session, TARGET_ID) == [alone_, *pairs[1:]]


# The quiet level


def test_the_quiet_level_is_that_of_the_quietest_beats_that_were_stored() -> None:
    measured = [campaign(samples=(make_sample(slowdown=slowdown),)) for slowdown in (1.2, 1.0, 1.1)]
    quiet = history.quiet_level(measured)
    assert quiet.known_ns(PLACE) == pytest.approx(QUIET_NS)
    assert quiet.now_ns(PLACE) is None


def test_of_no_measurements_nothing_is_known() -> None:
    assert history.quiet_level([]).level_ns(PLACE) is None
    assert history.spread_between_campaigns([]).sd == pytest.approx(CAMPAIGNS.sd)


# What campaigns differ by


def test_campaigns_that_part_widen_the_interval_of_the_next() -> None:
    measured = [campaign(10.0), campaign(11.0, hour=1)]
    spread = history.spread_between_campaigns(measured)
    assert spread.freedom == CAMPAIGNS.freedom + 1
    excess = (log(1.1) ** 2 - hypot(*(alone(one).error for one in measured)) ** 2) / 2
    expected = (CAMPAIGNS.freedom * CAMPAIGNS.sd**2 + excess) / spread.freedom
    assert spread.sd == pytest.approx(expected**0.5)
    moments = moments_of(history._samples(measured[0]))
    next_one, before = latency_of(moments, campaigns=spread), latency_of(moments)
    assert next_one.up > 2 * before.up
    assert exp(next_one.value + next_one.up) > 10.5e6 > exp(before.value + before.up)


def test_campaigns_that_agree_narrow_it() -> None:
    measured = [campaign(10.0, hour=hour) for hour in range(4)]
    spread = history.spread_between_campaigns(measured)
    assert spread.freedom == CAMPAIGNS.freedom + 3
    assert 0 < spread.sd < CAMPAIGNS.sd


def test_other_cases_and_other_environments_are_not_compared() -> None:
    first = campaign(10.0)
    runtime = replace(first.configuration, runtime=RuntimeName.OPENVINO)
    measured = [
        first,
        campaign(20.0, "othernet", hour=1),
        replace(campaign(30.0, hour=2), configuration=runtime),
        replace(campaign(40.0, hour=3), environment=make_environment("2.0")),
    ]
    assert history.spread_between_campaigns(measured).freedom == CAMPAIGNS.freedom


def test_a_measurement_of_a_single_block_says_nothing_of_campaigns() -> None:
    single = (make_sample(20.0, calls=3, blocks=1),)
    measured = [campaign(10.0), campaign(20.0, hour=1, samples=single), campaign(10.0, hour=2)]
    spread = history.spread_between_campaigns(measured)
    assert spread.freedom == CAMPAIGNS.freedom + 1
    assert spread.sd < CAMPAIGNS.sd


def test_an_imported_measurement_without_samples_says_nothing_of_campaigns() -> None:
    measured = [campaign(10.0), campaign(20.0, hour=1, samples=())]
    assert history.spread_between_campaigns(measured).freedom == CAMPAIGNS.freedom
