"""The connection pool that Tortoise uses."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from db.errors import DatabaseUnavailable, is_away
from db.migrate import migrate, names
from db.session import client, fetch
from db.settings import DatabaseSettings, SettingsError
from db.sql import sql
from db.tortoise import connect, disconnect
from models.customer import Customer
from tests.conftest import elsewhere, execute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def connected(database: DatabaseSettings) -> AsyncIterator[DatabaseSettings]:
    """The application's connection to the test's database, with a pool of two at most and little patience."""
    settings = database.model_copy(update={"pool_max": 2, "connect_timeout": 0.5, "statement_timeout": 0.5})
    await connect(settings)
    yield settings
    await disconnect()


def pool() -> Any:
    return Tortoise.get_connection("default")._pool


@pytest.mark.usefixtures("connected")
async def test_session() -> None:
    """Sessions find our schema, end overlong statements, plan lean ones, say who they are, and write UTC."""
    async with pool().acquire() as first, pool().acquire() as second:
        for session in (first, second):
            assert await session.fetchrow(
                "SELECT current_schema(), current_setting('search_path'), current_setting('jit'),"
                " current_setting('enable_memoize'),"
                " current_setting('statement_timeout'), current_setting('application_name'),"
                " split_part(current_setting('datestyle'), ',', 1), current_setting('timezone')"
            ) == ("customer_domain", "customer_domain", "off", "off", "500ms", "customers", "ISO", "UTC")
    with pytest.raises(asyncpg.QueryCanceledError):
        await Tortoise.get_connection("default").execute_query("SELECT pg_sleep(10)")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-31 12:30:00+02", datetime(2026, 1, 31, 10, 30, tzinfo=UTC)),
        ("2026-01-31 12:30:00.5+00", datetime(2026, 1, 31, 12, 30, 0, 500_000, tzinfo=UTC)),
        ("0001-01-01 00:00:00.000001+00", datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        ("infinity", datetime.max.replace(tzinfo=UTC)),
        ("10000-01-01 00:00:00+00", datetime.max.replace(tzinfo=UTC)),
        ("-infinity", datetime.min.replace(tzinfo=UTC)),
        ("0044-03-15 00:00:00+00 BC", datetime.min.replace(tzinfo=UTC)),
    ],
)
@pytest.mark.usefixtures("connected")
async def test_moments(written: str, read: datetime) -> None:
    """Moments are read to the microsecond, in UTC; beyond Python's years, the nearest of them is."""
    [[moment]] = await fetch(sql("SELECT {}::text::timestamptz", written))

    assert (moment, moment.utcoffset()) == (read, timedelta())


@pytest.mark.usefixtures("connected")
async def test_moments_as_parameters() -> None:
    """Moments of any offset arrive at PostgreSQL as they are, alone and in lists."""
    moment = datetime(2026, 1, 31, 12, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))

    rows = await fetch(
        sql("SELECT {0}::timestamptz = ANY({1}::timestamptz[]), {0}::timestamptz", moment, [moment])
    )

    assert [tuple(row) for row in rows] == [(True, moment)]


@pytest.mark.usefixtures("connected")
async def test_every_task() -> None:
    """Tasks beside the one that connected reach the database, in transactions of their own."""

    async def create(name: str) -> None:
        async with in_transaction():
            await Customer.create(first_name=name, last_name="")

    async with asyncio.TaskGroup() as tasks:
        for name in "abcdef":
            tasks.create_task(create(name))
    assert sorted([customer.first_name for customer in await Customer.all()]) == list("abcdef")


@pytest.mark.usefixtures("connected")
async def test_patience() -> None:
    """Whoever gets no connection within the connect timeout is told that the database is away."""
    async with pool().acquire(), pool().acquire():
        with pytest.raises(TimeoutError) as error:
            await Customer.all().count()
    assert is_away(error.value)
    assert await Customer.all().count() == 0


@pytest.mark.usefixtures("connected")
async def test_release() -> None:
    """Giving a connection back costs no statement, and ends a transaction that was left open."""
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    statements: list[str] = []
    async with pool().acquire() as connection:
        connection.add_query_logger(lambda record: statements.append(record.query))
        await connection.execute("SELECT 1")
    await asyncio.sleep(0)  # asyncpg tells its loggers in the loop's next turn
    assert statements == ["SELECT 1"]
    async with pool().acquire() as connection:
        await connection.execute("BEGIN; INSERT INTO customers (first_name, last_name) VALUES ('', '')")
    assert await Customer.all().count() == 0
    assert len(complaints) == 1


