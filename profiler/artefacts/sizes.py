"""Whether a file can be that of a network with so many parameters."""

from catalog.words.vocabulary import Precision
from profiler.faults import FaultKind, HostFault

# Bytes of a parameter, the least and the most. A file may lack parameters that no output depends on, and hold
# constants that the exporter computed. The fp32 files of the skeletons that ship have 0.99 to 1.74
# times the bytes of their parameters. Tables of positions grow with the fourth power of the input size.
_BYTES = {Precision.FP32: (4.0, 4.0), Precision.INT8: (1.0, 4.0)}
_LEAST_SHARE, _LARGEST_SHARE = 0.8, 10.0
# The graph itself, and constants that do not grow with the parameters.
_GRAPH_BYTES = 20_000_000


def parameters_in(fp32_bytes: int) -> int:
    """The parameters that a file in fp32 holds."""
    return int(fp32_bytes / _BYTES[Precision.FP32][0])


def require_possible(size: int, parameters: int, precision: Precision) -> None:
    """Refuse a file of `size` bytes that cannot hold so many parameters.

    Raises:
        HostFault: it cannot. Something else than the installed tools made it.
    """
    least, most = _BYTES[precision]
    smallest = _LEAST_SHARE * least * parameters
    largest = _LARGEST_SHARE * most * parameters + _GRAPH_BYTES
    if not smallest <= size <= largest:
        raise HostFault(
            FaultKind.IMPOSSIBLE_FILE,
            f"It has {size:,} bytes, and a network of {parameters:,} parameters in {precision} has between "
            f"{smallest:,.0f} and {largest:,.0f}.",
        )
