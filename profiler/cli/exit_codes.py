"""Exit codes of the commands."""

INTERRUPTED = 130
"""What a shell reports of a process that Ctrl-C ended: 128 and the number of SIGINT."""
