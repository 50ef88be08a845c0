"""Bodies that no client would send: bytes changed, cut, repeated and mixed."""

import random
import resource
from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import LogForm, ServerSettings
from catalog.opening import open_catalog
from catalog.storage.keys import add_key
from catalog.words.vocabulary import Scope
from tests.benchmarks.faults.world import Numbers, export_of, measurement


def hostile_bodies(url: str, bodies: int, seed: int) -> Numbers:
    """Exports with bytes changed, cut, repeated and mixed, uploaded with a valid key."""
    chance = random.Random(seed)
    with open_catalog(url) as catalog, catalog.write() as session:
        key = add_key(session, "ci-1", Scope.INGEST, datetime.now(UTC))
    sound = export_of(*(measurement(2, number) for number in range(3)))
    settings = ServerSettings(catalog_url=url, log=LogForm.OFF, ingest_rate_limit="off")
    ndjson, json = "application/x-ndjson", "application/json"
    statuses: Counter[int] = Counter()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        # The first upload that is stored imports 27 MB of what storing takes. That is no growth.
        assert _upload(client, key, export_of(measurement(1, 1)), ndjson) == HTTPStatus.OK
        for number in range(bodies):
            if number == bodies // 10:
                begun_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            is_array = chance.random() < 0.5
            body = spoilt(b"[%s]" % b",".join(sound.splitlines()) if is_array else sound, chance)
            statuses[_upload(client, key, body, json if is_array else ndjson)] += 1
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun_kb
    return {
        "bodies": bodies,
        **{f"answered {status}": count for status, count in sorted(statuses.items())},
        "5xx": sum(count for status, count in statuses.items() if status >= 500),
        "memory grown, MB": round(grown_kb / 1024, 1),
    }


def _upload(client: TestClient, key: str, body: bytes, media_type: str) -> int:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": media_type}
    return client.post("/v1/measurements", content=body, headers=headers).status_code


_PIECES = (
    b"null", b"NaN", b"-1", b"1e999", b"1" * 400, b'"\\ud800"', b'"\\u0000"', b"[]", b"{}", b"true", b"\xff",
    b"[" * 2000, b'"a":1,"a":2', b"\x00", b"\n", b'{"record":"end","records":0}', b"\xef\xbb\xbf", b"'",
)  # fmt: skip


def spoilt(body: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
        body = (
            chance.choice(
                (
                    body[:at],
                    body[:at] + chance.choice(_PIECES) + body[at:],
                    body[:at] + chance.choice(_PIECES) + body[end:],
                    body[:at] + body[end:],
                    body[:end] + body[at:],
                    body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :],
                )
            )
            or b" "
        )
    return body
