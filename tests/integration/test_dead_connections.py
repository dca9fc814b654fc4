"""When the way to PostgreSQL goes dead, or a connection is lost, nobody waits for it or is told nonsense."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from db.errors import DatabaseUnavailable
from db.session import fetch, transaction
from db.sql import sql
from db.tortoise import connect, disconnect
from tests.activity import kept_waiting
from tests.integration.relay import way_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from asyncpg import Connection, Record

    from db.settings import DatabaseSettings
    from tests.integration.relay import Way

SLEEP = sql("SELECT pg_sleep(60)")


@pytest.fixture
async def way(database: DatabaseSettings) -> AsyncIterator[Way]:
    """The way that the service's statements take, with more patience than the test has."""
    async with way_to(database) as (way, settings):
        await connect(settings.model_copy(update={"connect_timeout": 60, "statement_timeout": 60}))
        yield way
        way.recover()
        await disconnect()


async def read() -> None:
    """Run a statement that takes long."""
    await fetch(SLEEP)


async def change() -> None:
    """Run it within a transaction."""
    async with transaction() as connection:
        await connection.execute("INSERT INTO customers (first_name, last_name) VALUES ('', '')")
        await fetch(SLEEP, connection)


@pytest.mark.parametrize("work", [read, change])
async def test_who_is_stopped_does_not_wait_for_the_dead(
    way: Way, other: Connection[Record], work: Callable[[], Coroutine[None, None, None]]
) -> None:
    """A stopped statement is over at once, though PostgreSQL cannot say so; others get other connections."""
    task = asyncio.create_task(work())
    await kept_waiting(other, 1, "Timeout")
    way.die()
    task.cancel()

    await asyncio.wait([task], timeout=10)

    assert task.cancelled()
    assert [row[0] for row in await fetch(sql("SELECT count(*) FROM customers"))] == [0]


@pytest.mark.parametrize("work", [read, change])
@pytest.mark.usefixtures("way")
async def test_what_is_stopped_is_stopped_in_postgresql_too(
    other: Connection[Record], work: Callable[[], Coroutine[None, None, None]]
) -> None:
    """A statement that nobody waits for any more is ended, and what its transaction did is gone."""
    task = asyncio.create_task(work())
    await kept_waiting(other, 1, "Timeout")
    task.cancel()

    await asyncio.wait([task], timeout=10)
    await kept_waiting(other, 0, "Timeout")

    assert task.cancelled()
    assert [row[0] for row in await fetch(sql("SELECT count(*) FROM customers"))] == [0]


async def test_a_connection_that_postgresql_has_just_closed(
    database: DatabaseSettings, other: Connection[Record]
) -> None:
    """Whatever of its end has arrived already, a lost connection is told as the database being away."""
    await connect(database)
    for _ in range(60):
        try:
            [[process]] = await fetch(sql("SELECT pg_backend_pid()"))
            await other.execute(f"SELECT pg_terminate_backend({process})")
            assert [row[0] for row in await fetch(sql("SELECT 2"))] == [2]
        except DatabaseUnavailable:
            continue
    await disconnect()
