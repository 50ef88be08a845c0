"""Sentences about what is known of a network or a target."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING

from catalog.entities.naming import in_words
from catalog.words.doubts import Doubt
from catalog.words.vocabulary import Precision

if TYPE_CHECKING:
    from app.contract.evidence.measurements import MeasurementView
    from app.contract.evidence.targets import SlowdownView
    from app.contract.networks.cards import CardView
    from app.contract.networks.checkpoints import PreprocessingView


def quantised_warnings(measurements: "Iterable[MeasurementView]") -> list[str]:
    """A warning for each measured int8 file. Its accuracy is unknown, so its speed alone decides nothing."""
    deviations = {
        (measurement.input_size, artefact.sha256): artefact.deviation
        for measurement in measurements
        if (artefact := measurement.artefact) is not None and artefact.precision is Precision.INT8
    }
    return [
        f"int8 at {size} px: with random weights, the file's output differs from torch's fp32 output by "
        f"{100 * (deviation or 0):.2g} % of its largest value. Its accuracy is unknown until it is evaluated."
        for (size, _), deviation in deviations.items()
    ]


def allowed(use: bool | None) -> str:
    """Whether commercial use is allowed, in a word."""
    return {True: "yes", False: "no", None: "unclear"}[use]


def speed_doubts(card: "CardView") -> list[Doubt]:
    """The doubts about the speeds that a card shows, each once."""
    return sorted({doubt for row in card.speeds for doubt in row.speed.doubts})


def refusals(card: "CardView") -> list[str]:
    """Why cases of a card have no estimate, each reason once."""
    return list(dict.fromkeys(reason for one in card.estimates for reason in one.refused.values()))


def preprocessing_in_words(preprocessing: "PreprocessingView") -> str:
    """How images become the input, in sentences."""
    mean, std = (
        ", ".join(f"{one:g}" for one in numbers) for numbers in (preprocessing.mean, preprocessing.std)
    )
    return (
        f"Resize images by {preprocessing.interpolation} interpolation, so that the middle "
        f"{100 * preprocessing.crop_pct:g} % is the input. Scale colours to 0 to 1, subtract the mean "
        f"({mean}) and divide by the standard deviation ({std})."
    )


def slowdown_summary(slowdowns: "Sequence[SlowdownView]") -> str:
    """How much slower than quiet a target was during its newest measurements. Empty where that is unknown."""
    if not slowdowns:
        return ""
    factors = sorted(one.slowdown for one in slowdowns)
    worst, last = factors[-1], max(one.measured_at for one in slowdowns)
    return (
        f"{median(factors):.2f} times as slow as when it is quiet, in the middle of the newest "
        f"{len(factors)} measurements, and {worst:.2f} times at worst. The last was on {last:%Y-%m-%d}."
    )


def speed_legend(card: "CardView") -> list[str]:
    """What the latencies and the slowdown of a card mean. Empty where no shown speed has a slowdown."""
    slowed = [row for row in card.speeds if row.slowdown]
    if not slowed:
        return []
    return [
        "Speed: measured while the machine is quiet. It is what we rank by.",
        "As met: the median time of one call as it was met during the campaign.",
        "Slowdown: 1.07 = the machine was 7 % slower than quiet. It is that of fixed work between the calls. "
        "A network may be slowed less, or more.",
        *(
            f"{row.target}, {in_words(row.configuration)}: the machine was {quiet} quiet, so the speed is "
            "that of its quietest moments. A quiet machine may be faster."
            for row in slowed
            if (quiet := hardly_quiet(row.speed.doubts))
        ),
    ]


def hardly_quiet(doubts: Iterable[Doubt]) -> str:
    """How seldom the machine was quiet during a measurement with these doubts: `never` or `seldom`. Empty
    where it was quiet often enough."""
    held = set(doubts)
    return "never" if Doubt.CANARY_MOVED in held else "seldom" if Doubt.FEW_QUIET_MOMENTS in held else ""
