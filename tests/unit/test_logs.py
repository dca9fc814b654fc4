"""Logs: lines of JSON that hold what operators need, and nothing that anybody sent."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import subprocess
import sys
import threading
import time
import warnings
from errno import ECONNREFUSED
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from api import logs
from schema.limits import Limits
from schema.operation import Operations, Request
from tests.unit.unspeakable import SECRET, Unspeakable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEVELS = (None, "customers", "uvicorn", "uvicorn.error")


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is configured for the whole process is undone after each test."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    before = {name: logging.getLogger(name).level for name in LEVELS}
    handlers, logging.getLogger().handlers = logging.getLogger().handlers, []
    yield
    logging.getLogger().handlers = handlers
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """Logging is configured at level info; called, the lines logged since, none of which has the secret."""
    logs.configure("info")

    def read() -> list[dict[str, Any]]:
        output = capsys.readouterr()
        assert SECRET not in output.err
        assert not output.out
        return [json.loads(line) for line in output.err.splitlines()]

    return read


def raised(error: BaseException) -> BaseException:
    """Return an exception as it is after it was raised."""
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - whatever it is
        return caught


def test_a_line_has_time_level_logger_text_and_fields(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """A line of ours has its constant text and known fields; arguments and other fields are left out."""
    logging.getLogger("customers").warning("text of %s", SECRET, extra={"status": 503, "email": SECRET})

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "text of %s", "level": "warning", "logger": "customers", "status": 503}


def test_configuring_twice_logs_once(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """Configured again, logging writes each line once, at the newer level."""
    logs.configure("error")
    logging.getLogger("customers").warning("not this")
    logging.getLogger("customers").error("this")
    assert [line["event"] for line in lines()] == ["this"]


@pytest.mark.parametrize(
    "text", [f"a {SECRET}", f"\x1b[31m{SECRET}\n{SECRET}", "%s: %s", [SECRET], Unspeakable()]
)
def test_other_libraries_are_known_by_their_place(
    text: Any, lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a library's text, which may quote anything, only the place in the code is logged."""
    # Without those of pytest, which take texts as they are.
    monkeypatch.setattr(logging.getLogger(), "handlers", [logs._StandardError()])
    logging.getLogger("library").warning(text)
    logging.getLogger("library").info("statements and their parameters")

    [line] = lines()
    if isinstance(text, Unspeakable):
        assert line["event"] == "A line could not be written."
    else:
        assert line["event"] == logs.WITHHELD
        assert line["source"].startswith("test_logs.test_other_libraries_are_known_by_their_place:")


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_task_that_fails_unheard(
    new_loop: Callable[[], asyncio.AbstractEventLoop], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """An exception that no one fetched from its task is logged as what and where it was, not as its text."""

    async def fail(value: str) -> None:
        raise ValueError(value)

    async def main() -> None:
        task = asyncio.create_task(fail(SECRET), name=SECRET)
        await asyncio.wait([task])
        del task
        gc.collect()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())

    [line] = lines()
    assert (line["logger"], line["level"]) == ("asyncio", "error")
    assert line["event"] == "Task exception was never retrieved"
    [described] = line["exception"]
    assert described["type"] == "ValueError"
    assert described["frames"][-1].rpartition(":")[0].endswith(".fail")


def test_uvicorn_is_heard(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """Uvicorn's first lines go out as they are, those of requests not at all."""
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 5)
    logging.getLogger("uvicorn.error").error(OSError(ECONNREFUSED, SECRET))
    logging.getLogger("uvicorn.access").info("%s", SECRET)

    started, failed = lines()
    assert started["event"] == "Started server process [%d]"
    assert failed["event"] == logs.RAISED
    assert failed["exception"][0] == {"type": "ConnectionRefusedError", "errno": "ECONNREFUSED", "frames": []}


