"""The speed of an architecture on every target: for each use, the fastest of all that is known."""

from collections.abc import Iterable, Mapping, Sequence

from app.contract.evidence.estimates import EstimateView
from app.contract.evidence.measurements import MeasurementView
from app.contract.networks.cards import SizeCurveView, SizePointView, SpeedUse, SpeedView
from app.presentation.commands.configurations import head_options, reproduce_command
from app.presentation.wording.numbers import peak_memory_metric, speed_metric
from app.ranking.speed import metric_of_time, time_per_image
from catalog.entities.configurations import Configuration
from catalog.entities.networks import IMAGE_CHANNELS
from catalog.words.metrics import SPEED_METRICS, Metric
from catalog.words.vocabulary import Precision, Provenance, Scenario, Status

# Of several origins, the first that a target has is shown.
_ORDER = (Provenance.MEASURED, Provenance.PUBLISHED, Provenance.ESTIMATED)
_Group = tuple[str, Precision, SpeedUse, int, int]
_Case = MeasurementView | EstimateView


def speed_views(
    architecture: str,
    measurements: Iterable[MeasurementView],
    estimates: Iterable[EstimateView],
    native_size: int | None,
    default_classes: int,
) -> list[SpeedView]:
    """The fastest case on each target in each precision, for each use, number of classes and of channels.
    The architecture has `default_classes` by itself. The `measurements` that arrived last come first, and
    those that they supersede do not count, as in candidates.

    Measured numbers come before published, and these before estimates. Of one origin, the native input size
    is shown where it is known. Single images come before batches, and each from the fastest.
    """
    succeeded = [one for one in _latest(measurements) if one.status is Status.OK]
    groups: dict[_Group, list[tuple[_Case, Metric]]] = {}
    cases: list[_Case] = [*succeeded, *estimates]
    for one in cases:
        metric = _speed_of(one)
        if metric is not None:
            run = one.configuration
            key = one.target, run.precision, _use_of(run), one.num_classes, _channels(one)
            groups.setdefault(key, []).append((one, metric))
    shown = [
        _view(architecture, use, *_fastest(group, native_size), default_classes, cases=len(group))
        for (_, _, use, *_), group in groups.items()
    ]
    uses = list(SpeedUse)
    return sorted(
        shown, key=lambda row: (_ORDER.index(row.speed.provenance), uses.index(row.use), row.image_ms)
    )


def size_curves(measurements: Iterable[MeasurementView]) -> list[SizeCurveView]:
    """The time per image against the input size, on each target in the configuration with the most sizes.

    Of several such configurations, the fastest. The batch that fits the memory differs from size to size, so
    configurations of that policy are one. A target with one size has no curve. The `measurements` that
    arrived last come first, and those that they supersede do not count.
    """
    groups: dict[tuple[str, str], dict[int, SizePointView]] = {}
    runs: dict[tuple[str, str], Configuration] = {}
    for one in _latest(measurements):
        metric = _speed_of(one)
        run = one.configuration
        if metric is None or _use_of(run) not in (SpeedUse.SINGLE, SpeedUse.BATCHES):
            continue
        if one.in_chans != IMAGE_CHANNELS:
            continue
        key = one.target, run.series.id
        runs.setdefault(key, run)
        point = SizePointView(
            input_size=one.input_size,
            image_ms=_image_ms(one, metric),
            provenance=one.provenance,
        )
        groups.setdefault(key, {}).setdefault(one.input_size, point)
    best: dict[str, tuple[str, str]] = {}
    for key, points in groups.items():
        held = groups.get(best.get(key[0], key), {})
        if key[0] not in best or _is_better(points, held):
            best[key[0]] = key
    return [
        SizeCurveView(
            target=target,
            configuration=runs[key],
            points=[groups[key][size] for size in sorted(groups[key])],
        )
        for target, key in sorted(best.items())
        if len(groups[key]) > 1
    ]


def _latest(measurements: Iterable[MeasurementView]) -> Iterable[MeasurementView]:
    """The first of the measurements of each network in each series of a target."""
    latest: dict[tuple[object, ...], MeasurementView] = {}
    for one in measurements:
        network = one.form, one.num_classes, one.input_size, one.in_chans
        latest.setdefault((one.target, *network, one.configuration.series.id), one)
    return latest.values()


def _is_better(points: Mapping[int, SizePointView], held: Mapping[int, SizePointView]) -> bool:
    if len(points) != len(held):
        return len(points) > len(held)
    return min(one.image_ms for one in points.values()) < min(one.image_ms for one in held.values())


def _use_of(run: Configuration) -> SpeedUse:
    if run.scenario is Scenario.TRAINING:
        return SpeedUse.TRAINING
    if run.clients > 1:
        return SpeedUse.CLIENTS
    return SpeedUse.BATCHES if run.batch_size > 1 else SpeedUse.SINGLE


def _channels(one: _Case) -> int:
    """The channels of the input. Only networks for colour images are estimated."""
    return one.in_chans if isinstance(one, MeasurementView) else IMAGE_CHANNELS


def _fastest(cases: Sequence[tuple[_Case, Metric]], native_size: int | None) -> tuple[_Case, Metric]:
    return min(
        cases,
        key=lambda case: (
            _ORDER.index(case[0].metrics[case[1]].provenance),
            case[0].input_size != native_size,
            _image_ms(*case),
        ),
    )


def _speed_of(one: _Case) -> Metric | None:
    """The metric of the speed of a case. None where a speed is missing, or zero in a catalog that was written
    past its border: that is no speed."""
    if any(one.metrics[metric].value <= 0 for metric in SPEED_METRICS if metric in one.metrics):
        return None
    return speed_metric(one.metrics)


def _image_ms(one: _Case, metric: Metric) -> float:
    """The time per image of a case whose speed is of `metric`."""
    of_time = metric_of_time(one.metrics, one.configuration) or metric
    return time_per_image(of_time, one.metrics[of_time].value, one.configuration)


def _view(
    architecture: str, use: SpeedUse, one: _Case, metric: Metric, default_classes: int, *, cases: int
) -> SpeedView:
    speed, run = one.metrics[metric], one.configuration
    reproduce = None
    if speed.provenance is not Provenance.PUBLISHED:
        again = speed.provenance is Provenance.MEASURED
        reproduce = reproduce_command(architecture, one.input_size, run, again=again)
        reproduce += head_options(one.num_classes, _channels(one), default_classes)
    return SpeedView(
        target=one.target,
        use=use,
        num_classes=one.num_classes,
        in_chans=_channels(one),
        input_size=one.input_size,
        configuration=run,
        metric=metric,
        speed=speed,
        image_ms=_image_ms(one, metric),
        met=one.metrics.get(Metric.LATENCY_MET_MS),
        slowdown=one.metrics.get(Metric.SLOWDOWN),
        memory=one.metrics.get(peak_memory_metric(run)),
        source=one.environment.runtime_version if isinstance(one, MeasurementView) else one.estimator,
        cases=cases,
        reproduce=reproduce,
    )
