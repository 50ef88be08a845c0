"""Campaigns that ask the runtime for its nodes, and campaigns of listed cases."""

from dataclasses import replace

import pytest

from catalog.entities.configurations import Configuration
from catalog.entities.networks import Workload
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import RuntimeName
from profiler.cases import Case
from profiler.failures import CaseFailed
from tests.builders import success_of
from tests.fakes.campaign import FakeProcess
from tests.profiler.campaign.bench import ONE, Bench, request


def test_nodes_are_profiled_once_a_case_after_its_processes_are_closed(bench: Bench) -> None:
    bench.campaign.run(replace(request("alpha", "beta"), node_profiles=True))
    profiles = [success_of(one).node_profile for one in bench.stored()]
    assert len(bench.machine.profiled) == len(set(bench.machine.profiled)) == 4
    assert all(profile is not None and len(profile.nodes) == 1 for profile in profiles)


def test_as_many_profile_side_by_side_as_a_case_has_cpus(bench: Bench) -> None:
    bench.campaign.run(replace(request("alpha", "beta"), node_profiles=True))
    assert bench.machine.most_profiled == 2
    bench.machine.most_profiled = 0
    bench.campaign.run(replace(request("alpha", "beta"), threads=(1,), node_profiles=True))
    assert bench.machine.most_profiled == 1


def test_nobody_is_asked_for_nodes_unless_the_request_wants_them(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    assert bench.machine.profiled == []
    assert {success_of(one).node_profile for one in bench.stored()} == {None}


def test_a_case_that_fails_is_not_asked_for_its_nodes(bench: Bench) -> None:
    def fail(process: FakeProcess) -> float:
        raise CaseFailed(FailureReason.CRASHED, "SIGSEGV")

    bench.machine.latency_ms = fail
    outcome = bench.campaign.run(replace(request("alpha", runtimes=ONE), node_profiles=True))
    assert outcome.failed == 1
    assert bench.machine.profiled == []


@pytest.mark.parametrize("reason", [FailureReason.TIMED_OUT, FailureReason.OUT_OF_MEMORY])
def test_nodes_that_took_too_long_or_too_much_memory_are_asked_for_again(
    bench: Bench, reason: FailureReason
) -> None:
    def lacking(case: Case) -> None:
        raise CaseFailed(reason, "no answer within 60 s")

    wanted = replace(request("alpha", runtimes=ONE), node_profiles=True)
    bench.machine.profiling = lacking
    first = bench.campaign.run(wanted)
    (stored,) = bench.stored()
    assert first.measured == 1
    assert success_of(stored).node_profile is None
    assert [failure.reason for _, failure in bench.listener.without_nodes] == [reason]
    bench.machine.profiling = lambda case: None
    assert bench.campaign.run(wanted).measured == 1
    assert [success_of(one).node_profile is None for one in bench.stored()].count(False) == 1


def test_what_was_measured_without_nodes_is_measured_again_where_they_are_wanted(bench: Bench) -> None:
    bench.campaign.run(request("alpha"))
    wanted = replace(request("alpha", "beta"), node_profiles=True)
    first, second = bench.campaign.run(wanted), bench.campaign.run(wanted)
    assert (first.measured, first.already_measured) == (4, 0)
    assert (second.measured, second.already_measured) == (0, 4)


def test_listed_cases_are_measured_and_no_others(bench: Bench) -> None:
    cases = tuple(
        Case(
            Workload(name, 1000, 224),
            Configuration(RuntimeName.OPENVINO, batch_size=batch, threads=1),
        )
        for name, batch in (("beta", 4), ("alpha", 1))
    )
    bench.campaign.run(replace(request("beta", "alpha"), listed=cases))
    measured = {Case(one.workload, one.configuration) for one in bench.stored()}
    assert measured == set(cases)
