"""What to expect of measuring on this host: whether its CPUs slow each other, how often it is quiet, and how
wide intervals become."""

from collections.abc import Callable, Iterator
from math import exp, isinf
from statistics import median

from catalog import host
from catalog.extras import missing_packages
from catalog.statistics.quietness import QUIET
from profiler.doctor.check import Check, Verdict
from profiler.doctor.installation import INSTALL, WITHOUT_TORCH
from profiler.doctor.listening import CampaignRuns, Heard, listen_here
from profiler.doctor.settings import pin_remedy
from profiler.errors import CanaryFailed
from profiler.faults import HostFault
from profiler.protocol.plan import SamplingPlan
from profiler.sensors import host_settings

# Above it, CPUs are not independent. Two cores of one processor stay below, two threads of a core do not.
_SIBLINGS = 1.15
# Intervals twice as wide as a case aims at are a doubt.
_WIDE = 2
# What the canary needs of the extra.
_NEEDED = {"onnxruntime", "onnx"}
_REST = (
    "Measure at another hour, stop other work on this machine, or isolate CPUs for it (`isolcpus`, "
    "a dedicated machine)."
)


def examine_moments(
    announce: Callable[[str], None],
    listen: Callable[[Callable[[str], None]], Heard] = listen_here,
    missing: Callable[[str], list[str]] = missing_packages,
) -> Iterator[Check]:
    """The checks that listen to the machine. `announce` is told when that begins."""
    absent = sorted(_NEEDED & set(missing(WITHOUT_TORCH)))
    if absent:
        finding = f"Not tested, because {' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} missing."
        yield _untested(finding, INSTALL.format(WITHOUT_TORCH))
        return
    try:
        heard = listen(announce)
    except CampaignRuns as other:
        finding = f"Not tested, because process {other} measures on this host, and would be disturbed."
        yield _untested(finding, "Wait until it ends, then run `archrank doctor` again.")
    except (CanaryFailed, HostFault, OSError) as failure:
        # The last line of a traceback names the cause.
        cause = (str(failure).strip() or type(failure).__name__).splitlines()[-1]
        finding = f"Not tested, because the canary failed: {cause.rstrip('.')}."
        yield _untested(finding, "Run `archrank doctor` again. If this stays, install archrank anew.")
    else:
        yield check_siblings(heard, host_settings.read().one_cpu_of_each_core)
        yield check_quiet(heard)
        yield check_interval(heard)


def check_siblings(heard: Heard, one_cpu_of_each_core: tuple[int, ...] = ()) -> Check:
    """CPUs that compute at once do not slow each other. The files that say which CPUs share a core are wrong
    in many virtual machines, so it is tried out."""
    subject, ratio, cpus = "siblings", heard.at_once_over_alone, heard.rounds[0].beat.cpus
    if ratio is None:
        return Check(subject, Verdict.OK, "Not tested, because it takes two CPUs that can be pinned to.")
    finding = f"A matrix product on {cpus} CPUs at once takes {ratio:.2f} times as long as on one alone."
    if ratio <= _SIBLINGS and not heard.is_rarely_quiet:
        return Check(subject, Verdict.OK, f"{finding} The CPUs are independent.")
    if ratio <= _SIBLINGS:
        # What runs on the other CPUs slows the product that is called alone, too.
        remedy = "Run `archrank doctor` again at a quieter hour."
        finding = f"{finding} Other work may hide that they share a core."
        return Check(subject, Verdict.DOUBTFUL, finding, remedy)
    remedy = pin_remedy(one_cpu_of_each_core if len(one_cpu_of_each_core) < host.allowed_cpus() else ())
    if heard.is_rarely_quiet:
        remedy = f"Other work looks alike, so first run `archrank doctor` at a quieter hour. {remedy}"
    finding = f"{finding} They share cores (SMT), or a limit such as power or a quota."
    return Check(subject, Verdict.DOUBTFUL, finding, remedy)


def check_quiet(heard: Heard) -> Check:
    """The machine is often enough at its quiet level, which is the quietest tenth of the moments."""
    slowdown, worst = exp(median(heard.above)), exp(max(heard.above))
    finding = (
        f"{heard.quiet_share:.0%} of {len(heard.rounds)} moments were within {QUIET:.0%} of the quiet level. "
        f"The slowdown was {slowdown:.2f} in the median, {worst:.2f} at worst."
    )
    if heard.is_rarely_quiet:
        return Check("quiet moments", Verdict.DOUBTFUL, f"{finding} The machine is rarely quiet.", _REST)
    return Check("quiet moments", Verdict.OK, finding)


def check_interval(heard: Heard) -> Check:
    """Measuring gives intervals that are about as narrow as a case aims at."""
    half_width, target = heard.expected_half_width(), SamplingPlan().interval_target
    promise = "none that is useful" if isinf(half_width) else f"about +-{half_width:.1%}"
    finding = f"28 cases in five minutes: intervals of {promise}, on all CPUs."
    if half_width > _WIDE * target:
        remedy = f"{_REST} Fewer `--threads` suffer less."
        return Check("expected intervals", Verdict.DOUBTFUL, finding, remedy)
    return Check("expected intervals", Verdict.OK, finding)


def _untested(finding: str, remedy: str) -> Check:
    return Check("quiet moments", Verdict.DOUBTFUL, finding, remedy)
