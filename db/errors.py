"""What the rest of the code is told when the database is away."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Iterator

# TimeoutError, a refused connection and a failed TLS handshake are OSErrors. A statement that ran into
# statement_timeout (QueryCanceledError) is not here: the database answered.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.TargetServerAttributeNotMatched,
)

# asyncpg has classes for every misuse and for a connection or pool that went away; only its words differ.
_GONE = (
    "cannot switch to state",  # PostgreSQL has said that it closes the connection, which is not closed yet
    "pool is closed",
    "pool is closing",
    "connection is closed",
    "connection has been released back to the pool",
)


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or went away meanwhile; what was under way may or may not be done."""


def is_away(error: BaseException) -> bool:
    """Say whether a driver's exception means that the database is away, not that the statement was wrong."""
    if isinstance(error, (asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return any(words in str(error) for words in _GONE)
    return isinstance(error, _AWAY)


@contextmanager
def unavailable() -> Iterator[None]:
    """Raise `DatabaseUnavailable` in place of the driver's exceptions that mean it; let others through."""
    try:
        yield
    except Exception as error:
        if is_away(error):
            reason = str(error) or type(error).__name__
            raise DatabaseUnavailable(f"PostgreSQL cannot be reached: {reason}") from error
        raise