@pytest.mark.usefixtures("connected")
async def test_reopened() -> None:
    """A pool that was closed is opened again by the next statement."""
    await client().close()
    assert [row[0] for row in await fetch(sql("SELECT 1"))] == [1]


@pytest.mark.usefixtures("connected")
async def test_cancelled_while_waiting() -> None:
    """Who is cancelled when another connection may be made leaves making it to the next who waits."""

    async def use() -> None:
        async with pool().acquire() as connection:
            await connection.execute("SELECT 1")

    kept, lost = await pool().acquire(), await pool().acquire()
    waiting = [asyncio.create_task(use()) for _ in range(2)]
    await asyncio.sleep(0)
    lost.terminate()
    await pool().release(lost)
    waiting[0].cancel()
    await waiting[1]
    assert waiting[0].cancelled()
    await pool().release(kept)


@pytest.mark.usefixtures("connected")
async def test_lost_connection() -> None:
    """A connection that dies is told as the database being away, and the next statement gets another one."""
    with pytest.raises(asyncpg.PostgresError) as error:
        await Tortoise.get_connection("default").execute_query(
            "SELECT pg_terminate_backend(pg_backend_pid())"
        )
    assert is_away(error.value)
    assert await Customer.all().count() == 0


@pytest.mark.usefixtures("connected")
async def test_lost_in_transaction() -> None:
    """A connection that dies within a transaction is told as the database being away."""
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as error:
        async with in_transaction() as transaction:
            await transaction.execute_query("SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_away(error.value)
    assert await Customer.all().count() == 0


@pytest.mark.usefixtures("connected")
async def test_disconnected() -> None:
    """Disconnecting closes every connection, and may be repeated."""
    closed = pool()
    await disconnect()
    await disconnect()
    with pytest.raises(asyncpg.InterfaceError) as error:
        await closed.fetchval("SELECT 1")
    assert is_away(error.value)


async def test_embedded(tmp_path: Path) -> None:
    """Without a server given, the embedded one runs as long as it is needed and no longer."""
    settings = DatabaseSettings.load(data_dir=tmp_path / "data")
    assert await migrate(settings) == names()
    assert not list(settings.data_dir.glob(".s.PGSQL*"))
    await connect(settings)
    assert await Customer.all().count() == 0
    await disconnect()
    assert not list(settings.data_dir.glob(".s.PGSQL*"))


async def test_schema_not_there_yet(blank: DatabaseSettings) -> None:
    """A database that is not migrated yet can be connected to."""
    await connect(blank)
    await disconnect()


async def test_no_server(database: DatabaseSettings) -> None:
    """Where no server answers, that is said, and a later attempt can succeed."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
            await connect(DatabaseSettings.load(url=f"postgresql://u@127.0.0.1:{port}/d"))
    await connect(database)
    await disconnect()


async def test_silent_server() -> None:
    """A server that accepts and says nothing is given up after the connect timeout."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        url = f"postgresql://u@127.0.0.1:{port}/d?sslmode=disable"
        with pytest.raises(DatabaseUnavailable, match="TimeoutError"):
            await connect(DatabaseSettings.load(url=url, connect_timeout=0.2))


async def test_no_such_database(server: DatabaseSettings) -> None:
    """A database that does not exist is a matter of settings."""
    with pytest.raises(SettingsError, match=r"DATABASE_NAME.*nowhere"):
        await connect(elsewhere(server, "nowhere"))


async def test_unknown_session_setting(server: DatabaseSettings) -> None:
    """A setting that PostgreSQL does not know, as those older than ours lack one, is a matter of settings."""
    assert server.url is not None
    with pytest.raises(SettingsError, match=r'parameter "newer".* version 14 or newer'):
        await connect(DatabaseSettings.load(url=f"{server.url.get_secret_value()}&options=-cnewer%3Don"))


async def test_schema_forbidden(database: DatabaseSettings) -> None:
    """A role that may not use the schema is told which right it lacks."""
    assert database.url is not None
    role = f"role_{uuid4().hex}"
    await execute(database, f"CREATE ROLE {role}")
    try:
        with pytest.raises(SettingsError, match="GRANT USAGE ON SCHEMA customer_domain"):
            await connect(
                DatabaseSettings.load(url=f"{database.url.get_secret_value()}&options=-crole%3D{role}")
            )
    finally:
        await execute(database, f"DROP ROLE {role}")
