"""Statements and transactions on the pool that Tortoise's connection keeps.

Statements run as asyncpg runs them, without Tortoise's query layer. A transaction is handed on as a value:
nothing joins one because of the task it happens to run in.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

from tortoise.connection import get_connections

from db.errors import unavailable
from db.sql import sql

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
        pool = await client().pool()
        connection = await pool.acquire()
        try:
            yield cast("Connection[Record]", connection)
        finally:
            await pool.release(connection)


@asynccontextmanager
async def transaction(
    isolation: Literal["repeatable_read"] | None = None, *, readonly: bool = False
) -> AsyncIterator[Connection[Record]]:
    """Lend a connection with a transaction open on it; an exception rolls it back."""
    async with acquire() as connection, AsyncExitStack() as stack:
        await stack.enter_async_context(connection.transaction(isolation=isolation, readonly=readonly))
        try:
            yield connection
        except asyncio.CancelledError:
            # Giving the connection back rolls back, and keeps nobody waiting who has been stopped.
            stack.pop_all()
            raise


@asynccontextmanager
async def bulk_transaction() -> AsyncIterator[Connection[Record]]:
    """Lend a connection as `transaction` does, for one batch of many; only `flush` makes them durable."""
    async with transaction() as connection:
        # Plans, those of triggers too, were made when the tables were smaller, and would read all of them.
        await connection.execute(
            "SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off; DISCARD PLANS"
        )
        yield connection


async def flush() -> None:
    """Wait until all that was committed is as durable as the server's synchronous_commit says."""
    # A transaction has to write something for PostgreSQL to wait.
    await fetch(sql("SELECT pg_logical_emit_message(TRUE, 'customers', 'flush')"))


async def fetch(statement: Sql, connection: Connection[Record] | None = None) -> list[Any]:
    """Run one statement, in a transaction when its connection is given, and return its rows."""
    text, values = statement.compile()
    if connection is not None:
        return await connection.fetch(text, *values)
    # As `acquire` does, without a generator's detour: every read comes through here.
    with unavailable():
        pool = await client().pool()
        lent = await pool.acquire()
        try:
            return cast("list[Any]", await lent.fetch(text, *values))
        finally:
            await pool.release(lent)
