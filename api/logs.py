"""Logs: one JSON object a line on standard error, in which no line can hold what clients sent or own.

Of our own lines go out the constant text and the fields named in `FIELDS`; of other libraries', which may
quote anything, a text only where it is known to be constant, otherwise the place that it comes from; of
exceptions no message. docs/operations.md shows what is left.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.exceptions import outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from structlog.typing import EventDict, Processor

    from schema.operation import Operation

FIELDS: Final = (
    "request_id",
    "method",
    "status",
    "duration_ms",
    "operation",
    "fields",
    "document",
    "cost",
    "code",
    "codes",
    "limits",
    "client",
    "category",
    "source",
)
"""What a line of ours may carry besides its text."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
REFUSED: Final = frozenset({401, 403, 429})
"""Statuses that are worth a warning, with those from 500 on."""

CONSTANT: Final = frozenset(
    {
        "Future exception was never retrieved",
        "Task exception was never retrieved",
        "Task was destroyed but it is pending!",
        "Unhandled exception in event loop",
        "unhandled exception during asyncio.run() shutdown",
    }
)
"""First lines of other libraries' texts that hold nothing; what follows them may."""

RAISED: Final = "A library reports an exception."
WITHHELD: Final = "What a library says is withheld, because it may quote data."
FAILED: Final = (
    "The application failed to start or to stop; `customers migrate` says more of a database at fault."
)

LONGEST_TEXT: Final = 200

logger = logging.getLogger("customers")

# Tells clients apart within this process, and tells nobody who they are: the key is gone with the process.
_KEY = os.urandom(16)


def configure(level: str) -> None:
    """Send what is logged in this process to standard error; called again, change the level only.

    `level` is for what we and uvicorn have to say; for other libraries it is "warning" at least: below that
    they log statements and their parameters.
    """
    root = logging.getLogger()
    if not any(isinstance(handler, _StandardError) for handler in root.handlers):
        root.addHandler(_StandardError())
    own = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(own, logging.WARNING))
    for name in ("customers", "uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(own)
    # Handlers that uvicorn sets up unless told otherwise. Its lines on requests hold paths and addresses.
    for name in ("uvicorn", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name == "uvicorn"
    warnings.showwarning = _warned  # type: ignore[assignment] # called by position
    sys.excepthook = _uncaught
    # Others' hooks stay: those of a test runner, for instance.
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _uncaught_in_thread


def wanted(status: int) -> bool:
    """Say whether `request` would log a request that is answered with this status. Ask first: it is cheap."""
    return logger.isEnabledFor(_level(status))


def request(  # noqa: PLR0913 - what is known of a request when it ends
    request_id: str,
    method: str,
    status: int,
    started: float,
    *,
    query: str | None = None,
    operation: Operation | None = None,
    errors: Iterable[Mapping[str, Any]] = (),
    subject: str | None = None,
) -> None:
    """Log the end of a request.

    Nothing that the client chose is logged as it is: of `query` there is a hash; of `operation`, a valid one,
    its kind, its cost and the schema's names of its root fields; of `errors` their codes and limits; of
    `subject` a hash that means nothing outside this process. `started` is what `time.perf_counter()` said.
    """
    extensions = [error["extensions"] for error in errors]
    fields: dict[str, Any] = {
        "request_id": request_id,
        "method": method if method in METHODS else "another",
        "status": status,
        "duration_ms": round((time.perf_counter() - started) * 1_000, 3),
    }
    if operation is not None:
        fields["operation"] = operation.definition.operation.value
        fields["fields"] = sorted(operation.root_fields)
        fields["cost"] = operation.cost
    if query is not None:
        fields["document"] = hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest()[:16]
    if extensions:
        fields["codes"] = sorted({extension["code"] for extension in extensions})
    if limits := {extension["limit"] for extension in extensions if "limit" in extension}:
        fields["limits"] = sorted(limits)
    if subject is not None:
        fields["client"] = hashlib.blake2b(
            subject.encode(errors="surrogatepass"), key=_KEY, digest_size=4
        ).hexdigest()
    # In place of `logger.log`, which would look for its caller first.
    logger.handle(logger.makeRecord(logger.name, _level(status), "", 0, "request", (), None, extra=fields))


def _level(status: int) -> int:
    return logging.WARNING if status >= 500 or status in REFUSED else logging.INFO  # noqa: PLR2004 - HTTP's


class _StandardError(logging.Handler):
    """Writes each line at once, so that those of several processes do not mix."""

    def __init__(self) -> None:
        # Importing it takes longer than a short command of ours, which logs nothing.
        from structlog.processors import JSONRenderer, TimeStamper  # noqa: PLC0415
        from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name  # noqa: PLC0415

        super().__init__()
        processors: list[Processor] = [
            TimeStamper(fmt="iso", utc=True),
            add_log_level,
            add_logger_name,
            _content,
            ProcessorFormatter.remove_processors_meta,
            JSONRenderer(serializer=_json),
        ]
        self.setFormatter(ProcessorFormatter(processors=processors, use_get_message=False))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001 - a record that cannot be written must not stop a request
            line = self.format(_unwritten(error))
        # Nobody may be left to read it.
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")


def _unwritten(error: Exception) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__)
    return logger.makeRecord(logger.name, logging.ERROR, "", 0, "A line could not be written.", (), exc_info)


def _content(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Put into a line what may be known of its record."""
    record: logging.LogRecord = line["_record"]
    _, error, _ = line.pop("exc_info", None) or (None, None, None)
    line.pop("stack_info", None)
    if record.name.partition(".")[0] == logger.name:
        line["event"] = record.msg[:LONGEST_TEXT]
        given = record.__dict__
        for name in FIELDS:
            if name in given:
                line[name] = given[name]
    else:
        line["event"] = _text(record)
        if line["event"] == RAISED:
            error = record.msg
        elif line["event"] == FAILED:
            # What Starlette sends as text is being handled at this moment.
            error = sys.exception()
        elif line["event"] == WITHHELD:
            line["source"] = f"{record.module}.{record.funcName}:{record.lineno}"
    if error is not None:
        line["exception"] = outline(error)
    return line


def _text(record: logging.LogRecord) -> str:
    """Return what a library says as far as it is constant: never the arguments put into it."""
    if not isinstance(record.msg, str):
        return RAISED if isinstance(record.msg, BaseException) else WITHHELD
    text = record.msg.partition("\n")[0][:LONGEST_TEXT]
    # All of uvicorn's texts are constant but for numbers of processes, and the traceback that it passes on.
    if record.name == "uvicorn.error":
        return FAILED if "Traceback" in text else text
    return text if text in CONSTANT else WITHHELD


def _json(line: EventDict, **_: object) -> str:
    return orjson.dumps(line, default=lambda value: type(value).__qualname__).decode()


def _warned(_message: object, category: type[Warning], filename: str, line: int, *_: object) -> None:
    """Log a warning in place of `warnings.showwarning`, without its message."""
    modules = (name for name, module in sys.modules.copy().items() if _file(module) == filename)
    extra = {"category": category.__qualname__, "source": f"{next(modules, '?')}:{line}"}
    logger.warning("Python warns.", extra=extra)


def _file(module: object) -> object:
    # Not by getattr: modules that load lazily would do so.
    return module.__dict__.get("__file__")


def _uncaught(type_: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    logger.critical("An exception ended the process.", exc_info=(type_, error, traceback))


def _uncaught_in_thread(thread: threading.ExceptHookArgs) -> None:
    logger.error("An exception ended a thread.", exc_info=thread.exc_value)


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    logger.error("An exception was ignored where none can be raised.", exc_info=unraisable.exc_value)
