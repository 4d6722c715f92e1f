"""How log lines look: one event a line, key=value for people (DEBUG) or JSON for machines.

Request id and user id are bound by django-structlog, the caller's address by `bind_address`.
Nothing here writes to the database: a log line must survive the roll-back of the transaction it
speaks of.
"""

import logging
import re

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata
from structlog.typing import EventDict, Processor, WrappedLogger

from backoffice.database_away import is_away
from payments import conf
from payments.core.addresses import caller_address
from payments.core.text import clean


def without_secrets(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Cut what a URL may carry: OAuth codes in the query, password-reset keys in the path."""
    if isinstance(request := event.get("request"), str):
        event["request"] = _KEY_IN_PATH.sub(r"\1***", request.partition("?")[0])
    return event


def with_stand_in(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Say of each line that no money moves here: somebody may read it far from the screen."""
    if conf.gateway().is_sandbox:
        event["gateway"] = "stand-in"
    return event


def without_turning_signs(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """A line reads as it was written, whatever an id from outside holds."""
    return {key: clean(text) if isinstance(text, str) else text for key, text in event.items()}


class RefusedInOneLine(logging.Filter):
    """A page that was refused (403, 404, 400) is a line: where in Django it was says nothing.

    That the database was away is a line of `database_away`, with the reason.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 0)
        error = record.exc_info[1] if record.exc_info else None
        if is_away(error) and record.name.startswith("django."):
            return False
        if 400 <= status < 500:
            record.exc_info = record.exc_text = None
        return True


_KEY_IN_PATH = re.compile(r"(/(?:reset/key|confirm-email)/).+")

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    without_secrets,
    with_stand_in,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def formatter(*, json: bool) -> logging.Formatter:
    """The formatter that `settings.LOGGING` asks for."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_turning_signs,
            renderer,
        ],
    )


@receiver(bind_extra_request_metadata)
def bind_address(request: HttpRequest, **kwargs: object) -> None:
    """The caller's address on each line of a request."""
    address = caller_address(meta=request.META, proxies=conf.trusted_proxies())
    structlog.contextvars.bind_contextvars(ip=address)


def configure() -> None:
    """Send structlog's own loggers through the standard library's handlers."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
