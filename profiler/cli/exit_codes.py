"""Exit codes of the commands."""

FAILED = 1
"""A case failed, or this host cannot measure."""

HOST_FAULT = 2
"""The host kept a case from being measured."""

INTERRUPTED = 130
"""What a shell reports of a process that Ctrl-C ended: 128 and the number of SIGINT."""

TERMINATED = 143
"""What a shell reports of a process that SIGTERM ended: 128 and the number of SIGTERM."""
