"""Tables that nobody gets at, to see what is answered without them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings

TABLES = (
    "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = $1"
)


@contextmanager
def locked(settings: DatabaseSettings) -> Iterator[None]:
    """Keep statements that read or write any of the service's tables waiting."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(**settings.connect_args()))
        try:
            tables = runner.run(connection.fetchval(TABLES, settings.schema_name))
            runner.run(connection.execute(f"BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
            yield
        finally:
            runner.run(connection.close())
