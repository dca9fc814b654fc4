"""Connections to a database beside the application's."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings


@asynccontextmanager
async def connected(settings: DatabaseSettings) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Yield a connection as other programs have it: without our search_path."""
    connection = await asyncpg.connect(**settings.connect_args())
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def connected_in_schema(
    settings: DatabaseSettings,
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Yield a connection that finds our tables by their bare names."""
    async with connected(settings) as connection:
        # Not by SET, which would need quotes around names that are words of SQL.
        await connection.execute("SELECT set_config('search_path', $1, false)", settings.schema_name)
        yield connection
