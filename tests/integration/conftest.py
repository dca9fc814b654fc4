"""Fixtures of the tests that look at PostgreSQL beside the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.test_catalog import connected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncpg import Connection, Record

    from db.settings import DatabaseSettings


@pytest.fixture
async def other(database: DatabaseSettings) -> AsyncIterator[Connection[Record]]:
    """A connection beside the service's."""
    async with connected(database) as connection:
        await connection.execute(f"SET search_path = {database.schema_name}")
        yield connection
