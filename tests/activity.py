"""What PostgreSQL does at the moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncpg import Connection, Record

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = $1 AND datname = current_database()"


async def kept_waiting(
    other: Connection[Record], statements: int, by: str = "Lock", *, seconds: float = 10
) -> list[int]:
    """Return the processes that wait for a lock, or something else, once there are so many."""
    async with asyncio.timeout(seconds):
        while len(rows := await other.fetch(WAITING, by)) != statements:
            await asyncio.sleep(0.005)
    return [row[0] for row in rows]
