"""Logs: structlog and the standard library through one handler; for a person on a terminal, JSON elsewhere."""

import logging
import sys
import time
from typing import Any

import redis
import structlog

from shared.settings import settings
from shared.texts import shown

# Their INFO lines say per task what our own one line per batch says.
# Celery says every few seconds, with tracebacks, that the broker is away; once in a while will do.
REPEATING = ("celery.worker.consumer.consumer", "celery.worker.request", "kombu.connection", "kombu.transport.redis")
SAY_AGAIN_S = 600.0
# The libraries that read pages say of many of them, as an error, what our reasons say.
QUIET = {
    "celery.app.trace": "WARNING", "celery.worker.strategy": "WARNING", "celery.beat": "WARNING",
    "trafilatura": "CRITICAL", "htmldate": "CRITICAL",
}  # fmt: skip


def configure_logs() -> None:
    """Send every record of this process through one handler. Safe to call twice."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),  # a command may have hushed it
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_renderers()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level)
    for name in REPEATING:
        logging.getLogger(name).filters[:] = [_Outages()]
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


class _Outages(logging.Filter):
    """Lets a message about a lost connection pass once in a while, as one line."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        lost = record.exc_info and isinstance(record.exc_info[1], OSError | redis.RedisError)
        if not lost and "onnect" not in str(record.msg):
            return True
        record.exc_info = None
        now = time.monotonic()
        if now - self._said_at.get(str(record.msg), -SAY_AGAIN_S) < SAY_AGAIN_S:
            return False
        self._said_at[str(record.msg)] = now
        return True


def _renderers() -> list[Any]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if settings().log_format == "console" or (settings().log_format == "auto" and sys.stderr.isatty()):
        return [remove, _in_one_line, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [remove, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _in_one_line(_logger: Any, _method: str, record: Any) -> Any:
    """What a server said cannot command the terminal or pass for a line of its own; JSON escapes it anyway."""
    return {
        name: " ".join(shown(value).split()) if isinstance(value, str) and name != "exception" else value
        for name, value in record.items()
    }
