"""Calibrating a target: a few networks are measured, and all others are estimated from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.calibrating import choosing, fitting, measuring
from app.calibrating.elsewhere import Column, columns_of
from app.calibrating.measuring import Case
from app.child import DONE, FAILED, INTERRUPTED
from app.errors import CannotCalibrate
from app.questions.asking.names import find_target
from catalog import host
from catalog.entities.configurations import Configuration, Target
from catalog.entities.estimates import EstimateBasis, EstimatorAccuracy
from catalog.extras import missing_packages
from catalog.inventory import Inventory
from catalog.machine.gpu_selection import local_gpu
from catalog.storage.database import Catalog, ReadSession
from catalog.storage.estimates import find_basis
from catalog.storage.facts.native_workloads import native_workloads
from catalog.storage.measurements.finding import last_measured
from catalog.storage.summaries.speeds import find_speeds
from catalog.words.metrics import SPEED_METRICS
from catalog.words.vocabulary import Device, Precision, RuntimeName, Scenario, Status

# Where nobody limits the time, a case ends after so many blocks at the latest. Twice as many as at least.
_MOST_BLOCKS = 16


@dataclass(frozen=True)
class Plan:
    """What a calibration may take. At most so many `networks` are measured, for `budget_s` seconds as far as
    can be guessed. None is no limit. Without `runtimes` and `threads`, they are the usual ones of the
    `device`. With `again`, what was measured is measured too. With `unless_estimated`, nothing is measured
    where the target has estimates of every configuration."""

    target: str = host.LOCAL
    networks: int | None = None
    budget_s: float | None = None
    runtimes: tuple[RuntimeName, ...] = ()
    device: Device = Device.CPU
    precision: Precision = Precision.FP32
    batch_size: int = 1
    threads: int | None = None
    again: bool = False
    unless_estimated: bool = False

    @property
    def configurations(self) -> list[Configuration]:
        """The configurations in which this machine is calibrated."""
        threads = 1 if self.device is Device.CUDA else host.usable_cpus()
        return [
            Configuration(
                runtime,
                device=self.device,
                precision=self.precision,
                batch_size=self.batch_size,
                threads=self.threads or threads,
                arena=True if runtime is RuntimeName.ONNXRUNTIME else None,
            )
            for runtime in self.runtimes or choosing.RUNTIMES[self.device]
        ]


@dataclass(frozen=True)
class Calibration:
    """What the estimates of a target stand on after a calibration, and how many of the cases that it asked
    for were measured and failed. `too_few` has the configurations in which so few networks were measured that
    nothing is estimated, with their number."""

    basis: EstimateBasis
    measured_now: int
    failed_now: int = 0
    too_few: tuple[tuple[Configuration, int], ...] = ()

    @property
    def mostly_refused(self) -> tuple[EstimatorAccuracy, ...]:
        """The estimates of speed that more workloads are refused than have."""
        return tuple(one for one in self._speeds if one.refused > one.covered)

    @property
    def estimates_speeds(self) -> bool:
        """Whether most workloads have an estimated speed in a configuration."""
        return len(self.mostly_refused) < len(self._speeds)

    @property
    def _speeds(self) -> tuple[EstimatorAccuracy, ...]:
        return tuple(one for one in self.basis.accuracies if one.metric in SPEED_METRICS)


Measure = Callable[[Sequence[Case], Sequence[str]], int]
Tell = Callable[[str], None]


def calibrate(
    catalog: Catalog,
    plan: Plan,
    inventory: Inventory,
    tell: Tell,
    measure: Measure = measuring.measure,
) -> Calibration | None:
    """Measure what the plan asks for and the catalog lacks, then estimate. Another target than this machine
    is estimated from what was imported. `tell` is given sentences for the user. Returns None where measuring
    was interrupted.

    Raises:
        NoGpu: a GPU is to be calibrated, and this machine has none.
        UnknownTarget: no target of this id.
        CannotCalibrate: nothing measures here, measuring failed, or too little was measured.
    """
    target, missing, budget_s = _to_measure(catalog, plan, inventory)
    if missing:
        extra = "profiler" if any(_needs_torch(case) for case in missing) else "measure"
        if packages := missing_packages(extra):
            raise CannotCalibrate(
                f"Measuring needs {', '.join(packages)}.", f"Run `pip install 'archrank[{extra}]'`."
            )
        networks = len({case.workload for case in missing})
        limit = "" if budget_s is None else f", or as many as {budget_s:.0f} s suffice for"
        tell(f"Measuring {networks} networks{limit}, to estimate all others from them.")
        code = measure(missing, [*_options(budget_s), *(["--force"] if plan.again else [])])
        if code == INTERRUPTED:
            return None
        if code not in (DONE, FAILED):
            raise CannotCalibrate(
                f"`archrank profile` ended with exit code {code}.",
                "Its message is above. Then calibrate again.",
            )
        tell("Estimating what was not measured.")
    basis = _estimated(catalog, target, inventory)
    with catalog.read() as session:
        measured, failed = _outcomes(session, target.id, missing)
        return Calibration(basis, measured, failed, fitting.too_few(session, target.id))


def _needs_torch(case: Case) -> bool:
    return case.configuration.runtime is RuntimeName.PYTORCH


def _to_measure(
    catalog: Catalog, plan: Plan, inventory: Inventory
) -> tuple[Target, list[Case], float | None]:
    """The target, the cases that are not measured yet, and the share of the time that they have."""
    local = host.gpu_target(local_gpu()) if plan.device is Device.CUDA else host.local_target()
    with catalog.read() as session:
        target = local if plan.target in (host.LOCAL, local.id) else find_target(session, plan.target)
        if target.id != local.id or plan.networks == 0:
            return target, [], None
        if plan.unless_estimated and _is_estimated(session, target.id, plan.configurations):
            return target, [], None
        cases = choosing.calibration_cases(
            native_workloads(session),
            inventory,
            plan.configurations,
            partial(_columns_of_others, session, target, plan.device),
            networks=plan.networks,
            budget_s=plan.budget_s,
        )
        missing = list(cases) if plan.again else _missing(session, target.id, cases)
        _require_enough(session, target.id, missing, plan.configurations)
    if plan.budget_s is None or not cases:
        return target, missing, None
    return target, missing, plan.budget_s * len(missing) / len(cases)


def _is_estimated(session: ReadSession, target: str, configurations: Sequence[Configuration]) -> bool:
    """Whether the target has estimates of every configuration."""
    basis = find_basis(session, target)
    return basis is not None and {one.configuration for one in basis.accuracies}.issuperset(configurations)


def _columns_of_others(session: ReadSession, target: Target, device: Device) -> list[Column]:
    """The times of networks on other targets of the kind. What is measured here meanwhile changes none."""
    speeds = find_speeds(session, device, Scenario.SINGLE_STREAM)
    return columns_of(speed for speed in speeds if speed.target != target.id)


def _missing(session: ReadSession, target: str, cases: Sequence[Case]) -> list[Case]:
    """The cases without an outcome that calibrating can use: a failure, or numbers with a node profile."""
    ended = {
        one.key
        for one in last_measured(session, target)
        if one.status is Status.FAILED or one.has_node_profile
    }
    return [case for case in cases if (case.workload.id, case.configuration.id) not in ended]


def _require_enough(
    session: ReadSession, target: str, missing: Sequence[Case], configurations: Sequence[Configuration]
) -> None:
    """Refuse to measure where nothing can be estimated afterwards, even if no case fails."""
    wanted = {(case.workload.id, case.configuration.id) for case in missing}
    wanted |= {one.key for one in last_measured(session, target) if one.status is Status.OK}
    most = max(sum(key[1] == one.id for key in wanted) for one in configurations)
    if missing and most < fitting.LEAST_NETWORKS:
        raise CannotCalibrate(
            f"Estimates need {fitting.LEAST_NETWORKS} networks in a configuration. These would be {most}.",
            f"Give --runs {choosing.LEAST_NETWORKS} or more: some may fail.",
        )


def _outcomes(session: ReadSession, target: str, asked: Sequence[Case]) -> tuple[int, int]:
    """How many of the cases were measured, and how many failed."""
    ended = {one.key: one.status for one in last_measured(session, target)}
    of_asked = [ended.get((case.workload.id, case.configuration.id)) for case in asked]
    return of_asked.count(Status.OK), of_asked.count(Status.FAILED)


def _options(budget_s: float | None) -> list[str]:
    """The options of `archrank profile`."""
    limit = ["--max-blocks", str(_MOST_BLOCKS)]
    if budget_s is not None:  # a slow machine measures fewer networks, the first of which teach most
        limit = ["--within-budget", "--time-budget", f"{budget_s:.0f}"]
    return [
        "--node-profiles",
        *("--processes", str(choosing.PROCESSES)),
        *("--interval-target", str(choosing.INTERVAL_TARGET)),
        *limit,
    ]


def _estimated(catalog: Catalog, target: Target, inventory: Inventory) -> EstimateBasis:
    """What the estimates stand on, which are computed again where something was measured since."""
    with catalog.read() as session:
        basis = find_basis(session, target.id)
        if basis is not None and fitting.is_current(session, target.id):
            return basis
    basis = fitting.refit(catalog, target, inventory)
    if basis is None:
        raise CannotCalibrate(
            f"On {target.id}, fewer than {fitting.LEAST_NETWORKS} networks were measured in a configuration.",
            "Allow more with --runs or --time-budget.",
        )
    return basis