def test_a_traceback_in_a_text(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """A traceback that uvicorn passes on as text is described from the exception being handled."""
    try:
        raise KeyError(SECRET)
    except KeyError:
        text = f"Traceback (most recent call last):\n  {SECRET}"
        logging.getLogger("uvicorn.error").log(logging.ERROR, text)

    [line] = lines()
    assert line["event"] == logs.FAILED
    assert line["exception"][0]["type"] == "KeyError"


def test_warnings_are_logged_by_category_and_place(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """A warning of Python's is logged without its message."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned  # type: ignore[assignment] # catching has put another there
        warnings.warn(SECRET, RuntimeWarning, stacklevel=1)

    [line] = lines()
    assert line["category"] == "RuntimeWarning"
    module, _, _ = line["source"].rpartition(":")
    assert module.endswith("test_logs")


def test_exceptions_that_nobody_handles(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """What ends a process or a thread, or is raised where nobody can catch it, is logged as any exception."""

    def fail() -> None:
        raise ValueError(SECRET)

    class Doomed:
        def __del__(self) -> None:
            raise ValueError(SECRET)

    error = raised(ValueError(SECRET))
    sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail, name=SECRET)
    thread.start()
    thread.join()
    Doomed()
    gc.collect()

    assert [line["exception"][0]["type"] for line in lines()] == ["ValueError"] * 3


def test_a_process_that_ends_with_an_exception() -> None:
    """The last words of a process are one line without the exception's message, and its exit code is 1."""
    program = f"from api import logs; logs.configure('error'); raise ValueError('{SECRET}')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert SECRET not in done.stderr
    assert json.loads(done.stderr)["exception"] == [{"type": "ValueError", "frames": ["__main__.<module>:1"]}]


@pytest.mark.parametrize("field", [10**30, "\ud800", object()])
def test_what_cannot_be_written(field: Any, lines: Callable[[], list[dict[str, Any]]]) -> None:
    """A field that JSON cannot hold costs at most the line, never the request that logs it."""
    logging.getLogger("customers").error("x", extra={"status": field})
    [line] = lines()
    assert line["event"] in {"x", "A line could not be written."}


def test_no_one_reads(lines: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """When standard error is closed, logging does nothing."""
    with monkeypatch.context() as patch, open("/dev/null", "w") as closed:  # noqa: PTH123 - any file does
        closed.close()
        patch.setattr(sys, "stderr", closed)
        logging.getLogger("customers").error("x")
    assert lines() == []


def test_a_request(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """A request's line has kinds, names of the schema, codes and hashes, not what the client chose."""
    query = """query Marple($id: ID!) { poirot: customer(id: $id) { id } ...Holmes ... { __typename } }
    fragment Holmes on Query { ...Watson ...Watson }
    fragment Watson on Query { dupin: customers { totalCount } }"""
    operation = Operations(Limits()).prepare(Request(query, {"id": SECRET}, "Marple"))
    errors = [
        {"message": SECRET, "extensions": {"code": "LIMIT_EXCEEDED", "limit": "time"}},
        {"message": SECRET, "path": [SECRET], "extensions": {"code": "INTERNAL"}},
    ]
    started = time.perf_counter()
    for subject in SECRET, SECRET, "another":
        logs.request(
            "f" * 32, "POST", 200, started, query=query, operation=operation, errors=errors, subject=subject
        )

    one, same, other = lines()
    assert one["client"] == same["client"] != other["client"]
    assert one["duration_ms"] >= 0
    assert one["cost"] == operation.cost
    assert len(one["document"]) == 16
    assert one | {"duration_ms": 0, "cost": 0, "client": "", "document": "", "timestamp": ""} == {
        "event": "request",
        "timestamp": "",
        "level": "info",
        "logger": "customers",
        "request_id": "f" * 32,
        "method": "POST",
        "status": 200,
        "duration_ms": 0,
        "operation": "query",
        "fields": ["__typename", "customer", "customers"],
        "document": "",
        "cost": 0,
        "codes": ["INTERNAL", "LIMIT_EXCEEDED"],
        "limits": ["time"],
        "client": "",
    }


def test_a_request_that_is_none(lines: Callable[[], list[dict[str, Any]]]) -> None:
    """A method of the client's own is not named, and text that is no Unicode does no harm."""
    logs.request("f" * 32, SECRET, 400, 0, query="\ud800", subject="\ud800")
    [line] = lines()
    assert line["method"] == "another"


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "info"), (400, "info"), (401, "warning"), (403, "warning"), (429, "warning"), (503, "warning")],
)
def test_what_is_wanted(status: int, level: str, lines: Callable[[], list[dict[str, Any]]]) -> None:
    """Refused tokens, refusals under load and failures are warnings; others are no line at that level."""
    logs.request("f" * 32, "POST", status, 0)
    [line] = lines()
    assert line["level"] == level

    assert logs.wanted(status)
    logs.configure("warning")
    assert logs.wanted(status) == (level == "warning")


def test_fields_are_documented() -> None:
    """docs/operations.md explains every field that a line may have."""
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    table = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    documented = {name for names in table for name in re.findall(r"`(\w+)`", names)}
    assert documented >= {*logs.FIELDS, "event", "timestamp", "level", "logger", "exception"}


def test_limits_are_documented() -> None:
    """docs/operations.md has every limit with its default."""
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    example = (Path(__file__).parents[2] / "db/.env.example").read_text()
    limits = re.findall(r"^# (LIMIT_\w+|PERSISTED_\w+)=(.*)$", example, re.MULTILINE)
    assert re.findall(r"^\| `((?:LIMIT|PERSISTED)_\w+)` \| ?(.*?) ?\|", page, re.MULTILINE) == limits
