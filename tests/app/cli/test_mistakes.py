"""What a mistake on the command line, a machine without numbers and a broken catalog are told."""

import pytest

from catalog import host
from tests.app.cli.running import Archrank
from tests.builders import make_target


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend", "--max", "latency=60"], "unknown metric 'latency'"),
        (["recommend", "--max", "=60"], "unknown metric ''"),
        (["recommend", "--max", "latency_ms"], "not METRIC=VALUE"),
        (["recommend", "--max", "latency_ms="], "not METRIC=VALUE"),
        (["recommend", "--max", "latency_ms=fast"], "'fast' is not a number"),
        (["recommend", "--max", "latency_ms=-5"], "at least 0"),
        (["recommend", "--min", "top1=nan"], "at least 0"),
        (["recommend", "--min", "top1=inf"], "number"),
        (["recommend", "--max", "latency_ms=1e400"], "number"),
        (["recommend", "--max", "latency_ms=5", "--max", "latency_ms=6"], "given twice"),
        (["recommend", "--min", "top1=80", "--max", "top1=70"], "--min 80 is above --max 70"),
        (["recommend", "--target", "bogus"], "unknown target 'bogus'"),
        (["recommend", "--target", ""], "unknown target ''"),
        (["recommend", "--family", "bogus"], "unknown family 'bogus'"),
        (["recommend", "--without-data", "bogus"], "unknown training data 'bogus'"),
        (["recommend", "--objective", "speed"], "speed"),
        (["recommend", "--runtime", "tvm"], "tvm"),
        (["recommend", "--collapse", "family"], "family"),
        (["recommend", "--limit", "0"], "limit"),
        (["recommend", "--limit", "201"], "limit"),
        (["recommend", "--confidence", "1"], "confidence"),
        (["recommend", "--confidence", "nan"], "confidence"),
        (["recommend", "--input-size", "0"], "input-size"),
        (["recommend", "--input-size", "big"], "input-size"),
        (["recommend", "--input-size", "100001"], "error: --input-size: Give a number of at most 100000."),
        (["compare", "resnet50", "vgg11", "--input-size", "100001"], "Write it as --input-size 224."),
        (["recommend", "--threads", "9" * 20], "error: --threads: Give a number of at most 1000000."),
        (["recommend", "--batch-size", "9" * 20], "error: --batch-size: Give a number of at most"),
        (["recommend", "--plan", "--images", "9" * 20], "error: --images: Give a"),
        (["recommend", "--confidence", "90"], "a number below 1. Write it as --confidence 0.9."),
        (["compare", "resnet50"], "NAME: Give at least 2, not 1. Write it as archrank compare resnet50"),
        (["frontier", "--x", "top1"], "error: --y: x and y are the same metric."),
        (["recommend", "--typical-image", "640"], "not WIDTHxHEIGHT"),
        (["recommend", "--threads", "0"], "threads"),
        (["recommend", "--bogus"], "bogus"),
        (["recommend", "--images", "500", "--optimizer", "sgd"], "--images and --optimizer change nothing"),
        (["recommend", "--verify-top", "2"], "--verify-top changes nothing without --verify"),
        (["report", "--arrival", "--markdown"], "--markdown changes nothing beside --arrival"),
        (["card", "resnet5O"], "resnet50"),
        (["card", "bogus\0"], "unknown architecture"),
        (["card"], "name"),
        (["keys", "create", "--scope", "boss", "me"], "'boss' is not one of 'read', 'ingest', 'admin'"),
        (["keys", "create", "--expires", "soon", "me"], "give a whole number"),
        (["serve", "--port", "70000"], "give a number of at most 65535"),
        (["recommend", "--confidence", "2"], "give a number below 1."),
    ],
)  # fmt: skip
def test_a_mistake_ends_in_one_message(archrank: Archrank, arguments: list[str], message: str) -> None:
    done = archrank(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert message.lower() in " ".join(done.err.split()).lower()
    for raw in ("Traceback", "Value error", "Input should", "Field required"):
        assert raw not in done.err


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["recommend", "--max", "latency=60"], "peak_memory_mb"),
        (["recommend", "--target", "bogus"], "archrank targets"),
        (["recommend", "--family", "bogus"], "resnet"),
        (["recommend", "--without-data", "bogus"], "laion-2b"),
        (["recommend", "--objective", "speed"], "latency_ms"),
        (["card", "resnet5O"], "resnet50"),
    ],
)
def test_a_mistake_is_told_what_is_known(archrank: Archrank, arguments: list[str], known: str) -> None:
    assert known in archrank(*arguments).err


def test_a_terminal_is_not_sent_to_a_route_of_the_api(archrank: Archrank) -> None:
    assert "GET /" not in archrank("card", "qqqqqqqqqq").err


def test_an_unprofiled_machine_is_told_how_to_profile_it(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "local_target", lambda: make_target("elsewhere"))
    done = archrank("recommend")
    assert done.code == 2
    assert "This machine has not been profiled" in done.err
    assert "archrank calibrate" in done.err


def test_a_catalog_that_cannot_be_opened_ends_in_one_message(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHRANK_CATALOG_URL", "postgresql://someone:secret@127.0.0.1:1/nowhere")
    for arguments in (["recommend"], ["card", "resnet50"], ["targets"]):
        done = archrank(*arguments)
        assert done.code == 2
        assert "cannot be reached" in done.err
        assert "secret" not in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PORT", "abc", "ARCHRANK_PORT cannot be 'abc'."),
        ("MAX_BODY_BYTES", "-1", "ARCHRANK_MAX_BODY_BYTES cannot be '-1'."),
        ("HOST", "a..b", "Cannot serve on a..b:"),
    ],
)
def test_the_server_refuses_a_malformed_setting_in_one_message(
    archrank: Archrank, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"ARCHRANK_{variable}", value)
    done = archrank("serve")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert f"ARCHRANK_{variable}" in done.err
