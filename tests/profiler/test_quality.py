from catalog.vocabulary import Doubt
from profiler.quality import doubts
from profiler.summary import half_width
from tests.fakes import make_sample


def test_quiet_samples_raise_no_doubt() -> None:
    assert doubts([make_sample()] * 3, 0.02) == ()


def test_a_neighbour_beside_most_processes_makes_a_case_contended() -> None:
    quiet, disturbed = make_sample(foreign_cpus=0.02), make_sample(foreign_cpus=0.9)
    assert doubts([quiet, disturbed, disturbed], 0.02) == (Doubt.CONTENDED,)
    assert doubts([quiet, quiet, disturbed], 0.02) == ()


def test_unsettled_warm_ups_few_calls_and_a_single_process_are_doubts() -> None:
    assert doubts([make_sample(settled=False)] * 3, 0.02) == (Doubt.WARM_UP_UNSETTLED,)
    assert doubts([make_sample(), make_sample(calls=5), make_sample()], 0.02) == (Doubt.FEW_CALLS,)
    assert doubts([make_sample()], 0.02) == (Doubt.NO_INTERVAL,)


def test_an_interval_wider_than_was_asked_for_is_a_doubt() -> None:
    samples = [make_sample(10.0), make_sample(10.1), make_sample(10.2)]
    width = half_width(samples)
    assert doubts(samples, width * 1.001) == ()
    assert doubts(samples, width * 0.999) == (Doubt.IMPRECISE,)


def test_every_doubt_says_what_it_means_and_what_to_do() -> None:
    assert all(doubt.meaning and doubt.remedy for doubt in Doubt)
