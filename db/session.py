"""Statements and transactions on the pool that Tortoise's connection keeps.

Statements run as asyncpg runs them, without Tortoise's query layer. A transaction is handed on as a value:
nothing joins one because of the task it happens to run in.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from tortoise.connection import get_connections

from db.errors import unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncpg import Connection, Record

    from db.backend import Client
    from db.sql import Sql


def client() -> Client:
    """Return Tortoise's client of the one database."""
    return cast("Client", get_connections().get("default"))


@asynccontextmanager
async def acquire() -> AsyncIterator[Connection[Record]]:
    """Lend a connection of the pool.

    Raises:
        DatabaseUnavailable: the database cannot be reached, or went away meanwhile.
    """
    with unavailable():
        async with client().acquire_connection() as connection:
            yield connection


@asynccontextmanager
async def transaction() -> AsyncIterator[Connection[Record]]:
    """Lend a connection with a transaction open on it; an exception rolls it back."""
    async with acquire() as connection, connection.transaction():
        yield connection


async def fetch(statement: Sql, connection: Connection[Record] | None = None) -> list[Any]:
    """Run one statement, in a transaction when its connection is given, and return its rows."""
    text, values = statement.compile()
    if connection is not None:
        return await connection.fetch(text, *values)
    async with acquire() as acquired:
        return await acquired.fetch(text, *values)
