"""Fixtures of the tests that look at PostgreSQL beside the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.tortoise import connect, disconnect
from tests.database import connected_in_schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncpg import Connection, Record

    from db.settings import DatabaseSettings


@pytest.fixture
async def other(database: DatabaseSettings) -> AsyncIterator[Connection[Record]]:
    """A connection beside the service's."""
    async with connected_in_schema(database) as connection:
        yield connection


@pytest.fixture
async def pool(database: DatabaseSettings, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """The application's pool, of one connection that a test can watch, unless it wants more."""
    await connect(database.model_copy(update={"pool_min": 1, "pool_max": getattr(request, "param", 1)}))
    yield
    await disconnect()
