"""Which of the driver's exceptions mean that the database is away."""

from __future__ import annotations

import asyncpg
import pytest

from db.errors import DatabaseUnavailable, is_away, unavailable

AWAY = [
    ConnectionRefusedError(111, "Connect call failed"),
    ConnectionResetError(),
    TimeoutError(),
    OSError("no route"),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.ConnectionFailureError("lost"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("terminating connection because of crash"),
    asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    asyncpg.InterfaceError("pool is closed"),
    asyncpg.InterfaceError("pool is closing"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InterfaceError("cannot call Transaction.rollback(): the underlying connection is closed"),
]
THERE = [
    asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    asyncpg.UniqueViolationError("duplicate key value"),
    asyncpg.UndefinedTableError("no such table"),
    asyncpg.DeadlockDetectedError("deadlock detected"),
    asyncpg.InternalClientError("unexpected message"),
    asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
    ValueError("closed"),
]


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_away(error: Exception) -> None:
    """A lost or refused connection is told as DatabaseUnavailable, with its reason."""
    assert is_away(error)
    with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL cannot be reached: .+") as told, unavailable():
        raise error
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", THERE, ids=repr)
def test_there(error: Exception) -> None:
    """An error that a working database gave, and a mistake of ours, stay what they are."""
    assert not is_away(error)
    with pytest.raises(type(error)), unavailable():
        raise error
