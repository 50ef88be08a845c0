import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from catalog.entities.documents import from_document
from catalog.entities.samples import CpuClock, DeviceReading, ProcessSample
from profiler.protocol.sampling import Timings
from profiler.protocol.visits import Visit, merged, one_block
from tests.builders import make_beat, make_sample

OPENED = replace(make_sample(calls=0), seconds={"load": 0.25})


def make_visit(
    wall_ns: Sequence[int] = (10, 20), *, at_s: float = 3.0, span_ns: int | None = None, took_s: float = 0.5
) -> Visit:
    timings = Timings(tuple(wall_ns), tuple(time - 1 for time in wall_ns), span_ns)
    return Visit(at_s, took_s, timings, foreign_cpus=0.25, peak_bytes=123, clocks=(CpuClock(3000.0, 7),))


def visited(started_at: str, *visits: Visit) -> list[ProcessSample]:
    opened = replace(OPENED, started_at=started_at)
    return [one_block(opened, visit, make_beat(1.1), make_beat(1.2)) for visit in visits]


def test_a_visit_survives_its_way_through_the_pipe() -> None:
    visit = replace(make_visit(span_ns=30), device=DeviceReading(used_bytes=5, event_ns=(1, 2)))
    assert from_document(Visit, json.loads(json.dumps(asdict(visit)))) == visit


def test_a_visit_makes_a_sample_of_one_block_between_its_beats() -> None:
    visit = replace(make_visit(span_ns=30), device=DeviceReading(used_bytes=5))
    sample = one_block(OPENED, visit, make_beat(1.1), make_beat(1.2))
    (block,) = sample.blocks
    assert (block.at_s, block.calls, block.foreign_cpus, block.span_ns) == (3.0, 2, 0.25, 30)
    assert (block.real_time, block.waited) == (False, None)
    beats = make_beat(1.1), make_beat(1.2)
    (ahead,) = one_block(OPENED, replace(visit, real_time=True, waited=0.125), *beats).blocks
    assert (ahead.real_time, ahead.waited) == (True, 0.125)
    assert (block.before, block.after) == (make_beat(1.1), make_beat(1.2))
    assert (sample.wall_ns, sample.cpu_ns, sample.span_ns) == ((10, 20), (9, 19), 30)
    assert (sample.peak_bytes, sample.foreign_cpus, sample.clocks) == (123, 0.25, (CpuClock(3000.0, 7),))
    assert sample.device == visit.device
    assert sample.seconds == {"load": 0.25, "sample": 0.5}
    assert (sample.started_at, sample.warm_up_calls) == (OPENED.started_at, OPENED.warm_up_calls)


def test_visits_to_one_process_become_one_sample_with_the_calls_of_its_blocks_in_order() -> None:
    visits = visited("noon", make_visit((10, 20)), make_visit((30,), at_s=5.0), make_visit((40, 50, 60)))
    (sample,) = merged(visits)
    assert sample.wall_ns == (10, 20, 30, 40, 50, 60)
    assert sample.cpu_ns == (9, 19, 29, 39, 49, 59)
    assert [calls for _, calls in sample.calls_of_blocks()] == [(10, 20), (30,), (40, 50, 60)]
    assert sample.blocks == tuple(visit.blocks[0] for visit in visits)
    assert sample.clocks == (CpuClock(3000.0, 7),) * 3
    assert sample.seconds == {"load": 0.25, "sample": 1.5}
    assert sample.span_ns is None


def test_visits_that_were_taken_in_turns_belong_to_their_processes() -> None:
    first, second = visited("noon", make_visit((1,)), make_visit((2,)))
    other, another = visited("one", make_visit((3,)), make_visit((4,)))
    assert [sample.wall_ns for sample in merged([first, other, second, another])] == [(1, 2), (3, 4)]
    assert [sample.started_at for sample in merged([other, first, second])] == ["one", "noon"]
    assert merged([]) == []


def test_a_sample_of_several_blocks_is_merged_with_later_visits() -> None:
    visits = visited("noon", make_visit((1,)), make_visit((2, 3)), make_visit((4,)))
    assert merged([*merged(visits[:2]), visits[2]]) == merged(visits)


def test_the_largest_memory_and_the_median_neighbour_speak_for_the_process() -> None:
    visits = [
        replace(visit, peak_bytes=peak, foreign_cpus=foreign)
        for visit, peak, foreign in zip(
            visited("noon", *[make_visit()] * 3), (5, None, 3), (0.9, 0.1, 0.2), strict=True
        )
    ]
    (sample,) = merged(visits)
    assert (sample.peak_bytes, sample.foreign_cpus) == (5, 0.2)
    (unknown,) = merged([replace(visit, peak_bytes=None) for visit in visits])
    assert unknown.peak_bytes is None


def test_spans_of_overlapping_calls_are_added() -> None:
    (sample,) = merged(visited("noon", make_visit(span_ns=30), make_visit(span_ns=50)))
    assert sample.span_ns == 80
    assert [block.span_ns for block in sample.blocks] == [30, 50]


def test_the_last_quiet_level_is_the_one_that_is_known() -> None:
    first, second = visited("noon", make_visit(), make_visit())
    (sample,) = merged([replace(first, quiet_ns=2.0), replace(second, quiet_ns=1.0)])
    assert sample.quiet_ns == 1.0


def test_readings_of_a_device_are_joined_by_their_largest_memory() -> None:
    readings = (DeviceReading(3, None, 7), None, DeviceReading(5, None, None), DeviceReading(4, None, 6))
    (sample,) = merged(visited("noon", *[replace(make_visit(), device=reading) for reading in readings]))
    assert sample.device == DeviceReading(allocated_bytes=5, reserved_bytes=None, used_bytes=7)


def test_clocks_slowdowns_and_events_of_a_device_are_kept_in_order() -> None:
    readings = (
        DeviceReading(sm_clocks_mhz=(1, 2), slowdowns=("heat",), event_ns=(7,)),
        DeviceReading(sm_clocks_mhz=(3,), slowdowns=("power", "heat"), event_ns=(8, 9)),
    )
    (sample,) = merged(visited("noon", *[replace(make_visit(), device=reading) for reading in readings]))
    assert sample.device == DeviceReading(
        sm_clocks_mhz=(1, 2, 3), slowdowns=("heat", "power"), event_ns=(7, 8, 9)
    )


def test_a_processor_has_no_reading() -> None:
    (sample,) = merged(visited("noon", make_visit(), make_visit()))
    assert sample.device is None
