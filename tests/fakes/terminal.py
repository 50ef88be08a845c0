"""A terminal of 80 columns without colours."""

from collections.abc import Mapping

TERMINAL: Mapping[str, str] = {"TTY_COMPATIBLE": "1", "TERM": "dumb", "COLUMNS": "80", "LINES": "25"}
"""The variables that make rich take standard output for one."""
