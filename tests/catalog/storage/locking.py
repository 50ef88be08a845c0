"""A writer that waits for nobody."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine


@contextmanager
def impatient_writer(url: str) -> Iterator[None]:
    """A second connection that takes the writers' lock, or gives up at once."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 0, "isolation_level": None})
        lock = ["BEGIN IMMEDIATE"]
    else:
        engine = create_engine(url)
        lock = ["SELECT revision FROM catalog_state FOR UPDATE NOWAIT"]
    try:
        with engine.connect() as connection:
            for statement in lock:
                connection.exec_driver_sql(statement)
            yield
    finally:
        engine.dispose()
