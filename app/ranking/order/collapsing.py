"""What gets one row in an answer."""

from enum import StrEnum


class Collapse(StrEnum):
    """What gets one row in the answer."""

    ARCHITECTURE = "architecture"
    CHECKPOINT = "checkpoint"
    CONFIGURATION = "configuration"
