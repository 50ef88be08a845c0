"""The speeds of a card, and what its page draws of them."""

import re

import pytest

from app.cli.tables.card import print_card
from app.contract.networks.cards import CardView
from app.presentation.cards.cards import card_view
from app.presentation.cards.measurements import measurement_view
from app.presentation.cards.speeds import size_curves, speed_views
from app.presentation.wording.cards import speed_legend
from app.questions.cards.cards import CardAnswer
from app.web.drawings.charts import batch_plot, size_plot, speed_bars
from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.summaries.cards import Card
from catalog.words.doubts import Doubt
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy, Precision, Status
from tests.builders import make_architecture, make_measurement

FITTING = BatchPolicy.LARGEST_FITTING


def card_of(*measurements: Measurement) -> CardView:
    return card_view(CardAnswer(Card(make_architecture("toynet"), (), {}, (), (), measurements), (), {}))


def of_throughput(images_per_s: float, batch_size: int, input_size: int = 224) -> Measurement:
    return make_measurement(
        "toynet",
        10.0 * batch_size,
        batch_size=batch_size,
        input_size=input_size,
        batch_policy=BatchPolicy.LARGEST_FITTING,
        values=(MetricValue(Metric.THROUGHPUT_IPS, images_per_s),),
    )


def test_a_speed_of_zero_is_no_speed(capsys: pytest.CaptureFixture[str]) -> None:
    card = card_of(of_throughput(0.0, 4), of_throughput(0.0, 8, 256))
    assert card.speeds == []
    assert card.size_curves == []
    assert speed_bars(card) is None
    assert size_plot(card.size_curves) is None
    assert batch_plot(card.batch_curves) is None
    print_card(card)
    assert "Not measured on any target." in capsys.readouterr().out


def test_a_speed_of_zero_hides_no_other_speed(capsys: pytest.CaptureFixture[str]) -> None:
    card = card_of(of_throughput(0.0, 4), make_measurement("toynet", 20.0))
    (row,) = card.speeds
    assert row.image_ms == 20.0
    bars = speed_bars(card)
    assert bars is not None
    assert len(bars.bars) == 1
    print_card(card)
    assert "20.00 ms" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("doubt", "how"), [(Doubt.FEW_QUIET_MOMENTS, "seldom"), (Doubt.CANARY_MOVED, "never")]
)
def test_a_speed_of_a_machine_that_was_hardly_quiet_is_not_called_quiet(
    doubt: Doubt, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    met = (MetricValue(Metric.LATENCY_MET_MS, 17.82), MetricValue(Metric.SLOWDOWN, 1.37))
    busy = make_measurement("toynet", 17.82, doubts=(doubt,), values=met)
    quiet = make_measurement("toynet", 17.0, precision=Precision.BF16, values=met)
    card = card_of(busy, quiet)
    said = [sentence for sentence in speed_legend(card) if "quietest moments" in sentence]
    assert said == [
        f"{busy.target.id}, onnxruntime fp32, 1 thread: the machine was {how} quiet, so the speed is that of "
        "its quietest moments. A quiet machine may be faster."
    ]
    print_card(card)
    shown = capsys.readouterr().out
    assert re.search(r"17\.82\* +17\.82 +1\.37", shown)
    assert re.search(r"17\.00 +17\.82 +1\.37", shown)
    assert said[0] in shown


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
