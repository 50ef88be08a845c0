import subprocess
import sys
from pathlib import Path

from profiler.campaign.lock import host_lock

HOLD = """
import sys
from pathlib import Path
from profiler.campaign.lock import host_lock
with host_lock(lambda holder: None, Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_free_lock_is_taken_at_once(tmp_path: Path) -> None:
    waited: list[str] = []
    for _ in range(2):
        with host_lock(waited.append, tmp_path / "lock"):
            pass
    assert waited == []


def test_a_second_campaign_waits_and_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    named: list[str] = []

    def waiting(process: str) -> None:
        named.append(process)
        holder.kill()  # as by kill -9: the lock dies with its holder

    with host_lock(waiting, path):
        assert named == [str(holder.pid)]
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
