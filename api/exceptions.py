"""Exceptions as logs may show them: what was raised and where, without a message or a local variable."""

from __future__ import annotations

import ssl
from collections import deque
from errno import errorcode
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final

import asyncpg

if TYPE_CHECKING:
    from types import TracebackType

MOST: Final = 8
"""Exceptions described at most: causes, contexts and members of groups together."""

FRAMES: Final = 20
"""Frames shown of each, those nearest to where it was raised."""

LONGEST_NAME: Final = 120


def outline(error: BaseException) -> list[dict[str, Any]]:
    """Return an exception and those behind it (causes or contexts, members of groups), each as what it is.

    A message may quote customers' data, as PostgreSQL's do. What is left is `type`; `sqlstate`, `constraint`
    and `table` of PostgreSQL's errors; `errno` of the operating system's, by its name; and `frames`, the
    raising one last, each as `module.function:line`.
    """
    described: list[dict[str, Any]] = []
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting and len(described) < MOST:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        described.append(
            {"type": _type(current), **_facts(current), "frames": _frames(current.__traceback__)}
        )
        behind = current.__cause__
        if behind is None and not current.__suppress_context__:
            behind = current.__context__
        if behind is not None:
            waiting.append(behind)
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(reversed(current.exceptions[:MOST]))
    return described


def _type(error: BaseException) -> str:
    type_ = type(error)
    return f"{type_.__module__}.{type_.__qualname__}".removeprefix("builtins.")[:LONGEST_NAME]


def _facts(error: BaseException) -> dict[str, str]:
    facts: dict[str, Any] = {}
    if isinstance(error, asyncpg.PostgresError):
        facts = {"sqlstate": error.sqlstate, "constraint": error.constraint_name, "table": error.table_name}
    # TLS counts its errors in its own way.
    elif isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and isinstance(error.errno, int):
        facts = {"errno": errorcode.get(error.errno)}
    return {name: str(value)[:LONGEST_NAME] for name, value in facts.items() if value}


def _frames(traceback: TracebackType | None) -> list[str]:
    nearest = deque(walk_tb(traceback), maxlen=FRAMES)
    return [
        f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}:{line}"[-LONGEST_NAME:]
        for frame, line in nearest
    ]
