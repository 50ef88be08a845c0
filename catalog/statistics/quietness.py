"""When a machine counts as quiet."""

QUIET = 0.1
"""How far the canary may be above its quiet level in a quiet moment, in logarithms: about 10 %. So long may
threads wait for a CPU, as a share of the time."""
