"""Exit codes of the commands."""

FAILED = 1
"""A case failed, or this host cannot measure."""

INTERRUPTED = 130
"""What a shell reports of a process that Ctrl-C ended: 128 and the number of SIGINT."""
