"""Hosts that lack something: a full disk, few files, memory, a signal. Nothing of that is stored."""

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.end_to_end.conftest import ARCHRANK, Host

PATIENT_S = 120.0
ONE_PROCESS = ("--threads", "1", "--processes", "1", "--max-blocks", "2")
PROFILE = ("profile", "test_resnet", "--runtime", "onnxruntime", *ONE_PROCESS)
# Without a skeleton, torch exports the network, which takes seconds.
EXPORT = ("profile", "test_resnet", "--runtime", "pytorch", *ONE_PROCESS)


def can_mount() -> bool:
    """Whether this user may mount in a name space of its own."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.fixture
def own_host(host: Host) -> Host:
    """A host whose cache is its own and empty."""
    return Host(host.folder, host.folder / "own-cache")


def among(host: Host, mounts: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the command after shell commands that mount, in a name space of its own."""
    if not can_mount():
        pytest.skip("This user may not mount.")
    return subprocess.run(
        ["unshare", "-rm", "sh", "-ec", f'{mounts}; exec "$@"', "sh", ARCHRANK, *arguments],
        env={**host.environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def is_not_stored(host: Host, ended: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Nothing is stored, the words are said, and the next run measures."""
    assert ended.returncode == 2, ended.stderr
    assert all(word in ended.stderr for word in words), ended.stderr
    assert "Traceback" not in ended.stderr
    assert host.measurements() == []
    again = host.run(*PROFILE)
    assert again.returncode == 0, again.stderr
    assert "1 case measured, 0 failed, 0 were measured before." in again.stdout


def test_a_full_cache_is_no_fact_about_the_network(own_host: Host) -> None:
    own_host.cache.mkdir()
    ended = among(own_host, f"mount -t tmpfs -o size=100k tmpfs {own_host.cache}", *PROFILE)
    is_not_stored(own_host, ended, "A disk is full.", str(own_host.cache), "ARCHRANK_CACHE_DIR")


def test_a_cache_that_can_only_be_read_names_its_variable(own_host: Host) -> None:
    own_host.cache.mkdir()
    ended = among(own_host, f"mount -t tmpfs -o ro tmpfs {own_host.cache}", *PROFILE)
    is_not_stored(own_host, ended, "cannot be written or read", str(own_host.cache), "ARCHRANK_CACHE_DIR")


def test_an_artefact_in_a_cache_that_can_only_be_read_is_measured(own_host: Host) -> None:
    assert own_host.run(*PROFILE).returncode == 0
    cache = own_host.cache
    mounts = f"mount --bind {cache} {cache}; mount -o remount,bind,ro {cache}"
    ended = among(own_host, mounts, *PROFILE, "--force")
    assert ended.returncode == 0, ended.stderr
    assert len(own_host.measurements()) == 2


def test_where_tmp_can_only_be_read_the_lock_is_elsewhere(own_host: Host) -> None:
    """An empty /tmp without write permission. What the test itself keeps there stays."""
    folder = own_host.folder
    (folder / "temporary").mkdir()
    mounts = (
        f"mount --bind {folder} /mnt; mount -t tmpfs tmpfs /tmp; mkdir -p {folder}; "
        f"mount --move /mnt {folder}; mount -o remount,ro /tmp"
    )
    if not str(folder).startswith("/tmp/"):
        mounts = "mount -t tmpfs -o ro tmpfs /tmp"
    with_folder = among(own_host, mounts, *PROFILE, TMPDIR=str(folder / "temporary"))
    assert with_folder.returncode == 0, with_folder.stderr
    assert (folder / "temporary" / "archrank-profile.lock").exists()
    without = among(
        own_host, f"{mounts}; unset TMPDIR; mount -t tmpfs -o ro tmpfs /var/tmp; cd /", *PROFILE, "--force"
    )
    if without.returncode:  # there is /dev/shm or another place on some hosts
        assert without.returncode == 2
        assert "TMPDIR" in without.stderr
    assert "Traceback" not in without.stderr


def test_few_open_files_make_processes_take_turns_or_are_said(own_host: Host) -> None:
    runtimes = ("--runtime", "onnxruntime", "--runtime", "openvino", "--batch-size", "1", "--batch-size", "2")
    command = ("profile", "test_resnet", *runtimes, *ONE_PROCESS)
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", ARCHRANK, *command],
        env=own_host.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "4 cases measured, 0 failed" in ended.stdout


def test_memory_that_preparing_lacks_is_not_stored(own_host: Host) -> None:
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -v 900000; exec "$@"', "sh", ARCHRANK, *EXPORT],
        env={**own_host.environment, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert own_host.measurements() == []


def test_without_a_compiler_compiling_is_not_stored_as_impossible(own_host: Host, tmp_path: Path) -> None:
    ended = own_host.run("profile", "test_resnet", "--compiled", *ONE_PROCESS, PATH=str(tmp_path))
    assert ended.returncode == 2, ended.stderr
    assert "g++" in ended.stderr
    assert own_host.measurements() == []


def begun(host: Host) -> bool:
    """Whether a process prepares, which keeps its temporary files in the cache."""
    return any(host.cache.glob(".temporary-*"))


def visited(host: Host) -> bool:
    """Whether a block was taken."""
    with closing(sqlite3.connect(host.database)) as connection:
        return bool(connection.execute("SELECT count(*) FROM pending_sample").fetchone()[0])


@pytest.mark.parametrize(
    ("phase", "number", "code"),
    [
        (begun, signal.SIGINT, 130),
        (visited, signal.SIGTERM, 143),
        (begun, signal.SIGKILL, -9),
        (visited, signal.SIGKILL, -9),
    ],
)
def test_a_signal_in_any_phase_leaves_nothing_behind(
    own_host: Host, phase: Callable[[Host], bool], number: int, code: int
) -> None:
    # torch prepares for seconds. A process of ONNX Runtime is visited after one.
    runtime = "pytorch" if phase is begun else "onnxruntime"
    long = ("profile", "test_resnet", "--runtime", runtime, "--threads", "1", "--max-blocks", "50")
    process = own_host.start(long)
    deadline = time.monotonic() + PATIENT_S
    while not phase(own_host):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(PATIENT_S) == code
    # A child that still starts or imports looks for its parent afterwards.
    ended_by, seen_s = time.monotonic() + PATIENT_S, time.monotonic()
    while time.monotonic() - seen_s < 3:
        if children_of(process.pid):
            seen_s = time.monotonic()
        assert seen_s < ended_by, children_of(process.pid)
        time.sleep(0.1)
    left = [path for path in own_host.cache.rglob(".*") if path.is_dir()]
    if number == signal.SIGKILL and phase is begun:
        assert left
    else:
        assert left == []
    again = own_host.run(*PROFILE)
    assert again.returncode == 0, again.stderr
    assert [path for path in own_host.cache.rglob(".*") if path.is_dir()] == []


def children_of(parent: int) -> list[str]:
    """The command lines of what a process started and what still lives."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"ARCHRANK_PARENT_PID={parent}\0".encode() in variables and command:
            found.append(command.decode(errors="replace"))
    return found
