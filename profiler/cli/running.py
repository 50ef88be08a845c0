"""A campaign on this host, with all that it works with."""

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

import typer

from catalog.arrivals import follow
from catalog.border.rules import is_past_belief
from catalog.console.terminal import console
from catalog.host import allowed_cpus, gpu_target, local_target
from catalog.machine import gpu_selection
from catalog.machine.scratch import sweep
from catalog.opening import open_catalog
from catalog.settings import CatalogSettings
from catalog.storage.database import Catalog
from catalog.storage.estimates import find_basis
from catalog.words.vocabulary import Device
from profiler.artefacts.cache import ArtefactCache
from profiler.campaign.campaign import Campaign, Tally
from profiler.campaign.lock import host_lock
from profiler.campaign.measuring import open_canary, open_process
from profiler.campaign.profiling_nodes import profile_nodes
from profiler.campaign.progress import ProgressBar
from profiler.campaign.request import ProfileRequest
from profiler.cli.exit_codes import INTERRUPTED, TERMINATED
from profiler.faults import FaultKind, HostFault, naming_faults
from profiler.preparation import SCRATCH_PREFIX, TIMEOUT_S, Preparation
from profiler.processes import compilation, isolation
from profiler.sensors import environment, linux
from profiler.settings import ProfilerSettings

# Sixteen workloads, seven batches, two runtimes and eight processes of each are 1792 processes.
_FILES = 8192


class Stopped(Exception):
    """The campaign was ended from outside. `exit_code` says how."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"ended with exit code {exit_code}")
        self.exit_code = exit_code


class _Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP came. Whoever cleans up after Ctrl-C cleans up after these too."""


def run_campaign(request: ProfileRequest, prepare_timeout_s: float = TIMEOUT_S) -> Tally:
    """Run the campaign that is asked for, on the first visible GPU where the request names one. Preparing a
    file may take `prepare_timeout_s` seconds.

    Raises:
        Stopped: it was interrupted or terminated. What was measured is stored.
        HostFault: this host can measure nothing.
        NoGpu: the request needs a GPU, and there is none.
        UnknownArchitecture: timm has none of a name.
        TimmUnavailable: timm is needed and does not answer.
        CatalogError: the catalog cannot be opened.
    """
    if is_past_belief(now := datetime.now(UTC)):
        raise HostFault(FaultKind.WRONG_CLOCK, f"It is said to be {now:%Y-%m-%d}.")
    if linux.is_here():
        linux.require_proc()
    gpu = None if request.device is Device.CPU else gpu_selection.local_gpu()
    # Every process sees that GPU alone, by its UUID: indices of CUDA and of the driver may differ.
    visible = {gpu_selection.VISIBLE_DEVICES: gpu.uuid} if gpu else {}
    target = gpu_target(gpu) if gpu else local_target()
    if gpu:
        typer.echo(f"Measuring {target.label}, the target {target.id}.")
    settings = ProfilerSettings()
    _sweep(settings.cache_dir)
    _allow_files()
    preparation = Preparation(settings.cache_dir, allowed_cpus(), timeout_s=prepare_timeout_s)
    with open_catalog(CatalogSettings().catalog_url) as catalog, ProgressBar(console()) as progress:
        campaign = Campaign(
            catalog=catalog,
            target=target,
            cache=ArtefactCache(settings.cache_dir, settings.cache_gb * 1e9),
            preparation=preparation,
            listener=progress,
            lock=lambda: host_lock(progress.waiting),
            open_process=partial(open_process, variables=visible),
            open_canary=partial(open_canary, variables=visible),
            profile_nodes=partial(profile_nodes, variables=visible),
            environment_of=partial(
                environment.current,
                driver=gpu.driver if gpu else None,
                variables=isolation.recorded(os.environ),
            ),
        )
        try:
            with _terminating(), naming_faults():
                tally = campaign.run(request)
                if tally.measured and not request.listed:
                    _estimate_again(catalog, target.id)
                return tally
        except _Terminated:
            raise Stopped(TERMINATED) from None
        except KeyboardInterrupt:
            raise Stopped(INTERRUPTED) from None
        except MemoryError as error:
            raise HostFault(FaultKind.NO_MEMORY, "The campaign itself got none.") from error
        finally:
            preparation.close()


def _estimate_again(catalog: Catalog, target: str) -> None:
    """Compute the estimates of a target again that has some. Whoever lists cases does so itself."""
    with catalog.read() as session:
        has_estimates = find_basis(session, target) is not None
    if has_estimates:
        follow(catalog, [target], typer.echo)


def _sweep(cache_dir: Path) -> None:
    """Remove what earlier campaigns left behind because they were killed."""
    sweep(cache_dir, SCRATCH_PREFIX)
    with suppress(FileNotFoundError):  # there is no place for temporary files
        sweep(Path(tempfile.gettempdir()), compilation.PREFIX)


def _allow_files() -> None:
    """Let this process open as many files as the system permits, up to a number that suffices. Each process
    that is measured takes three."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _terminating() -> Iterator[None]:
    """Within the context, SIGTERM and SIGHUP end the campaign as Ctrl-C does. The default would leave
    temporary files behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.getsignal(number) for number in signals}
    try:
        for number, handler in before.items():
            if handler is signal.SIG_DFL:  # `nohup` has it ignored
                signal.signal(number, _terminate)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(_: int, __: FrameType | None) -> None:
    raise _Terminated
