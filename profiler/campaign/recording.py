"""What a campaign takes, and how its cases end, in the catalog."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version

from catalog.entities.configurations import Artefact, Environment, Target
from catalog.entities.measurements import Failure, Measurement, Success
from catalog.entities.node_profiles import NodeProfile
from catalog.entities.samples import PendingSample, ProcessSample
from catalog.statistics.between_campaigns import Spread
from catalog.storage.database import Catalog
from catalog.storage.measurements.adding import add_measurements
from catalog.storage.measurements.pending import add_pending, drop_pending, pending_samples
from catalog.words.vocabulary import Provenance, RuntimeName
from profiler.campaign.rounds import Failed, Measured
from profiler.cases import Case
from profiler.protocol import scenarios
from profiler.protocol.doubts import doubts, doubts_of_values
from profiler.protocol.latency import CAMPAIGNS
from profiler.protocol.percentiles import PERCENTILES
from profiler.protocol.plan import PROTOCOL_VERSION, SamplingPlan
from profiler.protocol.summary import half_width, metric_values


@dataclass(frozen=True)
class Recorder:
    """Writes the samples and the outcomes of cases that are measured on `target` by `plan`. `campaigns` is
    what the target's campaigns differ by."""

    catalog: Catalog
    target: Target
    plan: SamplingPlan
    environment_of: Callable[[RuntimeName], Environment]
    campaigns: Spread = CAMPAIGNS

    def pending(self, case: Case) -> list[ProcessSample]:
        """The visits of an interrupted campaign, made under the same protocol and environment, in the order
        made. There are `max_blocks` at most."""
        with self.catalog.read() as session:
            visits = pending_samples(session, self._pending_sample(case))
        return visits[: self.plan.max_blocks]

    def add(self, case: Case, sample: ProcessSample) -> None:
        """Keep a visit to a case that has not ended."""
        with self.catalog.write() as session:
            add_pending(session, [replace(self._pending_sample(case), sample=sample)])

    def measured(
        self, ended: Measured, artefact: Artefact, node_profile: NodeProfile | None = None
    ) -> Measurement:
        """Store the numbers of a case, with their doubts, and the profile of its nodes if there is one."""
        plan, samples = self.plan, ended.samples
        values = metric_values(samples, ended.case.configuration, self.campaigns)
        asked = PERCENTILES[plan.percentile] if plan.percentile is not None else None
        success = Success(
            values=values,
            doubts=(
                *doubts(samples, plan.interval_target, self.campaigns),
                *doubts_of_values(values, asked),
            ),
            samples=samples,
            interval_target_met=half_width(samples, self.campaigns) <= plan.interval_target,
            node_profile=node_profile,
        )
        return self._store(ended.case, success, artefact)

    def failed(self, ended: Failed, artefact: Artefact | None) -> Measurement:
        """Store why a case has no numbers. Without an `artefact`, it could not be made."""
        return self._store(ended.case, Failure(ended.failure.reason, ended.failure.detail), artefact)

    def _store(self, case: Case, outcome: Success | Failure, artefact: Artefact | None) -> Measurement:
        """One transaction stores the measurement and deletes the pending samples of its case."""
        measurement = Measurement(
            workload=case.workload,
            configuration=case.configuration,
            target=self.target,
            environment=self.environment_of(case.configuration.runtime),
            provenance=Provenance.MEASURED,
            protocol=scenarios.protocol(self.plan, case.configuration),
            protocol_version=PROTOCOL_VERSION,
            measured_at=datetime.now(UTC),
            source=f"archrank {version('archrank')}",
            outcome=outcome,
            artefact=artefact,
        )
        with self.catalog.write() as session:
            add_measurements(session, [measurement])
            drop_pending(session, self._pending_sample(case))
        return measurement

    def _pending_sample(self, case: Case) -> PendingSample:
        """What a pending sample of the case is stored under."""
        return PendingSample(
            workload=case.workload.id,
            configuration=case.configuration.id,
            target=self.target.id,
            environment=self.environment_of(case.configuration.runtime).id,
            protocol=scenarios.protocol(self.plan, case.configuration),
        )
