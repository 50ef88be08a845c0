from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.cli.tables.card import print_card
from app.presentation.cards.cards import card_view
from app.questions.cards.cards import answer_card
from app.questions.cards.claims import ClaimHere, claims_on
from catalog.opening import open_catalog
from catalog.reference.texts.families import Claim
from catalog.storage.database import Catalog
from catalog.storage.facts.facts import save_architectures
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Form, Provenance, Status
from tests.app.conftest import BareCatalogs
from tests.app.seeds import local
from tests.builders import NOON, TARGET_ID, make_architecture, make_measurement, store_measurements
from tests.catalog.storage.candidates.candidate_values import SECOND

FASTER = Claim("", Metric.LATENCY_MS, "anet", "<", "bnet", 0.5, "elsewhere")
SLOWER = Claim("", Metric.LATENCY_MS, "anet", ">", "bnet", 0.5, "elsewhere")
SMALLER = Claim("", Metric.PARAMS_M, "anet", "<", "bnet")


def on_target(catalog: Catalog, *measurements: Any) -> dict[Claim, ClaimHere]:
    """What becomes of the claims where these were measured, and 224 px is the default of both networks."""
    with catalog.write() as session:
        save_architectures(session, [make_architecture(name) for name in ("anet", "bnet")])
    store_measurements(catalog, *measurements)
    with catalog.read() as session:
        return dict(claims_on(session, TARGET_ID, [FASTER, SLOWER, SMALLER]))


def test_a_claim_is_compared_in_the_configurations_that_both_were_measured_in(
    bare_catalogs: BareCatalogs,
) -> None:
    latencies = {("anet", 1): 20.0, ("anet", 2): 18.0, ("bnet", 1): 10.0, ("bnet", 2): 30.0, ("bnet", 4): 1.0}
    measured = [make_measurement(name, ms, threads=threads) for (name, threads), ms in latencies.items()]
    with bare_catalogs() as catalog:
        here = on_target(catalog, *measured)
    low, high = 18 / 30, 2.0
    assert here == {
        FASTER: ClaimHere(TARGET_ID, low, high, holds=False),
        SLOWER: ClaimHere(TARGET_ID, low, high, holds=True),
    }


@pytest.mark.parametrize(
    "other",
    [
        {"input_size": 288},
        {"form": Form.TRAINING},
        {"num_classes": 21841},
        {"status": Status.FAILED},
        {"threads": 2},
        {"provenance": Provenance.PUBLISHED},
    ],
    ids=["input size", "form", "classes", "failed", "configuration", "published"],
)
def test_what_is_not_the_default_network_is_not_compared(
    bare_catalogs: BareCatalogs, other: dict[str, Any]
) -> None:
    with bare_catalogs() as catalog:
        here = on_target(catalog, make_measurement("anet", 20.0), make_measurement("bnet", 10.0, **other))
    assert here == {}


def test_the_number_that_arrived_last_counts(bare_catalogs: BareCatalogs) -> None:
    with bare_catalogs() as catalog:
        here = on_target(
            catalog,
            make_measurement("anet", 20.0, measured_at=NOON + SECOND),
            make_measurement("anet", 30.0),
            make_measurement("bnet", 10.0),
        )
    assert here[SLOWER].low == here[SLOWER].high == 3.0


@pytest.mark.parametrize(
    ("ghostnet_ms", "words"),
    [
        (59.0, "Here: ghostnet_100 has 5.9 times the latency_ms of mobilenetv3_large_100."),
        (
            8.25,
            "Here: ghostnet_100 has 0.82 times the latency_ms of mobilenetv3_large_100, so the statement "
            "does not hold here.",
        ),
    ],
)
def test_every_card_says_what_a_claim_comes_to_here(
    own_client: TestClient,
    seeded_url: str,
    ghostnet_ms: float,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open_catalog(seeded_url) as catalog:
        with catalog.write() as session:
            save_architectures(
                session, [make_architecture("ghostnet_100", family="ghostnet"), make_architecture("bnet")]
            )
        store_measurements(
            catalog,
            make_measurement("ghostnet_100", ghostnet_ms, threads=3, target=local()),
            make_measurement("mobilenetv3_large_100", 10.0, threads=3, target=local()),
        )
    claims = own_client.get("/v1/architectures/ghostnet_100").json()["families"][0]["claims"]
    (here,) = [claim["here"] for claim in claims if "here" in claim]
    assert here["text"] == words
    assert here["low"] == here["high"] == ghostnet_ms / 10
    assert here["holds"] is (ghostnet_ms > 12.5)
    assert here["target"] == local().id
    markdown = own_client.get("/v1/architectures/ghostnet_100", headers={"accept": "text/markdown"}).text
    assert words in markdown
    assert words in own_client.get("/architectures/ghostnet_100").text
    assert "Here:" not in own_client.get("/families").text
    with open_catalog(seeded_url) as catalog, catalog.read() as session:
        print_card(card_view(answer_card(session, "ghostnet_100")))
    assert words in " ".join(capsys.readouterr().out.split())
