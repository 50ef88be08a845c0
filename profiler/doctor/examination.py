"""The checks of a host, in the order in which they are shown."""

import os
from collections.abc import Callable, Iterator

from catalog.extras import missing_packages
from catalog.host import affinity
from catalog.machine.topology import core_kinds
from profiler.doctor import gpu, host, installation, memory, places, settings
from profiler.doctor.check import Check, Verdict
from profiler.processes import isolation, priority
from profiler.sensors import environment, host_settings
from profiler.sensors.system import this_system


def examine(*, quick: bool = False, announce: Callable[[str], None] = lambda _: None) -> Iterator[Check]:
    """Every check, each as soon as it is done. `quick` leaves out those that listen to the machine for
    seconds. `announce` is told when that begins."""
    yield host.check_system()
    proc = host.check_proc()
    yield proc
    yield installation.check_packages()
    yield installation.check_torch()
    if not missing_packages(installation.WITH_TORCH):
        yield installation.check_torchvision(
            installation.installed_version("torch"),
            installation.installed_version("torchvision"),
            installation.torch_wanted_by_torchvision(),
        )
        yield installation.check_imports()
        yield places.check_compiler()
    yield from installation.check_runtimes()
    yield installation.check_names()
    yield installation.check_compiled()
    yield host.check_processor()
    yield host.check_cores(core_kinds(affinity()))
    yield gpu.check_gpu()
    if proc.verdict is not Verdict.FAILED:
        yield from _examine_settings()
    yield host.check_variables(isolation.recorded(os.environ))
    yield memory.check_memory(this_system().available_bytes())
    yield places.check_open_files()
    yield host.check_clock()
    yield host.check_disk()
    yield places.check_cache()
    yield places.check_catalog()
    yield places.check_temporary()
    yield places.check_lock()
    if not quick and proc.verdict is not Verdict.FAILED:
        # It loads scipy, which takes half a second.
        from profiler.doctor import moments  # noqa: PLC0415

        yield from moments.examine_moments(announce)


def _examine_settings() -> Iterator[Check]:
    """What the kernel says of the host, and what other processes and other machines take of it meanwhile."""
    before = host_settings.processor_time()
    yield host.check_neighbours(host.observe_foreign_cpus())
    yield host.check_priority(priority.is_allowed())
    found = host_settings.read()
    yield settings.check_steal(before, host_settings.processor_time())
    yield settings.check_governor(environment.governor())
    yield settings.check_smt(found)
    yield settings.check_huge_pages(found.huge_pages)
    yield settings.check_quota()
    yield memory.check_memory_limit(found.memory_limit_bytes)
    yield settings.check_counters(found)
