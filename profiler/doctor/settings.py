"""Settings of the kernel, the hypervisor and the control group that change what is measured."""

from catalog import host
from profiler.doctor.check import Check, Verdict
from profiler.sensors.host_settings import HostSettings, ProcessorTime

# As much as half of an interval is to be wide.
_MUCH_STEAL = 0.02


def check_steal(before: ProcessorTime, after: ProcessorTime) -> Check:
    """Other machines on the same host leave the processor alone, as far as the hypervisor reports it.
    `before` and `after` are readings some time apart."""
    subject = "steal"
    since_boot, now = after.stolen_share(), after.stolen_share(before)
    if since_boot is None or now is None:
        return Check(subject, Verdict.OK, "The kernel does not report stolen time.")
    finding = f"Other machines on the host took {now:.1%} of CPU time just now, {since_boot:.1%} since boot."
    if max(now, since_boot) > _MUCH_STEAL:
        remedy = "Measure at another hour, or on a machine whose CPUs are its own (dedicated, not burstable)."
        return Check(subject, Verdict.DOUBTFUL, finding, remedy)
    return Check(subject, Verdict.OK, finding)


def check_governor(governor: str | None) -> Check:
    """The clock does not follow the load."""
    if governor is None:
        return Check(
            "frequency governor",
            Verdict.OK,
            "The kernel does not report the governor, as in most virtual machines.",
        )
    if governor != "performance":
        remedy = "Run `sudo cpupower frequency-set -g performance`."
        return Check(
            "frequency governor",
            Verdict.DOUBTFUL,
            f"The governor is {governor}, which changes the clock with the load.",
            remedy,
        )
    return Check("frequency governor", Verdict.OK, f"The governor is {governor}.")


def check_smt(found: HostSettings) -> Check:
    """No two CPUs share a core, as far as the kernel knows. A virtual machine may be told otherwise than it
    is, so `profiler.doctor.moments` tries it out."""
    subject = "SMT"
    if found.smt_active is None:
        return Check(subject, Verdict.OK, "The kernel does not say whether CPUs share cores.")
    if not found.smt_active:
        hidden = " A virtual machine may not see that its CPUs share cores." if found.is_virtual else ""
        return Check(subject, Verdict.OK, f"The kernel reports that no CPUs share a core.{hidden}")
    apart = found.one_cpu_of_each_core
    finding = "SMT is on: two CPUs share a core, and slow each other."
    if apart:
        finding = f"SMT is on: CPUs share cores, of which there are {len(apart)}, and slow each other."
    return Check(subject, Verdict.DOUBTFUL, finding, pin_remedy(apart))


def pin_remedy(one_cpu_of_each_core: tuple[int, ...]) -> str:
    """How to measure on one CPU of each core. The CPUs are empty where they are not known."""
    cpus = ",".join(map(str, one_cpu_of_each_core)) or "CPUS"
    return (
        f"Pin archrank to one CPU of each core: `taskset -c {cpus} archrank profile ...`. Or switch SMT off: "
        "`echo off | sudo tee /sys/devices/system/cpu/smt/control`. Or measure with `--threads` half."
    )


def check_huge_pages(setting: str | None) -> Check:
    """Processes get no huge pages by chance."""
    subject = "huge pages"
    if setting is None:
        return Check(subject, Verdict.OK, "The kernel does not report transparent huge pages.")
    if setting == "always":
        finding = "Transparent huge pages are set to always. Processes may differ by the pages that they get."
        remedy = "Run `echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled`."
        return Check(subject, Verdict.DOUBTFUL, finding, remedy)
    return Check(subject, Verdict.OK, f"Transparent huge pages are set to {setting}.")


def check_quota() -> Check:
    """No control group's quota throttles the CPUs: throttling in bursts spoils every median."""
    quota = host.granted_cpus()
    allowed = host.allowed_cpus()
    if quota is not None and quota < allowed:
        finding = f"A control group limits {allowed} CPUs to {quota:g} by throttling."
        return Check(
            "CPU quota", Verdict.DOUBTFUL, finding, "Pin whole CPUs instead, as with `docker --cpuset-cpus`."
        )
    return Check("CPU quota", Verdict.OK, f"{allowed} CPUs without a quota.")


def check_counters(found: HostSettings) -> Check:
    """Whether there are hardware counters. archrank uses none, but who looks into a number may want them."""
    subject = "hardware counters"
    if not found.has_counters:
        return Check(subject, Verdict.OK, "There are none, as in most virtual machines. archrank needs none.")
    paranoid = found.perf_event_paranoid
    level = "" if paranoid is None else f" perf_event_paranoid is {paranoid}."
    return Check(subject, Verdict.OK, f"The processor has hardware counters.{level} archrank needs none.")
