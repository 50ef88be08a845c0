"""The file of a served catalog is removed, replaced, written over, damaged and repaired: the next request
sees it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog.opening import open_catalog
from tests.app.conftest import client_of
from tests.builders import make_measurement, store_measurements

LIST = "/v1/architectures?family=resnet&limit=1"


@pytest.fixture
def file(seeded_url: str) -> Path:
    return Path(seeded_url.removeprefix("sqlite:///"))


@pytest.fixture
def backup(file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(file, tmp_path / "backup.sqlite"))


@pytest.fixture
def client(backup: Path, seeded_url: str) -> Iterator[TestClient]:
    with client_of(seeded_url) as client:
        assert seen(client)[:2] == (200, 200)
        yield client


def seen(client: TestClient) -> tuple[int, int, str | None]:
    """Whether it is ready, whether it answers, and the ETag."""
    ready, answer = client.get("/readyz"), client.get(LIST)
    return ready.status_code, answer.status_code, answer.headers.get("etag")


def test_a_file_that_is_gone_is_not_ready_and_is_not_made_anew(client: TestClient, file: Path) -> None:
    before = seen(client)
    file.rename(file.with_suffix(".away"))
    for _ in range(2):
        assert seen(client) == (503, 503, None)
    assert not file.exists()
    assert "gone" in client.get("/readyz").json()["detail"]
    file.with_suffix(".away").rename(file)
    assert seen(client) == before


@pytest.mark.parametrize("way", ["replace", "copy over"])
def test_a_restored_file_is_seen_and_does_not_share_a_tag(
    client: TestClient, file: Path, backup: Path, way: str
) -> None:
    with open_catalog(f"sqlite:///{file}") as catalog:
        store_measurements(catalog, make_measurement("writtennet"))
    written = seen(client)
    with open_catalog(f"sqlite:///{backup}") as catalog:
        store_measurements(catalog, make_measurement("restorednet"))
    if way == "replace":
        backup.replace(file)
    else:
        shutil.copyfile(backup, file)
    restored = seen(client)
    assert restored[:2] == (200, 200)
    assert restored[2] != written[2]
    names = {one["name"] for one in client.get("/v1/architectures?q=restorednet").json()["items"]}
    assert names == {"restorednet"}
    assert client.get("/v1/architectures?q=writtennet").json()["items"] == []


def damage_inside(file: Path) -> None:
    with file.open("r+b") as damaged:
        damaged.seek(4096 * 5)
        damaged.write(os.urandom(4096 * 40))


DAMAGES: dict[str, Any] = {
    "inside": damage_inside,
    "cut off": lambda file: os.truncate(file, 10_000),
    "nonsense": lambda file: file.write_bytes(b"nonsense" * 5000),
    "empty folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_and_repair_show_without_a_restart(
    client: TestClient, file: Path, backup: Path, damage: Any
) -> None:
    before = seen(client)
    damage(file)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    if file.is_dir():
        file.rmdir()
    shutil.copyfile(backup, file)
    assert seen(client) == before


def test_a_log_of_the_replaced_file_is_not_read_into_the_new_one(
    client: TestClient, file: Path, backup: Path
) -> None:
    """SQLite would do so, and damage it."""
    with open_catalog(f"sqlite:///{file}") as catalog:
        store_measurements(catalog, make_measurement("writtennet"))
        log = file.with_name(f"{file.name}-wal")
        assert log.stat().st_size > 0
        backup.replace(file)
        assert seen(client)[:2] == (200, 200)
        assert log.with_name(f"{log.name}.of-replaced-file").exists()
    assert client.get("/v1/architectures?q=writtennet").json()["items"] == []
