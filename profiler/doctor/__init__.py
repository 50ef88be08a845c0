"""`archrank doctor`: whether this host can measure, what to expect of it, and what to repair."""

from profiler.doctor.check import Check, Verdict
from profiler.doctor.examination import examine

__all__ = ["Check", "Verdict", "examine"]
