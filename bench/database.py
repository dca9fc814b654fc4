"""The database that all contestants use: a schema of its own, migrated and seeded, gone in the end."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import orjson

from bench.floor import READ_FLAT, READ_ONE, READ_PAGE
from bench.workloads import FLAT, ONE, PAGE, Values, customer_input
from db.backend import connecting, reached
from db.catalog import TABLES
from db.embedded import EmbeddedServer, EmbeddedServerError
from db.errors import DatabaseUnavailable, unavailable
from db.migrate import migrate
from db.seed import seed
from db.settings import DatabaseSettings, SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.workloads import Workload

POOL = 10
"""Connections that each contestant may have."""

SAMPLES = 2_000
"""How many of the customers are asked for one by one, and how many different ones are created."""

DATABASE_FAILURES = (DatabaseUnavailable, EmbeddedServerError, SettingsError)
"""What keeps a database from being prepared."""

_VACUUM = f"VACUUM ANALYZE {', '.join(TABLES)}, customer_search"
_READ = {ONE.name: READ_ONE, PAGE.name: READ_PAGE, FLAT.name: READ_FLAT}


class Database:
    """Seeded customers, and what contestants add to them."""

    def __init__(
        self,
        url: str,
        settings: DatabaseSettings,
        connection: asyncpg.Connection[asyncpg.Record],
        ids: list[str],
    ) -> None:
        self._url = url
        self._settings = settings
        self._connection = connection
        self._ids = ids

    def environment(self) -> dict[str, str]:
        """Return the environment in which a contestant uses it."""
        return os.environ | {
            "DATABASE_URL": self._url,
            "DATABASE_SCHEMA": self._settings.schema_name,
            "DATABASE_POOL_MIN": str(self._settings.pool_min),
            "DATABASE_POOL_MAX": str(self._settings.pool_max),
            "AUTH_MODE": "none",
        }

    async def data(self, workload: Workload, *values: str) -> dict[str, Any]:
        """Return the data that is to be answered to a query, straight from the tables."""
        text = await self._connection.fetchval(_READ[workload.name], *values)
        data: dict[str, Any] = orjson.loads(text)["data"]
        return data

    async def values(self) -> Values:
        """Return what to ask for, spread evenly over the customers; always the same ones."""
        ids = self._ids[:: max(1, len(self._ids) // SAMPLES)][:SAMPLES]
        customers = [(await self.data(ONE, id_))["customer"] for id_ in ids]
        inputs = [
            customer_input(customer)
            for customer in customers
            if customer["address"] and customer["privacySettings"]
        ]
        Random(0).shuffle(ids)  # noqa: S311 - nothing here is secret
        return Values(ids, inputs)

    async def remove_created(self) -> int:
        """Remove all customers but the seeded ones, and return how many there were.

        What is still being written is waited for: a load ends with requests under way.
        """
        before = -1
        while (count := await self._count()) != before:
            before = count
            await asyncio.sleep(0.1)
        async with self._connection.transaction():
            await self._connection.execute(
                "DELETE FROM customers WHERE customer_id <> ALL ($1::uuid[])", self._ids
            )
            for table, key in (
                ("postal_addresses", "address_id"),
                ("privacy_settings", "privacy_settings_id"),
            ):
                await self._connection.execute(
                    f"DELETE FROM {table} WHERE {key} NOT IN"
                    f" (SELECT {key} FROM customers WHERE {key} IS NOT NULL)"
                )
        await self._connection.execute(_VACUUM)
        return count - len(self._ids)

    async def _count(self) -> int:
        count: int = await self._connection.fetchval("SELECT count(*) FROM customers")
        return count


@asynccontextmanager
async def prepared(url: str | None, customers: int) -> AsyncIterator[Database]:
    """Make and seed a database's schema, and remove it in the end.

    Without `url` it is in a PostgreSQL of its own, as durable as any.

    Raises:
        SettingsError, DatabaseUnavailable: `url` is wrong, or leads nowhere.
        EmbeddedServerError: there is no PostgreSQL to start here.
    """
    async with AsyncExitStack() as stack:
        if url is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="customers-bench-"))
            server = EmbeddedServer(Path(folder) / "server")
            stack.callback(server.stop)
            url = await asyncio.to_thread(server.start)
        settings = DatabaseSettings.load(
            url=url, schema_name=f"customers_bench_{uuid4().hex[:8]}", pool_min=POOL, pool_max=POOL
        )
        with unavailable(), connecting():
            connection = await asyncpg.connect(**await stack.enter_async_context(reached(settings)))
        stack.push_async_callback(connection.close)
        stack.push_async_callback(connection.execute, f"DROP SCHEMA IF EXISTS {settings.schema_name} CASCADE")
        await migrate(settings)
        await seed(settings, customers)
        await connection.execute(_VACUUM)
        ids = await connection.fetch(
            "SELECT customer_id::text FROM customers ORDER BY created_at, customer_id"
        )
        yield Database(url, settings, connection, [id_ for (id_,) in ids])
