"""Eight processes that write at once."""

import os
import time
from functools import partial

from catalog.exchange.importing import import_lines
from catalog.opening import open_catalog
from tests.benchmarks.faults.world import WRITERS, Numbers, checked, export_of, forked, measurement


def concurrent_writers(url: str, batches: int, _seed: int) -> Numbers:
    """Eight processes import batches at once. Each ends with an error where one of its writes fails."""
    began = time.monotonic()
    children = [forked(partial(write_batches, url, number, batches)) for number in range(WRITERS)]
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    expected = {measurement(writer, number).id for writer in range(WRITERS) for number in range(batches)}
    seconds = time.monotonic() - began
    return {
        "batches": WRITERS * batches,
        "failed": failed,
        "seconds": round(seconds),
        **checked(url, expected),
    }


def write_batches(url: str, writer: int, batches: int) -> None:
    with open_catalog(url) as catalog:
        for number in range(batches):
            import_lines(catalog, export_of(measurement(writer, number)).decode().splitlines())
