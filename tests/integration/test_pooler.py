"""Behind a connection pooler such as PgBouncer: either safe, or refused with what to do about it."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from db.migrate import MigrationError, downgrade, migrate
from db.settings import SettingsError
from db.tortoise import connect, disconnect
from models.customer import Customer
from tests.conftest import execute
from tests.integration.relay import opened, pipe, relayed

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings


@asynccontextmanager
async def pooler(settings: DatabaseSettings) -> AsyncIterator[DatabaseSettings]:
    """Do what matters here of PgBouncer's: lose the settings given at the start, make up process numbers."""

    async def relay(client: StreamReader, to_client: StreamWriter) -> None:
        server, to_server = await opened(settings)
        length = int.from_bytes(await client.readexactly(4))
        names_and_values = (await client.readexactly(length - 4))[4:].split(b"\0")
        kept = dict(zip(names_and_values[::2], names_and_values[1::2], strict=False))
        start = b"".join(b"%s\0%s\0" % (name, kept[name]) for name in (b"user", b"database")) + b"\0"
        to_server.write((len(start) + 8).to_bytes(4) + (3 << 16).to_bytes(4) + start)
        upwards = asyncio.create_task(pipe(client, to_server))
        kind = b""
        while kind != b"Z":
            kind = await server.readexactly(1)
            size = await server.readexactly(4)
            body = await server.readexactly(int.from_bytes(size) - 4)
            to_client.write(kind + size + (os.urandom(8) if kind == b"K" else body))
        await asyncio.gather(upwards, pipe(server, to_client))

    async with relayed(settings, relay) as along:
        yield along


@pytest.fixture
async def schema_of_role(database: DatabaseSettings) -> str:
    """Have the database itself set the search_path that a pooler loses."""
    name = database.connect_args()["database"]
    await execute(database, f"ALTER DATABASE {name} SET search_path = customer_domain")
    return database.schema_name


async def test_lost_search_path(database: DatabaseSettings) -> None:
    """Where our search_path is lost nothing starts, since statements would reach other tables."""
    async with pooler(database) as settings:
        with pytest.raises(SettingsError, match=r"drops our search_path.*ALTER ROLE"):
            await connect(settings)


@pytest.mark.usefixtures("schema_of_role")
async def test_prepared_statements(database: DatabaseSettings) -> None:
    """Keeping prepared statements behind a pooler is refused; without them it serves."""
    async with pooler(database) as settings:
        with pytest.raises(SettingsError, match="DATABASE_STATEMENT_CACHE_SIZE: must be 0"):
            await connect(settings)
        await connect(settings.model_copy(update={"statement_cache_size": 0}))
        assert await Customer.all().count() == 0
        await disconnect()


@pytest.mark.usefixtures("schema_of_role")
async def test_migrating(database: DatabaseSettings) -> None:
    """Through a pooler a database at head starts, and one that is not is refused: the lock would be lost."""
    async with pooler(database) as settings:
        assert await migrate(settings) == []
        await downgrade(database)
        with pytest.raises(MigrationError, match="leads to PostgreSQL itself"):
            await migrate(settings)
