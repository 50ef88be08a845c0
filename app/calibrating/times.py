"""The estimates of times: by operators, and as whole networks where these say more."""

from dataclasses import replace
from math import log

import numpy as np

from app.estimating import estimator
from app.estimating.estimator import Calibration, Estimates, Estimator, Field, Source
from catalog.candidates.category import Floats

# Half of an interval, as a logarithm, above which whole networks are asked too. Chosen on 60 networks in
# PyTorch. In ONNX Runtime and OpenVINO, whose intervals are narrower, it changes little (decision 18).
_SAYS_LITTLE = log(1.75)
# The largest share of time in operators of sorts that were never measured for which they are asked.
_FAMILIAR = 0.1


def estimates_of_times(field: Field, calibration: Calibration, level: float) -> tuple[Estimator, Estimates]:
    """The estimator of times, and its estimates at the confidence `level`. Where operators say little of a
    network, as of one that is far larger than those that were measured, the network as a whole may say more.
    """
    fitted = estimator.fit(field, calibration)
    estimates = fitted.estimates(level)
    # Operators that are strange make an interval wide. To whole networks they would look like any.
    says_little = (_half(estimates) > _SAYS_LITTLE) & (fitted.strange <= _FAMILIAR)
    if fitted.source is Source.OPERATORS and says_little.any():
        wholes = estimator.fit(replace(field, inventory=None), calibration).estimates(level)
        estimates = estimates.otherwise(wholes, says_little & (_half(wholes) < _half(estimates)))
    return fitted, estimates


def _half(estimates: Estimates) -> Floats:
    """Half of each interval, as logarithms."""
    return np.asarray(np.log(estimates.high / estimates.low) / 2)
