"""The log: one line for each request, and one for each error, with the id of the request.

Neither a query nor a header is logged, because they may hold secrets. A key is logged as its beginning alone.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.settings import LogForm
from catalog.words.texts import visible

Log = Callable[[Mapping[str, Any]], None]


def request_log(form: LogForm) -> Log | None:
    """What logs a request, from what is known of it. None where requests are not logged."""
    if form is LogForm.OFF:
        return None
    if form is LogForm.TEXT:
        return _log_text
    import structlog  # noqa: PLC0415 - who does not want JSON does not wait for it

    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        cache_logger_on_first_use=True,
    ).bind()
    return lambda facts: logger.msg("request", level="info", **facts)


def configure_errors(form: LogForm) -> None:
    """Let errors of the server and of its libraries be logged in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json_formatter() if form is LogForm.JSON else _TextFormatter())
    for name in ("uvicorn", "archrank"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING)


def errors() -> logging.Logger:
    """Where errors of requests are logged."""
    return logging.getLogger("archrank")


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")


def _json_formatter() -> logging.Formatter:
    import structlog  # noqa: PLC0415

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )


def _log_text(facts: Mapping[str, Any]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = " ".join(f"{name}={visible(str(value))}" for name, value in facts.items() if value is not None)
    print(f"{now} {line}", file=sys.stderr, flush=True)  # noqa: T201 - this is the log
