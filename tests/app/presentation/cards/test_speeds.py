"""The speeds of a card, and what its page draws of them."""

import pytest

from app.cli.tables.card import print_card
from app.contract.cards import CardView
from app.presentation.cards.cards import card_view
from app.questions.cards import CardAnswer
from app.web.drawings.charts import batch_plot, size_plot, speed_bars
from catalog.entities.measurements import Measurement, MetricValue
from catalog.storage.summaries.cards import Card
from catalog.words.metrics import Metric
from catalog.words.vocabulary import BatchPolicy
from tests.builders import make_architecture, make_measurement


def card_of(*measurements: Measurement) -> CardView:
    return card_view(CardAnswer(Card(make_architecture("toynet"), (), (), (), (), measurements), (), {}))


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
