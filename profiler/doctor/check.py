"""What a check of the host ends with."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended. Only `failed` keeps a host from measuring."""

    OK = "ok"
    DOUBTFUL = "doubtful"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One finding about the host, with the remedy where it is not ok."""

    subject: str
    verdict: Verdict
    finding: str
    remedy: str | None = None
