"""The speeds of a card are those of the measurements that count."""

from app.presentation.cards.measurements import measurement_view
from app.presentation.cards.speeds import size_curves, speed_views
from catalog.entities.measurements import Measurement
from catalog.words.vocabulary import BatchPolicy, Status
from tests.builders import make_measurement

FITTING = BatchPolicy.LARGEST_FITTING


def speeds(*newest_first: Measurement) -> list[tuple[float, int]]:
    views = [measurement_view(measurement) for measurement in newest_first]
    return [(row.speed.value, row.cases) for row in speed_views("resnet18", views, (), 224, 1000)]


def test_a_faster_measurement_that_another_supersedes_is_not_shown() -> None:
    assert speeds(make_measurement(latency_ms=20.0), make_measurement(latency_ms=10.0)) == [(20.0, 1)]
    series = [
        make_measurement(latency_ms=latency, batch_size=size, batch_policy=FITTING)
        for latency, size in ((20.0, 4), (10.0, 8))
    ]
    assert speeds(*series) == [(20.0, 1)]
    failed = make_measurement(status=Status.FAILED)
    assert speeds(failed, make_measurement(latency_ms=10.0)) == []


def test_other_cases_are_shown_beside() -> None:
    assert speeds(make_measurement(latency_ms=20.0), make_measurement(latency_ms=10.0, threads=2)) == [
        (10.0, 2)
    ]


def test_a_curve_has_the_latest_time_of_each_size() -> None:
    newest_first = [
        make_measurement(latency_ms=latency, input_size=size)
        for latency, size in ((20.0, 224), (30.0, 288), (10.0, 224))
    ]
    (curve,) = size_curves([measurement_view(measurement) for measurement in newest_first])
    assert [(point.input_size, point.image_ms) for point in curve.points] == [(224, 20.0), (288, 30.0)]
